"""The default mapping, pattern by pattern of its table, 1 to 15: ratings, coaching, meetings and plans."""

import pytest

from projections.facts.fact import Kind
from tests.factories import Json, activity, group, substatement
from tests.projections.facts.school import (
    ADB,
    ADL,
    ADL_TYPE,
    ANN,
    AS,
    AX,
    BEN,
    COHORT,
    CORA,
    CRITERION,
    DOD,
    EDLM,
    EVE,
    LEVEL,
    LIS,
    REGISTRATION,
    ROUTINES,
    TC,
    TC_EXT,
    TC_TYPE,
    TLA,
    WAIT_TIME,
    ZOE,
    context,
    fact,
    ifi,
    mapped,
    mapper,
    spoken,
    typed,
)  # fmt: skip

OBJECTIVE = {"id": CRITERION, "definition": {"type": f"{ADL_TYPE}objective"}}
SCORE = {"score": {"raw": 3, "min": 1, "max": 4}}
MEETING = typed(f"{ADL_TYPE}meeting", "meeting")
TUTORING = typed(f"{TC_TYPE}tutor-session", "session")
LESSON = typed(f"{ADL_TYPE}lesson", "lesson")
MENTOR = f"{LIS}#Mentor"
HALF_AN_HOUR = {"duration": "PT30M"}


# 1 to 3: scores


@pytest.mark.parametrize("verb", [f"{ADL}scored", f"{TLA}verbs/scored", f"{TLA}verbs/assessed", f"{AX}verbs/evaluated"])
def test_score_on_criterion(verb: str) -> None:
    found = fact(verb=verb, object=OBJECTIVE, result=SCORE, context={"registration": REGISTRATION, "instructor": CORA})
    assert (found.kind, found.subject, found.other) == (Kind.RUBRIC_SCORE, ifi("ann"), ifi("cora"))
    assert (found.criterion, found.session) == (WAIT_TIME, REGISTRATION)
    expected = {"raw": 3, "min": 1, "max": 4, "source": REGISTRATION, "is_attempt": True, "has_attachment": False}
    assert found.data == expected


def test_score_on_criterion_of_the_context() -> None:
    said = context(instructor=CORA, other=[CRITERION])
    found = fact(verb="scored", object=activity("lesson-plan"), result=SCORE, context=said)
    assert (found.criterion, found.data["source"]) == (WAIT_TIME, activity("lesson-plan")["id"])
    assert found.data["is_attempt"] is False


def test_score_by_a_context_agent_that_grades() -> None:
    grader = spoken(CORA, f"{LIS}/Instructor#Grader")
    found = fact(verb="scored", object=OBJECTIVE, result=SCORE, context={"contextAgents": [grader]})
    assert found.other == ifi("cora")


def test_score_by_level() -> None:
    result = {"extensions": {"https://example.org/level": LEVEL}}
    found = fact(verb="scored", object=OBJECTIVE, result=result, context={"instructor": CORA})
    assert found.data["level"] == LEVEL
    named = fact(verb="scored", object=activity(), context=context(instructor=CORA, other=[LEVEL]))
    assert (named.criterion, named.data["level"]) == (WAIT_TIME, LEVEL)


def test_score_of_person() -> None:
    said = context(registration=REGISTRATION, grouping=[CRITERION])
    for verb in (f"{AX}verbs/evaluated", f"{ADL}scored"):
        found = fact(actor=CORA, verb=verb, object={"objectType": "Agent", **ANN}, result=SCORE, context=said)
        assert (found.kind, found.subject, found.other) == (Kind.RUBRIC_SCORE, ifi("ann"), ifi("cora"))
        assert found.criterion == WAIT_TIME


def test_observation_with_score_is_both() -> None:
    said = context(registration=REGISTRATION, grouping=[CRITERION])
    found = mapped(actor=CORA, verb=f"{DOD}observed", object={"objectType": "Agent", **ANN}, result=SCORE, context=said)
    assert [each.kind for each in found.facts] == [Kind.RUBRIC_SCORE, Kind.COACH_CONTACT]
    assert [each.n for each in found.facts] == [0, 1]
    assert found.rule == "score-within-observation+contact-where-coach-acts"


