"""Statements in the shapes of cmi5 players, by the mapping that is shipped for them."""

import pytest

from projections.facts.fact import Kind
from tests.factories import Json
from tests.projections.facts.school import ADL, CMI5, CRITERION, REGISTRATION, WAIT_TIME, fact, mapped, mapper

PLAYER = mapper("cmi5")
UNIT = {"id": "https://lms.example.org/au/0f9c"}
PUBLISHED = "https://publisher.example.org/units/wait-time"


def said(mode: str | None = "Normal", *, session: str = "s-1", moves_on: bool = False, about: str = "") -> Json:
    """The context of a cmi5 defined statement."""
    category = [{"id": f"{CMI5}categories/cmi5"}, *([{"id": f"{CMI5}categories/moveon"}] if moves_on else [])]
    extensions = {f"{CMI5}extensions/sessionid": session}
    if mode:
        extensions[f"{CMI5}extensions/launchmode"] = mode
    activities = {"category": category, "grouping": [{"id": PUBLISHED}], "other": [{"id": about}] if about else []}
    return {"registration": REGISTRATION, "contextActivities": activities, "extensions": extensions}


def test_unit_needs_no_type() -> None:
    for verb in ("launched", "initialized"):
        found = fact(PLAYER, verb=verb, object=UNIT, context=said())
        assert (found.kind, found.unit, found.session, found.data) == (
            Kind.LEARN,
            UNIT["id"],
            "s-1",
            {"state": "started"},
        )
    assert mapped(verb="initialized", object=UNIT, context=said()).facts == ()


@pytest.mark.parametrize("verb", ["completed", "passed"])
def test_completion_moves_on(verb: str) -> None:
    result = {"completion": True, "duration": "PT11M"}
    found = fact(PLAYER, verb=verb, object=UNIT, result=result, context=said(moves_on=True, about=CRITERION))
    assert (found.minutes, found.session) == (11, "s-1")
    assert found.data == {"state": "completed", "criteria": [WAIT_TIME]}


def test_time_carries_the_session_that_it_counts_once_for() -> None:
    result = {"duration": "PT12M30S"}
    ends = [
        fact(PLAYER, verb=verb, object=UNIT, result=result, context=said())
        for verb in ("terminated", "https://w3id.org/xapi/adl/verbs/abandoned")
    ]
    assert {(each.unit, each.session, each.minutes, str(each.data)) for each in ends} == {
        (UNIT["id"], "s-1", 12.5, "{'state': 'time'}")
    }
    other = fact(PLAYER, verb="terminated", object=UNIT, result=result, context=said(session="s-2"))
    assert other.session == "s-2"


@pytest.mark.parametrize("mode", ["Browse", "Review"])
@pytest.mark.parametrize("verb", ["launched", "initialized", "completed", "passed", "terminated"])
def test_only_normal_launches_count(mode: str, verb: str) -> None:
    found = mapped(PLAYER, verb=verb, object=UNIT, result={"duration": "PT5M"}, context=said(mode))
    assert (found.rule, found.facts) == ("cmi5-not-for-credit", ())


def test_waived_without_time() -> None:
    result = {"completion": True, "success": True, "extensions": {f"{CMI5}../result/extensions/reason": "Tested Out"}}
    for verb in ("https://w3id.org/xapi/adl/verbs/waived", f"{ADL}waived"):
        found = fact(PLAYER, verb=verb, object=UNIT, result=result, context=said(None))
        assert (found.minutes, found.data) == (None, {"state": "waived"})


def test_satisfied_says_nothing_new() -> None:
    for type_ in ("activitytype/course", "activities/block"):
        course = {"id": "https://lms.example.org/c", "definition": {"type": f"https://w3id.org/xapi/cmi5/{type_}"}}
        for verb in ("https://w3id.org/xapi/adl/verbs/satisfied", f"{ADL}satisfied"):
            assert mapped(PLAYER, verb=verb, object=course, context=said()).rule == "in-passing"


def test_allowed_statements_of_the_content_are_not_its_session() -> None:
    inner = {"id": "https://lms.example.org/au/0f9c/question", "definition": {"type": "http://example.org/question"}}
    context = said()
    context["contextActivities"]["category"] = []
    assert mapped(PLAYER, verb="completed", object=inner, context=context).facts == ()
