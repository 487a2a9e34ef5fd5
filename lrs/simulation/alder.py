"""How Alder Pacific's LMS, which speaks much like Moodle, reports what happens: xAPI 1.0.3, the learner acts."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from lrs.simulation import words
from lrs.simulation.happening import Happening, Kind
from lrs.simulation.people import HOMES
from lrs.simulation.words import ADL, ADL_TYPE, AS_OLD, DOD, TC, TC_EXT, TC_TYPE, TLA, Json

HOME: Final = HOMES["alder"]
SITE: Final = words.activity(HOME, "http://id.tincanapi.com/activitytype/lms", "Alder Learns")
COURSE: Final = words.activity(f"{HOME}/course/view.php?id=7", f"{ADL_TYPE}course", "Professional learning")

FORUM: Final = words.activity(f"{HOME}/mod/forum/view.php?id=9", "http://id.tincanapi.com/activitytype/forum")


def statement(done: Happening) -> Json:
    """The statement, but for its id and times."""
    parts = WORDS[done.kind](done)
    if done.kind is Kind.LOGGED:
        return {"version": "1.0.3", "actor": done.actor, **parts}
    context: Json = parts.setdefault("context", {})
    context["platform"] = "Alder Learns"
    activities: Json = context.setdefault("contextActivities", {})
    activities["category"] = [SITE]
    activities.setdefault("parent", [COURSE])
    return {"version": "1.0.3", "actor": done.actor, **parts}


def _started(done: Happening) -> Json:
    assert done.unit is not None
    return {"verb": words.verb(f"{ADL}initialized"), "object": words.unit(done.unit)}


def _completed(done: Happening) -> Json:
    assert done.unit is not None
    result = {"completion": True, "duration": words.duration(done.minutes)}
    return {"verb": words.verb(f"{ADL}completed"), "object": words.unit(done.unit), "result": result}


def _applied(done: Happening) -> Json:
    assert done.unit is not None
    parts: Json = {"verb": words.verb(f"{DOD}applied"), "object": words.unit(done.unit)}
    if done.ref is not None:
        parts["context"] = {"statement": {"objectType": "StatementRef", "id": str(done.ref)}}
    return parts


def _handed_in(done: Happening) -> Json:
    assert done.unit is not None
    assert done.criterion is not None
    file = words.activity(f"{HOME}/file/{done.at:%Y%m%d%H%M%S}-{done.unit.number}", f"{TC_TYPE}document", "Notes")
    context = {"contextActivities": {"other": [words.activity(done.criterion.item_uri, f"{ADL_TYPE}objective")]}}
    return {"verb": words.verb(f"{AS_OLD}submit"), "object": file, "context": context}


def _shared(done: Happening) -> Json:
    assert done.unit is not None
    thread = words.activity(_thread(done), f"{TC_TYPE}discussion", f"How it went with unit {done.unit.number}")
    context: Json = _in_cohort(done)
    context["contextActivities"] |= {"parent": [FORUM], "other": [words.unit(done.unit)]}
    if done.ref is not None:
        context["statement"] = {"objectType": "StatementRef", "id": str(done.ref)}
    return {"verb": words.verb(f"{AS_OLD}share"), "object": thread, "context": context}


def _thread(done: Happening) -> str:
    return f"{HOME}/mod/forum/discuss.php?d={done.thread}"


def _in_cohort(done: Happening) -> Json:
    assert done.cohort is not None
    return {"contextActivities": {"grouping": [words.cohort(done.cohort)]}}


def _replied(done: Happening) -> Json:
    reply = words.activity(f"{_thread(done)}#p{done.session}", f"{TC_TYPE}forum-reply")
    context = _in_cohort(done)
    context["contextActivities"]["parent"] = [words.activity(_thread(done), f"{TC_TYPE}discussion")]
    return {"verb": words.verb(f"{TC}replied"), "object": reply, "context": context}


def _liked(done: Happening) -> Json:
    context = _in_cohort(done)
    thread = words.activity(_thread(done), f"{TC_TYPE}discussion")
    return {"verb": words.verb(f"{AS_OLD}like"), "object": thread, "context": context}


def _met(done: Happening) -> Json:
    """Attendance names the activity, not the meeting; and whoever took it is the instructor."""
    assert done.cohort is not None
    place = words.activity(f"{HOME}/mod/facetoface/view.php?f={done.cohort.id}", f"{ADL_TYPE}meeting", "Our group")
    context = {**_in_cohort(done), "instructor": done.other}
    result = {"completion": True, "duration": words.duration(done.minutes)}
    return {"verb": words.verb(f"{ADL}attended"), "object": place, "result": result, "context": context}


def _visit(done: Happening) -> Json:
    """The object of all that concerns a visit; the educator acts, the coach is the instructor."""
    return words.activity(f"{HOME}/local/coaching/session.php?id={done.session}", f"{TC_TYPE}tutor-session")


def _educator_acts(done: Happening) -> Json:
    return {"actor": done.other, "object": _visit(done), "context": {"instructor": done.actor,
                                                                     "registration": str(done.session)}}  # fmt: skip


def _visit_planned(done: Happening) -> Json:
    assert done.planned is not None
    parts = _educator_acts(done)
    parts["context"]["extensions"] = {
        f"{TC_EXT}planned-start-time": words.utc(done.planned),
        f"{TC_EXT}planned-duration": words.duration(done.minutes),
    }
    return {"verb": words.verb(f"{TLA}scheduled"), **parts}


def _visit_cancelled(done: Happening) -> Json:
    return {"verb": words.verb(f"{AS_OLD}cancel"), **_educator_acts(done)}


def _visited(done: Happening) -> Json:
    result = {"completion": True, "duration": words.duration(done.minutes)}
    return {"verb": words.verb(f"{ADL}attended"), **_educator_acts(done), "result": result}


def _logged(done: Happening) -> Json:
    """The coach's own log, of a second system, which knows nothing of the LMS's sessions."""
    result = {"duration": words.duration(done.minutes)}
    return {"verb": words.verb(f"{TC}mentored"), "object": done.other, "result": result}


def _rated(done: Happening) -> Json:
    """The learner acts, whoever graded is the instructor; scaled says nothing, as such systems have it."""
    assert done.criterion is not None
    top = max(done.criterion.levels)
    score = {"raw": done.score, "min": 1, "max": top, "scaled": 0.0 if done.score == 1 else 1.0}
    context = {"registration": str(done.session), "instructor": done.actor}
    return {
        "actor": done.other, "verb": words.verb(f"{ADL}scored"), "object": words.objective(done.criterion),
        "result": {"score": score}, "context": context,
    }  # fmt: skip


def _step(done: Happening) -> Json:
    return words.activity(f"{HOME}/local/coaching/step.php?id={done.session}", f"{TC_TYPE}step", "A step to try")


def _step_set(done: Happening) -> Json:
    assert done.planned is not None
    context = {"instructor": done.actor, "extensions": {f"{TC_EXT}planned-start-time": words.utc(done.planned)}}
    return {"actor": done.other, "verb": words.verb(f"{TLA}planned"), "object": _step(done), "context": context}


def _step_done(done: Happening) -> Json:
    return {"verb": words.verb(f"{ADL}completed"), "object": _step(done), "context": {"instructor": done.other}}


def _unknown(done: Happening) -> Json:
    raise NotImplementedError(done.kind)


WORDS: Final[Mapping[Kind, Callable[[Happening], dict[str, Any]]]] = {
    **dict.fromkeys(Kind, _unknown),
    Kind.STARTED: _started, Kind.COMPLETED: _completed, Kind.APPLIED: _applied, Kind.HANDED_IN: _handed_in,
    Kind.SHARED: _shared, Kind.REPLIED: _replied, Kind.LIKED: _liked, Kind.MET: _met,
    Kind.VISIT_PLANNED: _visit_planned, Kind.VISIT_CANCELLED: _visit_cancelled, Kind.VISITED: _visited,
    Kind.LOGGED: _logged, Kind.RATED: _rated, Kind.RATED_SELF: _rated, Kind.STEP_SET: _step_set,
    Kind.STEP_DONE: _step_done,
}  # fmt: skip
