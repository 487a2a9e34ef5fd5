"""A server over the ground of a trial, and one who asks it and sees everything that may be seen."""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import msgspec

from lrs import main
from lrs.auth import scopes
from lrs.auth.issuing import Issued
from lrs.auth.people import Place
from lrs.config import Settings
from lrs.reference.applied import Applied
from tests import serving
from tests.guarantees.ground import Ground
from tests.serving import Answer, Client

NAME, PASSWORD = "everybody", "sees all of them"
ROLES = ("educator", "coach", "facilitator", "principal", "evaluator", "director")
# So that whoever asks sees persons, and not sums alone.
POLICY = "\nprivacy:\n  director_sees_people: true\npurposes:\n  principal_sees_formative: true\n"


class Asking(msgspec.Struct, kw_only=True):
    """Asks over HTTP, as a user of every role, or with a credential."""

    client: Client

    async def send(self, path: str) -> Answer:
        """The answer to what stands beneath /analytics/v1/."""
        headers = {"Authorization": serving.basic(NAME, PASSWORD)}
        return await self.client.send("GET", f"/analytics/v1/{path}".rstrip("/"), headers=headers)

    async def ask(self, path: str) -> dict[str, Any]:
        """The answer, which must be one; of a cohort that is not to be seen, no rows through no position."""
        answer = await self.send(path)
        if answer.status == 404 and path.startswith("cohorts/") and "that you may see" in answer.body.decode():
            return {"rows": [], "more": None, "through_position": None}
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer.status} {answer.body[:500]!r}")
        told = answer.json
        assert isinstance(told, dict)
        return told

    async def every(self, path: str) -> list[dict[str, Any]]:
        """The rows of all pages of an answer."""
        rows: list[dict[str, Any]] = []
        more: str | None = path
        while more is not None:
            told = await self.ask(more)
            rows += told["rows"]
            more = told["more"] and told["more"].removeprefix("/analytics/v1/")
        return rows

    async def explain(self, statement: str) -> dict[str, Any]:
        """What is told of one statement, to a credential that may read every one."""
        answer = await self.client.send("GET", f"/analytics/v1/explain/{quote(statement)}")
        assert answer.status == 200, answer.body
        told = answer.json
        assert isinstance(told, dict)
        return told


def facilitator(roster: Applied) -> str:
    """Who facilitates more cohorts than anybody."""
    every = roster.body["parts"]["enrollments"]["rows"].values()
    ((most, _),) = Counter(each["userSourcedId"] for each in every if each["role"] == "teacher").most_common(1)
    return str(most)


@contextlib.asynccontextmanager
async def asking(site: Ground, roster: Applied) -> AsyncIterator[Asking]:
    """One who asks a server on this ground, of the store there; of the roster she is whoever facilitates most."""
    settings = Settings(pepper="of the guarantees", data_dir=site.data)
    store = site.world.store.id
    async with main.core(settings, site.where) as core:
        place = Place(roles=ROLES, person=facilitator(roster), orgs=("alder", "birch"))
        await core.users.create(NAME, store, place, password=PASSWORD)
        issued = Issued(key=serving.KEY, secret=serving.SECRET)
        await core.issuing.issue(store, name="", scopes=scopes.EVERY, given=issued)
        async with serving.listening(main.build(settings, core), settings) as client:
            yield Asking(client=client)
