"""Rustici's TinCan for Python: `python -m tests.clients.rustici ENDPOINT KEY SECRET VERSION` tells what it could do.

It knows no 2.0, no attachments and no POST of documents, so nothing is merged here.
"""

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from uuid import uuid4

from tincan import (  # type: ignore[import-untyped]
    ActivityProfileDocument,
    AgentProfileDocument,
    RemoteLRS,
    StateDocument,
    Statement,
)
from tincan.http_request import HTTPRequest  # type: ignore[import-untyped]
from tincan.lrs_response import LRSResponse  # type: ignore[import-untyped]

from tests.clients.telling import Steps, tell

VERBS = "http://adlnet.gov/expapi/verbs/"
RUN = uuid4()
ACTIVITY = {"id": f"https://example.org/{RUN}/course", "definition": {"name": {"en": "Fractions"}}}
AGENT = {"objectType": "Agent", "name": "Ada", "mbox": f"mailto:ada.{RUN}@example.org"}


class LRS(RemoteLRS):  # type: ignore[misc]
    """The client, with the one header that it lacks: 1.0.3 wants to know that a PUT of a profile means a new one."""

    def _send_request(self, request: HTTPRequest) -> LRSResponse:
        if request.method == "PUT" and "/profile" in request.resource and "If-Match" not in request.headers:
            request.headers["If-None-Match"] = "*"
        return super()._send_request(request)


def statement(verb: str = "attempted", **more: object) -> Statement:
    return Statement({"actor": dict(AGENT), "verb": {"id": VERBS + verb}, "object": dict(ACTIVITY), **more})


def good(answer: LRSResponse, status: int = 200) -> LRSResponse:
    assert answer.response.status == status, (answer.response.status, answer.data)
    assert answer.response.getheader("X-Experience-API-Version") == "1.0.3"
    return answer


def asked(lrs: LRS, resource: str, **params: object) -> LRSResponse:
    """What the client has no call for, by the way that it makes its own requests."""
    request = HTTPRequest(method="GET", resource=resource)
    request.query_params = params
    return good(lrs._send_request(request))


def about(lrs: LRS) -> Iterator[str]:
    # Its own about() takes no answer that names a version it does not know, so that no LRS of 2.0 can be asked by it.
    assert {"1.0.3", "2.0.0"} <= set(json.loads(asked(lrs, "about").data)["version"])
    yield "versions"


def statements(lrs: LRS) -> Iterator[str]:
    one = statement(result={"score": {"scaled": 0.5}, "duration": "PT1M30S"})
    good(lrs.save_statement(one))
    yield "saved one"
    named = statement(id=str(uuid4()))
    good(lrs.save_statement(named), 204)
    yield "saved under an id"
    good(lrs.save_statement(named), 204)
    yield "sent again"
    many = [statement(), statement("passed")]
    assert len({each.id for each in good(lrs.save_statements(many)).content}) == len(many)
    yield "saved many"
    back = good(lrs.retrieve_statement(one.id)).content
    assert (back.id, back.result.score.scaled, back.result.duration) == (one.id, 0.5, one.result.duration)
    assert back.actor.mbox == AGENT["mbox"]
    assert back.stored is not None
    assert back.authority is not None
    yield "read by id"


def query(lrs: LRS) -> Iterator[str]:
    registration = str(uuid4())
    sent = [statement("answered", context={"registration": registration}) for _ in range(5)]
    good(lrs.save_statements(sent))
    ids = [each.id for each in lrs.query_statements({"registration": registration}).content.statements]
    assert ids == [each.id for each in reversed(sent)]
    yield "by registration"
    for name, value in {"agent": sent[0].actor, "verb": sent[0].verb, "activity": sent[0].object}.items():
        found = good(lrs.query_statements({name: value, "registration": registration})).content.statements
        assert len(found) == len(sent), name
        yield f"by {name}"
    # The client writes a Python True as "True", which is no boolean of the standard.
    page = good(lrs.query_statements({"registration": registration, "ascending": "true", "limit": 2})).content
    seen = list(page.statements)
    yield "ascending"
    while page.more:
        page = good(lrs.more_statements(page)).content
        seen += page.statements
    assert [each.id for each in seen] == [each.id for each in sent]
    yield "more"
    since = seen[2].stored.isoformat()
    later = good(lrs.query_statements({"registration": registration, "since": since})).content.statements
    assert [each.id for each in later] == [sent[4].id, sent[3].id]
    yield "since"