def test_score_by_oneself() -> None:
    for said in ({"instructor": ANN}, {}):
        found = fact(verb=f"{TLA}verbs/evaluated", object=OBJECTIVE, result=SCORE, context=said)
        assert (found.other, found.data["role_hint"], found.data["evidence_kind"]) == (ifi("ann"), "self", "self")


def test_score_without_assessor_is_nobodys() -> None:
    found = fact(verb="scored", object=OBJECTIVE, result=SCORE)
    assert found.other is None
    assert "role_hint" not in found.data


def test_score_on_nothing_of_a_rubric_is_none() -> None:
    found = mapped(verb="scored", object=activity("quiz"), result=SCORE, context={"instructor": CORA})
    assert found.facts == ()
    assert f"criterion:{activity('quiz')['id']}" in found.asked


# 4: artefacts


@pytest.mark.parametrize("verb", [f"{AS}submit", f"{AS}schema/1.0/submit", f"{AS}attach"])
def test_artefact_is_evidence_of_each_criterion(verb: str) -> None:
    said = context(other=[CRITERION, f"urn:uuid:{ROUTINES}"])
    attachments = [{"usageType": "http://id.tincanapi.com/attachment/supporting_media"}]
    found = mapped(verb=verb, object=typed(f"{TC_TYPE}document"), context=said, attachments=attachments).facts
    assert [(each.n, each.criterion) for each in found] == [(0, WAIT_TIME), (1, ROUTINES)]
    assert {each.kind for each in found} == {Kind.RUBRIC_EVIDENCE}
    assert found[0].data["evidence_kind"] == "artifact"
    assert found[0].data["has_attachment"] is True


def test_signature_is_no_attachment() -> None:
    attachments = [{"usageType": "http://adlnet.gov/expapi/attachments/signature"}]
    found = fact(verb=f"{AS}submit", context=context(other=[CRITERION]), attachments=attachments)
    assert found.data["has_attachment"] is False


# 5 and 6: credentials


def test_badge_with_level_is_credential_and_score() -> None:
    badge = typed(f"{EDLM}activity-types/badge", "badge")
    result = {"extensions": {"https://example.org/level": LEVEL}}
    credential, score = mapped(verb=f"{TC}earned", object=badge, result=result, context={"instructor": EVE}).facts
    assert (credential.kind, credential.subject, credential.other) == (Kind.CREDENTIAL, ifi("ann"), ifi("eve"))
    assert credential.data == {"state": "earned", "source": badge["id"], "level": LEVEL}
    assert (score.kind, score.criterion, score.data["evidence_kind"]) == (Kind.RUBRIC_SCORE, WAIT_TIME, "credential")


def test_badge_alone_is_credential() -> None:
    found = fact(verb=f"{TLA}verbs/achieved", object=typed(f"{AS}badge"), context={"instructor": EVE})
    assert (found.kind, found.criterion) == (Kind.CREDENTIAL, None)


@pytest.mark.parametrize(("verb", "state"), [("forfeited", "revoked"), ("revoked", "revoked"), ("expired", "expired")])
def test_badge_lost(verb: str, state: str) -> None:
    found = fact(verb=f"{TLA}verbs/{verb}", object=typed(f"{AS}schema/1.0/badge", "badge"))
    assert (found.kind, found.data["state"]) == (Kind.CREDENTIAL, state)
    assert found.data["source"] == activity("badge")["id"]


# 7 and 8: coaching


@pytest.mark.parametrize("verb", [f"{TC}mentored", f"{ADB}coached", f"{DOD}guided", f"{TC}talked-with"])
def test_coach_acts_on_educator(verb: str) -> None:
    said = {"registration": REGISTRATION}
    found = fact(actor=CORA, verb=verb, object={"objectType": "Agent", **ANN},
                 result={"duration": "PT35M"}, context=said)  # fmt: skip
    assert (found.kind, found.subject, found.other) == (Kind.COACH_CONTACT, ifi("ann"), ifi("cora"))
    assert (found.session, found.minutes, found.purpose) == (REGISTRATION, 35, "formative")
    assert found.data == {"contact_kind": "conference", "says_coaching": False, "means_end": False}


