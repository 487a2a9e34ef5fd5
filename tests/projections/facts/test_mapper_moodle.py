"""Statements in the shapes of Moodle's logstore_xapi plugin, by the mapping that is shipped for it."""

from projections.facts.fact import Kind
from tests.factories import Json
from tests.projections.facts.school import (
    ADL,
    ADL_TYPE,
    ANN,
    AS,
    AX,
    CORA,
    CRITERION,
    EDLM,
    EVE,
    ROUTINES,
    TC,
    TC_TYPE,
    TLA,
    fact,
    ifi,
    mapped,
    mapper,
)  # fmt: skip

MOODLE = mapper("moodle")
SITE = "https://lms.example.org"
COURSE = f"{SITE}/groups/7"
KINDS = f"{EDLM}activity-types/"


def module(path: str, type_: str) -> Json:
    return {"objectType": "Activity", "id": f"{SITE}/mod/{path}", "definition": {"name": {"en": "It"}, "type": type_}}


def said(*parents: Json, by: Json | None = None) -> Json:
    """The context of every statement of the plugin: the site as category; section and course last among the parents."""
    place = [
        *parents,
        {"id": f"{SITE}/course/section.php?id=1", "definition": {"type": f"{TC_TYPE}section"}},
        {"id": COURSE, "definition": {"type": "https://w3id.org/xapi/cmi5/activitytype/course"}},
    ]
    site = {"id": SITE, "definition": {"type": f"{TC_TYPE}lms"}}
    info = {"http://lrs.learninglocker.net/define/extensions/info": {SITE: "2024111800"}}
    found: Json = {"contextActivities": {"category": [site], "parent": place}, "language": "en", "extensions": info}
    return {**found, "instructor": by} if by else found


FACE_TO_FACE = module("facetoface/view.php?id=3", f"{AX}activities/face-to-face-discussion")
ROOM = module("bigbluebuttonbn/view.php?id=4", f"{ADL_TYPE}meeting")
ASSIGNMENT = {**module("assign", f"{KINDS}assignment"), "id": f"{SITE}/activities/task"}
SUBMISSION = module("assign#submission", f"{KINDS}submission")
DISCUSSION = module("forum/discuss.php?d=1", f"{TC_TYPE}discussion")
FORUM = module("forum/view.php?id=5", f"{KINDS}forum")


def test_attendance_taken() -> None:
    result = {"completion": True, "duration": "PT0S"}
    found = fact(MOODLE, verb="attended", object=FACE_TO_FACE, result=result, context=said(by=EVE))
    assert (found.kind, found.subject, found.cohort) == (Kind.SESSION_ATTENDED, ifi("ann"), "plc")
    assert (found.minutes, found.data["modality"]) == (None, "in_person")
    assert found.session == f"{FACE_TO_FACE['id']}@2024-11-05"


def test_sign_up_is_no_membership() -> None:
    for verb in (f"{ADL}registered", f"{TC}unregistered"):
        assert mapped(MOODLE, verb=verb, object=FACE_TO_FACE, context=said()).rule == "moodle-sign-up"


def test_room_joined_and_left() -> None:
    for verb, kind in ((f"{AS}schema/1.0/join", Kind.SESSION_ATTENDED), (f"{AS}schema/1.0/leave", Kind.SESSION_LEFT)):
        found = fact(MOODLE, verb=verb, object=ROOM, context=said())
        assert (found.kind, found.session) == (kind, f"{ROOM['id']}@2024-11-05")


def test_instructor_is_whoever_pressed_the_button() -> None:
    """Even an assigned coach who takes attendance, adds to a group, grades or awards has not coached by that."""
    group = {"id": f"{SITE}/group/index.php?id=1", "definition": {"type": f"{KINDS}group"}}
    badge = {"id": f"{SITE}/badges/overview.php?id=1", "definition": {"type": f"{KINDS}badge"}}
    for verb, object_ in (
        (f"{ADL}attended", FACE_TO_FACE), (f"{AS}join", group), (f"{TLA}verbs/scored", SUBMISSION),
        (f"{TLA}verbs/achieved", badge), (f"{AS}schema/1.0/assign", group),
    ):  # fmt: skip
        kinds = {
            each.kind for each in mapped(MOODLE, verb=verb, object=object_, context=said(ASSIGNMENT, by=CORA)).facts
        }
        assert Kind.COACH_CONTACT not in kinds, verb


def test_group_members() -> None:
    cohort = {"id": COURSE, "definition": {"type": f"{KINDS}group"}}
    for verb, state in ((f"{AS}join", "joined"), (f"{AS}leave", "left")):
        found = fact(MOODLE, verb=verb, object=cohort, context=said(by=EVE))
        assert (found.kind, found.subject, found.data) == (Kind.MEMBER, ifi("ann"), {"state": state})