def voiding(lrs: LRS) -> Iterator[str]:
    target = good(lrs.save_statement(statement())).content
    void = statement("voided", object={"objectType": "StatementRef", "id": str(target.id)})
    good(lrs.save_statement(void))
    yield "voided"
    good(lrs.retrieve_statement(target.id), 404)
    yield "gone"
    assert good(lrs.retrieve_voided_statement(target.id)).content.id == target.id
    yield "read as voided"


def state(lrs: LRS) -> Iterator[str]:
    place = {"activity": dict(ACTIVITY), "agent": dict(AGENT)}
    for name in ("bookmark", "answers"):
        sent = StateDocument(id=name, content='{"page": 1}', content_type="application/json", **place)
        good(lrs.save_state(sent), 204)
    yield "saved"
    answer = good(lrs.retrieve_state(ACTIVITY, AGENT, "bookmark"))
    assert bytes(answer.content.content) == b'{"page": 1}'
    yield "read"
    assert sorted(good(lrs.retrieve_state_ids(ACTIVITY, AGENT)).content) == ["answers", "bookmark"]
    yield "listed"
    answer.content.content = '{"page": 2}'
    good(lrs.save_state(answer.content), 204)
    assert bytes(lrs.retrieve_state(ACTIVITY, AGENT, "bookmark").content.content) == b'{"page": 2}'
    yield "replaced"
    good(lrs.delete_state(answer.content), 204)
    good(lrs.retrieve_state(ACTIVITY, AGENT, "bookmark"), 404)
    yield "deleted"
    good(lrs.clear_state(ACTIVITY, AGENT), 204)
    assert good(lrs.retrieve_state_ids(ACTIVITY, AGENT)).content == []
    yield "emptied"


def agent_profile(lrs: LRS) -> Iterator[str]:
    def new(content: str, etag: str | None = None) -> AgentProfileDocument:
        return AgentProfileDocument(
            id="goals", agent=dict(AGENT), content=content, content_type="application/json", etag=etag
        )

    yield from profile(
        new,
        lrs.save_agent_profile,
        partial(lrs.retrieve_agent_profile, AGENT),
        partial(lrs.retrieve_agent_profile_ids, AGENT),
        lrs.delete_agent_profile,
    )


def activity_profile(lrs: LRS) -> Iterator[str]:
    def new(content: str, etag: str | None = None) -> ActivityProfileDocument:
        return ActivityProfileDocument(
            id="goals", activity=dict(ACTIVITY), content=content, content_type="application/json", etag=etag
        )

    yield from profile(
        new,
        lrs.save_activity_profile,
        partial(lrs.retrieve_activity_profile, ACTIVITY),
        partial(lrs.retrieve_activity_profile_ids, ACTIVITY),
        lrs.delete_activity_profile,
    )


def profile(
    new: Callable[..., object],
    save: Callable[[object], LRSResponse],
    read: Callable[[str], LRSResponse],
    ids: Callable[[], LRSResponse],
    delete: Callable[[object], LRSResponse],
) -> Iterator[str]:
    good(save(new('{"aim": 1}')), 204)
    yield "saved"
    answer = good(read("goals"))
    assert bytes(answer.content.content) == b'{"aim": 1}'
    yield "read"
    assert good(ids()).content == ["goals"]
    yield "listed"
    # The client looks for the ETag where its HTTP library does not keep it, so it is handed over.
    good(save(new('{"aim": 2}', answer.response.getheader("ETag"))), 204)
    current = good(read("goals"))
    assert bytes(current.content.content) == b'{"aim": 2}'
    yield "replaced"
    good(save(new('{"aim": 3}', answer.response.getheader("ETag"))), 412)
    yield "kept from an old ETag"
    good(delete(new("", current.response.getheader("ETag"))), 204)
    good(read("goals"), 404)
    yield "deleted"


def agents(lrs: LRS) -> Iterator[str]:
    person = json.loads(asked(lrs, "agents", agent=statement().actor.to_json(lrs.version)).data)
    assert person == {"objectType": "Person", "name": [AGENT["name"]], "mbox": [AGENT["mbox"]]}
    yield "person"


def activities(lrs: LRS) -> Iterator[str]:
    assert json.loads(asked(lrs, "activities", activityId=ACTIVITY["id"]).data)["definition"] == ACTIVITY["definition"]
    yield "definition"


RESOURCES: Steps[LRS] = {
    "about": about,
    "statements": statements,
    "query": query,
    "voiding": voiding,
    "state": state,
    "agent profile": agent_profile,
    "activity profile": activity_profile,
    "agents": agents,
    "activities": activities,
}


def main() -> int:
    endpoint, key, secret, version = sys.argv[1:]
    return tell(RESOURCES, LRS(version=version, endpoint=endpoint, username=key, password=secret))


if __name__ == "__main__":
    sys.exit(main())
