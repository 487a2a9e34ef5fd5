"""The default mapping, pattern by pattern of its table, 16 to 28: members, learning, talk, steps, and nothing."""

import pytest

from projections.facts.fact import Kind
from tests.factories import activity, reference
from tests.projections.facts.school import (
    ADL,
    ADL_TYPE,
    AS,
    AX,
    BEN,
    CMI5,
    COHORT,
    CORA,
    CRITERION,
    DOD,
    EDLM,
    EVE,
    ID,
    LIS,
    REGISTRATION,
    TC,
    TC_EXT,
    TC_TYPE,
    TLA,
    WAIT_TIME,
    context,
    fact,
    ifi,
    mapped,
    typed,
)  # fmt: skip

OBJECTIVE = {"id": CRITERION, "definition": {"type": f"{ADL_TYPE}objective"}}
SCORE = {"score": {"raw": 3, "min": 1, "max": 4}}
MEETING = typed(f"{ADL_TYPE}meeting", "meeting")
TUTORING = typed(f"{TC_TYPE}tutor-session", "session")
LESSON = typed(f"{ADL_TYPE}lesson", "lesson")
MENTOR = f"{LIS}#Mentor"
HALF_AN_HOUR = {"duration": "PT30M"}


# 16 and 17: membership


@pytest.mark.parametrize("verb", [f"{AS}join", f"{ADL}registered", f"{EDLM}verbs/enrolled"])
def test_member_joins(verb: str) -> None:
    cohort = {"id": COHORT, "definition": {"type": f"{AS}group"}}
    found = fact(verb=verb, object=cohort, context={"instructor": EVE})
    assert (found.kind, found.subject, found.cohort, found.data) == (
        Kind.MEMBER,
        ifi("ann"),
        "plc",
        {"state": "joined"},
    )
    assert mapped(verb=verb, object=typed(f"{AS}group", "another")).facts == ()


@pytest.mark.parametrize("verb", [f"{AS}leave", f"{TC}unregistered"])
def test_member_leaves(verb: str) -> None:
    found = fact(verb=verb, object={"id": COHORT, "definition": {"type": f"{AS}group"}})
    assert (found.kind, found.data) == (Kind.MEMBER, {"state": "left"})


# 18 to 21: learning


@pytest.mark.parametrize("verb", [f"{ADL}initialized", f"{ADL}launched", f"{AS}start", f"{AS}schema/1.0/start"])
def test_learning_starts(verb: str) -> None:
    found = fact(verb=verb, object=LESSON)
    assert (found.kind, found.unit, found.data) == (Kind.LEARN, LESSON["id"], {"state": "started"})


@pytest.mark.parametrize("verb", [f"{ADL}completed", f"{ADL}passed", f"{AS}complete"])
def test_learning_completed(verb: str) -> None:
    found = fact(verb=verb, object=LESSON, result={"duration": "PT10M30S"}, context={"registration": REGISTRATION})
    assert (found.kind, found.minutes, found.session) == (Kind.LEARN, 10.5, REGISTRATION)
    assert found.data == {"state": "completed"}


def test_aligned_content_completed_is_exposure() -> None:
    aligned = typed(f"{ADL_TYPE}lesson", "lesson", **{f"{AX}extensions/alignment": CRITERION})
    score = {"duration": "PT10M", "score": {"raw": 80, "min": 0, "max": 100}}
    found = fact(verb="completed", object=aligned, result=score, context={"instructor": CORA})
    assert (found.kind, found.data) == (Kind.LEARN, {"state": "completed", "criteria": [WAIT_TIME]})
    for verb in ("scored", f"{TLA}verbs/evaluated"):
        assert mapped(verb=verb, object=aligned, result=score, context={"instructor": CORA}).facts == ()


@pytest.mark.parametrize("mode", ["Browse", "Review"])
def test_browsing_is_no_learning(mode: str) -> None:
    said = {"extensions": {f"{CMI5}extensions/launchmode": mode}}
    for verb in ("initialized", "completed", "terminated"):
        found = mapped(verb=verb, object=LESSON, result=HALF_AN_HOUR, context=said)
        assert (found.rule, found.facts) == ("not-for-credit", ())
    normal = {"extensions": {f"{CMI5}extensions/launchmode": "Normal"}}
    assert fact(verb="completed", object=LESSON, context=normal).kind is Kind.LEARN


