"""Asks a served record the questions of its simulation, each as whoever may, and tells of every difference."""

import json
import urllib.error
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from lrs import main
from lrs.auth import people
from lrs.auth.people import Place
from lrs.cli import options
from lrs.cli.stage import Login, Stage

DEFAULT = "default"


def questions(stage: Stage) -> list[dict[str, Any]]:
    """The questions of the simulation, as it wrote them."""
    expected = json.loads((stage.district / "expected.json").read_text(encoding="utf-8"))
    return list(expected["questions"])


def login(stage: Stage, asker: Mapping[str, str]) -> Login | None:
    """The user that an asker is; a director asks by the credential."""
    if asker["role"] == "director":
        return None
    name = str(uuid5(NAMESPACE_URL, json.dumps(asker, sort_keys=True)))
    return Login(name=name, password=stage.secret, role=asker["role"], person=asker.get("person"), org=asker.get("org"))


def admit(stage: Stage, asked: Sequence[Mapping[str, Any]]) -> None:
    """Make all users who ask, at once."""
    logins = {each.name: each for question in asked if (each := login(stage, question["asker"])) is not None}

    async def work(core: main.Core) -> None:
        store = await core.stores.by_name(DEFAULT)
        for each in logins.values():
            if await core.users.find(each.name) is None:
                orgs = (each.org,) if each.org else ()
                place = Place(roles=people.roles([each.role]), person=each.person, orgs=orgs)
                await core.users.create(each.name, store.id, place, password=each.password)

    options.run(options.settings(data_dir=stage.data), work)


def differences(stage: Stage, asked: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A line for each question whose answer is not the expected one."""
    for question in asked:
        try:
            found = answer(stage, question)
        except urllib.error.HTTPError as error:
            found = f"{error.code}: {error.read().decode()[:300]}"
        if not same(found, question["expected"], question.get("tolerance", 0.0)):
            told = f"{question['path']} {json.dumps(question['parameters'])} as {json.dumps(question['asker'])}"
            yield f"{question['id']}: expected {question['expected']!r}, found {found!r}; {told}"


def answer(stage: Stage, question: Mapping[str, Any]) -> object:
    """What the API answers to a question, over all pages."""
    rows = list(_rows(stage, question))
    where = question.get("where", {})
    values = [row[question["column"]] for row in rows if all(row[name] == value for name, value in where.items())]
    match question.get("take", "one"):
        case "sum":
            return sum(value or 0 for value in values)
        case "count":
            return sum(value is not None for value in values)
        case "list":
            return values
    return values[0] if len(values) == 1 else values


def _rows(stage: Stage, question: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    who = login(stage, question["asker"])
    page = stage.ask(question["path"], question["parameters"], who)
    while True:
        yield from page["rows"]
        if page["more"] is None:
            return
        page = stage.get(page["more"], who)


def same(found: object, expected: object, tolerance: float) -> bool:
    """Whether an answer is the expected one; no rows are as good as none of something."""
    if found == expected or (found == [] and expected == 0):
        return True
    numbers = isinstance(found, int | float) and isinstance(expected, int | float)
    return numbers and abs(float(found) - float(expected)) <= tolerance + 1e-9  # type: ignore[arg-type]