def test_observation_is_a_kind_of_contact() -> None:
    found = fact(actor=CORA, verb=f"{DOD}observed", object={"objectType": "Agent", **ANN})
    assert found.data["contact_kind"] == "observation"


def test_educator_acts_on_coach() -> None:
    found = fact(actor=ANN, verb=f"{TC}mentored", object={"objectType": "Agent", **CORA})
    assert (found.subject, found.other) == (ifi("ann"), ifi("cora"))


def test_coach_acts_on_group() -> None:
    found = mapped(actor=CORA, verb=f"{TC}mentored", object=group(ANN, BEN)).facts
    assert [(each.n, each.subject) for each in found] == [(0, ifi("ann")), (1, ifi("ben"))]


def test_educator_attends_coaching_session() -> None:
    found = fact(verb="attended", object=TUTORING, result=HALF_AN_HOUR, context={"instructor": CORA})
    assert (found.kind, found.subject, found.other) == (Kind.COACH_CONTACT, ifi("ann"), ifi("cora"))
    assert found.session == TUTORING["id"]
    assert found.data["says_coaching"] is True


def test_educator_attends_with_mentor_of_2_0() -> None:
    said = {"contextAgents": [spoken(CORA, MENTOR)], "registration": REGISTRATION}
    for object_ in (TUTORING, MEETING):
        found = fact(verb="attended", object=object_, context=said)
        assert (found.kind, found.subject, found.other) == (Kind.COACH_CONTACT, ifi("ann"), ifi("cora"))
        assert found.data["says_coaching"] is True


def test_coach_of_a_coaching_session_need_not_be_in_the_roster() -> None:
    found = fact(mapper(known=False), verb="completed", object=TUTORING, context={"instructor": ZOE})
    assert found.other == ifi("zoe")


def test_group_attends_coaching_session_with_its_coach() -> None:
    found = mapped(actor=group(ANN, CORA, BEN), verb="attended", object=TUTORING, context={"instructor": CORA}).facts
    assert [each.subject for each in found] == [ifi("ann"), ifi("ben")]


def test_coach_logs_the_session_and_names_whom_she_saw() -> None:
    learner = {"contextAgents": [spoken(ANN, f"{LIS}#Learner")]}
    invitee = {"extensions": {f"{TC_EXT}invitee": ANN}}
    for said in (learner, invitee, {"instructor": ANN}, {"team": group(ANN)}):
        found = fact(actor=CORA, verb="completed", object=TUTORING, context=said)
        assert (found.subject, found.other) == (ifi("ann"), ifi("cora"))
        assert found.data["says_coaching"] is True
    together = fact(actor=group(CORA, ANN), verb="attended", object=TUTORING)
    assert (together.subject, together.other) == (ifi("ann"), ifi("cora"))


# 9 to 12: meetings


@pytest.mark.parametrize("verb", [f"{ADL}attended", f"{ADB}attended", f"{AS}join", f"{AS}schema/1.0/join"])
def test_cohort_meets(verb: str) -> None:
    found = fact(verb=verb, object=MEETING, result=HALF_AN_HOUR, context=context(grouping=[COHORT], instructor=EVE))
    assert (found.kind, found.subject, found.other) == (Kind.SESSION_ATTENDED, ifi("ann"), ifi("eve"))
    assert (found.cohort, found.minutes) == ("plc", 30)
    assert found.session == f"{MEETING['id']}@2024-11-05"
    assert found.data["by_registration"] is False


def test_cohort_meets_under_a_registration() -> None:
    found = fact(verb="attended", object=MEETING, context=context(parent=[COHORT], registration=REGISTRATION))
    assert (found.session, found.data["by_registration"]) == (REGISTRATION, True)