@pytest.mark.parametrize("verb", [f"{ADL}terminated", "https://w3id.org/xapi/adl/verbs/abandoned", f"{ADL}abandoned"])
def test_time_of_a_session(verb: str) -> None:
    said = {"extensions": {f"{CMI5}extensions/sessionid": "s-1"}, "registration": REGISTRATION}
    found = fact(verb=verb, object=LESSON, result={"duration": "PT12M"}, context=said)
    assert (found.kind, found.minutes, found.session, found.data) == (Kind.LEARN, 12, "s-1", {"state": "time"})
    assert mapped(verb=verb, object=LESSON).facts == ()


@pytest.mark.parametrize("verb", ["https://w3id.org/xapi/adl/verbs/waived", f"{ADL}waived"])
def test_unit_waived(verb: str) -> None:
    found = fact(verb=verb, object=LESSON, result={"duration": "PT12M"})
    assert (found.kind, found.minutes, found.data) == (Kind.LEARN, None, {"state": "waived"})


def test_attempts_are_no_units() -> None:
    assert mapped(verb="completed", object=typed(f"{ADL_TYPE}attempt", "attempt")).facts == ()


# 22 to 25: applying, sharing, talking


@pytest.mark.parametrize("verb", [f"{DOD}applied", f"{DOD}implemented", f"{TC}performed-offline", f"{AS}use"])
def test_applied(verb: str) -> None:
    aligned = typed(f"{ADL_TYPE}lesson", "lesson", **{f"{AX}extensions/alignment": CRITERION})
    found = fact(verb=verb, object=aligned, context={"statement": reference(ID)})
    assert (found.kind, found.unit, found.refers_to) == (Kind.APPLY, aligned["id"], ID)
    assert found.data == {"criteria": [WAIT_TIME]}


def test_applied_strategy_of_a_unit() -> None:
    strategy = typed(f"{TC_TYPE}strategy", "wait")
    assert fact(verb=f"{DOD}applied", object=strategy, context=context(other=[LESSON])).unit == LESSON["id"]
    assert fact(verb=f"{DOD}applied", object=reference(ID)).refers_to == ID


@pytest.mark.parametrize("verb", [f"{ADL}shared", f"{AS}share", f"{AS}schema/1.0/present"])
def test_shared(verb: str) -> None:
    thread = typed(f"{TC_TYPE}discussion", "thread")
    found = fact(verb=verb, object=thread, context=context(grouping=[COHORT], other=[LESSON], statement=reference(ID)))
    assert (found.kind, found.thread, found.cohort, found.unit) == (Kind.SHARE, thread["id"], "plc", LESSON["id"])
    assert found.refers_to == ID


@pytest.mark.parametrize("verb", [f"{ADL}shared", f"{AX}verbs/posted", f"{DOD}applied"])
@pytest.mark.parametrize("relation", ["parent", "grouping", "other"])
def test_a_unit_in_context_brings_its_criteria(verb: str, relation: str) -> None:
    aligned = typed(f"{ADL_TYPE}lesson", "lesson", **{f"{AX}extensions/alignment": CRITERION})
    found = fact(verb=verb, object=typed(f"{TC_TYPE}discussion", "thread"), context=context(**{relation: [aligned]}))
    assert (found.unit, found.data) == (aligned["id"], {"criteria": [WAIT_TIME]})


@pytest.mark.parametrize("verb", [f"{ADL}shared", f"{AX}verbs/posted", f"{DOD}applied"])
def test_the_unit_is_the_lesson_and_not_its_course(verb: str) -> None:
    thread, course = typed(f"{TC_TYPE}discussion", "thread"), typed(f"{ADL_TYPE}course", "course")
    assert fact(verb=verb, object=thread, context=context(parent=[course], grouping=[LESSON])).unit == LESSON["id"]
    assert fact(verb=verb, object=thread, context=context(parent=[course])).unit == course["id"]


def test_posted_root_is_shared() -> None:
    for verb in (f"{AX}verbs/posted", f"{AS}create"):
        found = fact(verb=verb, object=typed(f"{TC_TYPE}forum-topic", "thread"))
        assert (found.kind, found.thread) == (Kind.SHARE, activity("thread")["id"])


