"""A statement with every property of its version, for tests that take things away or change them."""

from lrs.xapi.versions import Version
from tests.factories import ID, OTHER_ID, Json, account, activity, agent, attachment, group, reference, statement

LANGUAGES = {"en-US": "test", "de": "Prüfung", "zh-Hant": "測試"}


def definition() -> Json:
    """With every property of an Activity's definition."""
    component = [{"id": "a", "description": LANGUAGES}, {"id": "b"}]
    return {
        "name": LANGUAGES,
        "description": LANGUAGES,
        "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
        "moreInfo": "http://example.org/more",
        "interactionType": "choice",
        "correctResponsesPattern": ["a[,]b"],
        **dict.fromkeys(("choices", "scale", "source", "target", "steps"), component),
        "extensions": {"http://example.org/extension": {"null": None, "list": [1, 2.5, True, None]}},
    }


def context(version: Version) -> Json:
    """With every property of a context."""
    whole: Json = {
        "registration": str(OTHER_ID),
        "instructor": group(agent("ivy"), account("ivo"), name="Instructors"),
        "team": group(agent("tom"), mbox="mailto:team@example.org"),
        "contextActivities": {
            "parent": activity("parent", definition=definition()),
            "grouping": [activity("grouping"), activity("other")],
            "category": [],
            "other": activity("other", objectType="Activity"),
        },
        "revision": "1",
        "platform": "test",
        "language": "en-US",
        "statement": reference(ID),
        "extensions": {"http://example.org/context": [{"deep": [[]]}]},
    }
    if version is Version.V2_0_0:
        types = ["http://example.org/relevant"]
        whole["contextAgents"] = [{"objectType": "contextAgent", "agent": agent("carl"), "relevantTypes": types}]
        whole["contextGroups"] = [{"objectType": "contextGroup", "group": group(agent("cleo"))}]
    return whole


def shared(version: Version) -> Json:
    """What a statement and a SubStatement can both have."""
    return {
        "actor": account("ann", name="Ann", objectType="Agent"),
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": LANGUAGES},
        "object": activity("question", objectType="Activity", definition=definition()),
        "result": {
            "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
            "success": True,
            "completion": False,
            "response": "a",
            "duration": "PT1.5S",
            "extensions": {"http://example.org/result": "x"},
        },
        "context": context(version),
        "timestamp": "2026-01-02T03:04:05.678Z",
        "attachments": [attachment(description=LANGUAGES, fileUrl="http://example.org/file")],
    }


def whole(version: Version) -> Json:
    """A statement about an Activity."""
    return statement(
        id=ID,
        **shared(version),
        stored="2026-01-02T03:04:06Z",
        authority=group(agent("app"), agent("user")),
        version="1.0.3",
    )


def nested(version: Version) -> Json:
    """A statement about a SubStatement."""
    return statement(object={"objectType": "SubStatement", **shared(version)})
