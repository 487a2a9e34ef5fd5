"""The addresses of questions: one each, beneath /analytics/v1, where a list tells of all of them."""

import functools
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

from lrs.http import params, responses
from lrs.http.keys import CALLER
from projections.analytic import TYPES
from projections.answers import answer, asked
from projections.answers.asker import Asker
from projections.answers.question import Question

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(questions: Sequence[Question]) -> list[web.RouteDef]:
    """A route for each question, and one that lists them; LookupError for a question that cannot be answered."""
    for question in questions:
        check(question)

    async def index(request: web.Request) -> web.Response:
        return listing(request, questions)

    each = [route("/" + question.path, functools.partial(_answer, question=question)) for question in questions]
    return [route("", index), *each]


def route(path: str, handler: Handler) -> web.RouteDef:
    """A GET beneath /analytics/v1."""
    return web.get(answer.ROOT.rstrip("/") + path, handler)


def listing(request: web.Request, questions: Sequence[Question]) -> web.Response:
    """What may be asked by this caller, with parameters and columns."""
    params.read(request)
    held = Asker.of(request[CALLER]).roles
    return responses.json({"questions": [_told(each) for each in questions if not held.isdisjoint(each.sees)]})


def check(question: Question) -> None:
    """LookupError says what of a declaration does not fit together."""
    columns = {each.name: each.type for each in question.columns}
    filters = [each.column for each in question.filters.values()]
    own = [each.column for each in question.parameters if each.column is not None]
    whose = [
        name for name in (question.person, question.coach, question.cohort, question.org, question.purpose) if name
    ]
    for name in (*question.key, *own, *(whose + filters if question.table is None else [])):
        if name not in columns:
            raise LookupError(f"{question.path}: there is no column {name}")
    for name, type_ in columns.items():
        if type_ not in TYPES:
            raise LookupError(f"{question.path}: {name} has no type that can be told: {type_}")
    if (question.table is None) == (question.compute is None):
        raise LookupError(f"{question.path}: rows come from a table or are computed")
    if question.group is not None and not question.group.hides.isdisjoint(own):
        raise LookupError(f"{question.path}: a parameter would tell of what is hidden")
    if question.summary is not None and question.person is None:
        raise LookupError(f"{question.path}: only rows of persons can be summed up")
    for name in re.findall(r"\{(\w+)\}", question.path):
        if name not in question.filters and name not in {each.name for each in question.parameters}:
            raise LookupError(f"{question.path}: nothing reads {name}")


async def _answer(request: web.Request, *, question: Question) -> web.Response:
    return await answer.answer(request, question)


def _told(question: Question) -> dict[str, Any]:
    return {
        "path": answer.ROOT + question.path,
        "sentence": question.sentence,
        "parameters": list(asked.names(question)),
        "columns": [{"name": each.name, "type": each.type, "sentence": each.sentence} for each in question.columns],
        "roles": {role.value: grant.rows.value for role, grant in question.sees.items()},
    }