def test_posted_below_is_a_reply() -> None:
    thread = typed(f"{TC_TYPE}discussion", "thread")
    below = fact(verb=f"{AX}verbs/posted", object=activity("post"), context=context(parent=[thread]))
    reply = fact(verb=f"{AS}create", object=typed(f"{AS}comment", "post"), context=context(grouping=[thread]))
    for found in (below, reply):
        assert (found.kind, found.thread, found.data) == (Kind.PEER, thread["id"], {"state": "reply"})


@pytest.mark.parametrize("verb", [f"{TC}replied", f"{ADL}commented", f"{ADL}responded"])
def test_replied(verb: str) -> None:
    thread = typed(f"{TC_TYPE}discussion", "thread")
    said = context(parent=[thread], grouping=[COHORT], extensions={f"{TC_EXT}target": BEN})
    found = fact(verb=verb, object=typed(f"{TC_TYPE}forum-reply", "post"), context=said)
    assert (found.kind, found.subject, found.other) == (Kind.PEER, ifi("ann"), ifi("ben"))
    assert (found.thread, found.cohort, found.data) == (thread["id"], "plc", {"state": "reply"})


def test_replied_to_a_statement() -> None:
    found = fact(verb=f"{TC}replied", object=reference(ID))
    assert (found.refers_to, found.thread) == (ID, None)


@pytest.mark.parametrize("verb", [f"{AS}like", f"{AS}schema/1.0/like", f"{AX}verbs/liked", f"{TC}voted-up"])
def test_reaction(verb: str) -> None:
    found = fact(verb=verb, object=typed(f"{TC_TYPE}discussion", "thread"))
    assert (found.kind, found.data, found.thread) == (Kind.PEER, {"state": "reaction"}, activity("thread")["id"])


# 26: steps, and the cycles that they are part of


def test_step_opens_and_closes() -> None:
    step = typed(f"{TC_TYPE}step", "step")
    cycle = typed(f"{AX}activities/learning-plan", "cycle")
    said = context(instructor=CORA, parent=[cycle], extensions={f"{TC_EXT}planned-start-time": "2024-12-04T16:00:00Z"})
    opened = fact(verb=f"{TLA}verbs/planned", object=step, context=said)
    assert (opened.kind, opened.subject, opened.other) == (Kind.STEP, ifi("ann"), ifi("cora"))
    assert opened.unit == step["id"]
    assert opened.data == {"state": "open", "cycle": cycle["id"], "due": "2024-12-04T16:00:00Z"}
    for verb in (f"{ADL}completed", f"{AS}complete", f"{TLA}verbs/achieved"):
        assert fact(verb=verb, object=step).data["state"] == "closed"


def test_cycle_runs_its_course() -> None:
    cycle = typed(f"{AX}activities/learning-plan", "cycle")
    for verb, state in (
        (f"{TLA}verbs/planned", "opened"),
        (f"{ADL}progressed", "phase"),
        (f"{ADL}completed", "closed"),
    ):
        phase = {"https://schemas.daybook.example/xapi/extensions/phase": "identify"}
        said = context(instructor=CORA, other=[CRITERION], extensions=phase)
        found = fact(verb=verb, object=cycle, context=said)
        assert (found.kind, found.session, found.other) == (Kind.CYCLE, cycle["id"], ifi("cora"))
        assert found.data == {"state": state, "phase": "identify", "criteria": [WAIT_TIME]}


# 27 and 28: what tells nothing, what takes back


@pytest.mark.parametrize(
    "verb",
    [f"{TC}viewed", f"{ADL}interacted", f"{ADL}answered", "https://w3id.org/xapi/video/verbs/played",
     "https://w3id.org/xapi/adl/verbs/logged-in", f"{AS}schema/1.0/delete"],
)  # fmt: skip
def test_in_passing(verb: str) -> None:
    found = mapped(verb=verb, object=LESSON)
    assert (found.rule, found.facts, found.asked) == ("in-passing", (), frozenset())


def test_unknown_verb_is_nobodys() -> None:
    found = mapped(verb="https://example.org/juggled", object=LESSON)
    assert (found.rule, found.facts) == (None, ())


def test_void() -> None:
    found = mapped(verb="voided", object=reference(ID))
    assert (found.voids, found.facts) == (ID, ())
    assert mapped(verb="voided").voids is None