def test_cohort_meets_at_an_occurrence() -> None:
    event = typed(f"{AS}event", "2024-11-05")
    assert fact(verb="attended", object=event, context=context(other=[COHORT])).session == event["id"]


@pytest.mark.parametrize("place", ["team", "contextGroups", "actor"])
def test_cohort_named_by_a_group(place: str) -> None:
    named = {"objectType": "Group", "account": {"homePage": "https://lms.example.org/groups", "name": "7"}}
    entry = {"objectType": "contextGroup", "group": named, "relevantTypes": [f"{AS}group"]}
    said: dict[str, Json] = {
        "team": {"context": {"team": named}},
        "contextGroups": {"context": {"contextGroups": [entry]}},
        "actor": {"actor": {**named, "member": [ANN]}},
    }  # fmt: skip
    found = fact(verb="attended", object=MEETING, **said[place])
    assert (found.subject, found.cohort) == (ifi("ann"), "plc")


def test_meeting_with_assigned_coach_is_contact() -> None:
    found = fact(verb="attended", object=MEETING, result=HALF_AN_HOUR, context={"instructor": CORA})
    assert (found.kind, found.subject, found.other) == (Kind.COACH_CONTACT, ifi("ann"), ifi("cora"))
    both = fact(actor=group(CORA, ANN), verb="attended", object=MEETING)
    assert (both.subject, both.other) == (ifi("ann"), ifi("cora"))


def test_instructor_is_not_the_coach() -> None:
    for by in (mapper(), mapper(known=False)):
        assert mapped(by, verb="attended", object=MEETING, context={"instructor": EVE}).facts == ()
        assert mapped(by, verb="completed", object=LESSON, context={"instructor": CORA}).facts[0].kind is Kind.LEARN
    assert mapped(mapper(known=False), verb="attended", object=MEETING, context={"instructor": CORA}).facts == ()


def test_group_attends_one_by_one() -> None:
    found = mapped(
        actor=group(ANN, BEN, ZOE), verb="attended", object=MEETING, context=context(grouping=[COHORT])
    ).facts
    assert [(each.n, each.subject) for each in found] == [(0, ifi("ann")), (1, ifi("ben")), (2, ifi("zoe"))]
    assert len({each.session for each in found}) == 1


def test_group_without_members_is_that_of_the_roster() -> None:
    named = {"objectType": "Group", "openid": COHORT}
    in_november = mapped(actor=named, verb="attended", object=MEETING)
    assert [each.subject for each in in_november.facts] == [ifi("ann")]
    assert {"cohort:plc", "role:p-ann"} <= in_november.asked
    later = mapped(actor=named, verb="attended", object=MEETING, timestamp="2024-02-05T19:40:00Z")
    assert later.facts == ()


def test_leaving_a_meeting() -> None:
    for verb in (f"{AS}leave", f"{AS}schema/1.0/leave"):
        found = fact(verb=verb, object=MEETING, context=context(parent=[COHORT]))
        assert (found.kind, found.session) == (Kind.SESSION_LEFT, f"{MEETING['id']}@2024-11-05")


# 13 to 15: plans


@pytest.mark.parametrize("verb", [f"{AS}schedule", f"{TLA}verbs/scheduled", f"{DOD}scheduled", f"{TLA}verbs/planned"])
def test_cohort_session_scheduled(verb: str) -> None:
    planned = {f"{TC_EXT}planned-start-time": "2024-12-04T00:30:00+01:00", f"{TC_EXT}planned-duration": "PT45M"}
    found = fact(verb=verb, object=MEETING, context=context(grouping=[COHORT], extensions=planned))
    assert (found.kind, found.subject, found.cohort) == (Kind.SESSION_SCHEDULED, ifi("ann"), "plc")
    assert found.data["planned_start"] == "2024-12-03T23:30:00Z"
    assert found.data["planned_minutes"] == 45
    assert found.session == f"{MEETING['id']}@2024-12-03"