def test_graded_assignment_that_is_aligned() -> None:
    score = {"raw": 1.0, "min": 0.0, "max": 2.0, "scaled": 0.0}
    result = {"response": "Well done: go on", "score": score, "success": True}
    found = fact(MOODLE, verb=f"{TLA}verbs/scored", object=SUBMISSION, result=result, context=said(ASSIGNMENT, by=CORA))
    assert (found.kind, found.subject, found.other) == (Kind.RUBRIC_SCORE, ifi("ann"), ifi("cora"))
    assert (found.criterion, found.data["raw"], found.data["source"]) == (ROUTINES, 1.0, SUBMISSION["id"])
    assert found.data["is_attempt"] is True
    assert "Well done" not in str(found)


def test_graded_assignment_without_alignment() -> None:
    result = {"score": {"raw": 1.0, "min": 0.0, "max": 2.0}}
    other = module("assign/view.php?id=9", f"{KINDS}assignment")
    assert mapped(MOODLE, verb=f"{TLA}verbs/scored", object=SUBMISSION, result=result,
                  context=said(other, by=CORA)).facts == ()  # fmt: skip


def test_submission_to_an_aligned_assignment() -> None:
    found = fact(MOODLE, verb=f"{AS}schema/1.0/submit", object=SUBMISSION, context=said(ASSIGNMENT))
    assert (found.kind, found.criterion) == (Kind.RUBRIC_EVIDENCE, ROUTINES)


def test_module_completed() -> None:
    for type_ in (f"{TC_TYPE}book", f"{ADL_TYPE}assessment", f"{AX}activities/page", f"{KINDS}wiki"):
        unit = module("view.php?id=6", type_)
        found = fact(
            MOODLE, verb="completed", object=unit, result={"completion": True, "success": True}, context=said()
        )
        assert (found.kind, found.unit, found.data["state"]) == (Kind.LEARN, unit["id"], "completed")


def test_attempts_do_not_count_beside_their_module() -> None:
    for type_ in (f"{ADL_TYPE}attempt", f"{KINDS}lesson-session", f"{KINDS}scorm-content-object"):
        score = {"score": {"raw": 75, "min": 0, "max": 100}}
        found = mapped(MOODLE, verb="completed", object=module("quiz", type_), result=score, context=said())
        assert (found.rule, found.facts) == ("moodle-attempt", ())


def test_what_is_shared_in_a_course_is_not_about_the_course() -> None:
    for verb in (f"{AX}verbs/posted", f"{AS}create", f"{ADL}shared"):
        found = fact(MOODLE, verb=verb, object=DISCUSSION, context=said(FORUM))
        assert (found.kind, found.unit, found.thread) == (Kind.SHARE, None, DISCUSSION["id"])


def test_course_completed_counts_no_more() -> None:
    course = {"id": COURSE, "definition": {"type": "https://w3id.org/xapi/cmi5/activitytype/course"}}
    assert mapped(MOODLE, verb="completed", object=course).rule == "moodle-course-completed"


def test_forum() -> None:
    root = fact(MOODLE, verb=f"{AS}create", object=DISCUSSION, context=said(FORUM))
    assert (root.kind, root.thread, root.cohort, root.unit) == (Kind.SHARE, DISCUSSION["id"], "plc", None)
    post = {**DISCUSSION, "id": f"{DISCUSSION['id']}#p2", "definition": {"type": f"{TC_TYPE}forum-reply"}}
    reply = fact(MOODLE, verb=f"{TC}replied", object=post, context=said(DISCUSSION, FORUM))
    assert (reply.kind, reply.thread, reply.data) == (Kind.PEER, DISCUSSION["id"], {"state": "reply"})


def test_badge_awarded_and_taken() -> None:
    badge = {"id": f"{SITE}/badges/overview.php?id=1", "definition": {"type": f"{KINDS}badge"}}
    found = [
        fact(MOODLE, actor=ANN, verb=f"{TLA}verbs/{verb}", object=badge, context=said(by=EVE))
        for verb in ("achieved", "forfeited")
    ]
    assert [each.data for each in found] == [
        {"state": "earned", "source": badge["id"]}, {"state": "revoked", "source": badge["id"]},
    ]  # fmt: skip


def test_views_and_answers_are_passed_over() -> None:
    question = module("quiz", f"{ADL_TYPE}cmi.interaction")
    for verb in (f"{TC}viewed", f"{ADL}answered", f"{EDLM}verbs/login", f"{AX}verbs/edited"):
        assert mapped(MOODLE, verb=verb, object=question, context=said()).rule == "in-passing"
    assert mapped(MOODLE, verb=f"{AS}schema/1.0/submit", object=module("feedback", f"{KINDS}feedback"),
                  context=said()).rule == "moodle-questionnaire"  # fmt: skip


def test_criterion_of_a_rubric_may_be_named_by_another_plugin() -> None:
    context = said(by=CORA)
    context["contextActivities"]["other"] = [{"id": CRITERION}]
    result = {"score": {"raw": 2, "min": 1, "max": 4}}
    assert fact(MOODLE, verb=f"{TLA}verbs/scored", object=SUBMISSION, result=result, context=context).rule == (
        "score-on-criterion"
    )