def test_coaching_scheduled_by_either() -> None:
    planned = {f"{TC_EXT}planned-start-time": "2024-12-04T16:00:00Z"}
    by_educator = {"actor": ANN, "context": {"instructor": CORA, "extensions": planned}}
    by_coach = {"actor": CORA, "context": {"extensions": {**planned, f"{TC_EXT}invitee": ANN}}}
    for said in (by_educator, by_coach):
        found = fact(verb=f"{AS}schedule", object=TUTORING, **said)
        assert (found.kind, found.subject, found.other) == (Kind.SESSION_SCHEDULED, ifi("ann"), ifi("cora"))
        assert (found.session, found.cohort) == (TUTORING["id"], None)


def test_meeting_of_pair_scheduled() -> None:
    found = fact(actor=CORA, verb=f"{AS}schedule", object=MEETING,
                 context={"extensions": {f"{TC_EXT}invitee": group(ANN)}})  # fmt: skip
    assert (found.kind, found.subject, found.other) == (Kind.SESSION_SCHEDULED, ifi("ann"), ifi("cora"))


def test_substatement_of_the_future_is_a_plan() -> None:
    attends = substatement(actor=ANN, verb="attended", object=TUTORING, timestamp="2024-12-04T16:00:00Z",
                           context={"instructor": CORA, "registration": REGISTRATION})  # fmt: skip
    mentors = substatement(actor=CORA, verb=f"{TC}mentored", object={"objectType": "Agent", **ANN},
                           timestamp="2024-12-04T16:00:00Z")  # fmt: skip
    for planned in (attends, mentors):
        found = fact(actor=CORA, verb=f"{TLA}verbs/planned", object=planned, context={"registration": REGISTRATION})
        assert (found.kind, found.subject, found.other) == (Kind.SESSION_SCHEDULED, ifi("ann"), ifi("cora"))
        assert (found.session, found.data["planned_start"]) == (REGISTRATION, "2024-12-04T16:00:00Z")


def test_substatement_of_a_cohort() -> None:
    meets = substatement(actor=ANN, verb="attended", object=MEETING, timestamp="2024-12-04T04:00:00Z",
                         context=context(grouping=[COHORT]))  # fmt: skip
    found = fact(verb=f"{TLA}verbs/planned", object=meets)
    assert (found.cohort, found.session) == ("plc", f"{MEETING['id']}@2024-12-03")


def test_substatement_of_the_past_is_no_plan() -> None:
    attended = substatement(actor=ANN, verb="attended", object=TUTORING, timestamp="2024-10-04T16:00:00Z",
                            context={"instructor": CORA})  # fmt: skip
    assert mapped(actor=CORA, verb=f"{TLA}verbs/planned", object=attended).facts == ()


@pytest.mark.parametrize("verb", [f"{AS}cancel", f"{DOD}canceled"])
def test_cancelled(verb: str) -> None:
    of_pair = fact(verb=verb, object=TUTORING, context={"instructor": CORA, "registration": REGISTRATION})
    assert (of_pair.kind, of_pair.session, of_pair.other) == (Kind.SESSION_CANCELLED, REGISTRATION, ifi("cora"))
    of_cohort = fact(verb=verb, object=MEETING, context=context(grouping=[COHORT]))
    assert (of_cohort.kind, of_cohort.cohort) == (Kind.SESSION_CANCELLED, "plc")
    planned = {f"{TC_EXT}planned-start-time": "2024-12-04T16:00:00Z"}
    dated = fact(verb=verb, object=MEETING, context=context(grouping=[COHORT], extensions=planned))
    assert dated.session == f"{MEETING['id']}@2024-12-04"


@pytest.mark.parametrize("answer", ["yes", "no", "maybe"])
def test_invitation_answered_tells_nothing(answer: str) -> None:
    found = mapped(verb=f"{AS}rsvp-{answer}", object=MEETING, context=context(grouping=[COHORT]))
    assert (found.rule, found.facts) == ("invitation-answered", ())


def test_meeting_of_no_known_pair_is_not_coaching() -> None:
    for verb in ("schedule", "cancel"):
        found = mapped(mapper(known=False), actor=CORA, verb=f"{AS}{verb}", object=MEETING, context={"instructor": EVE})
        assert found.facts == ()
