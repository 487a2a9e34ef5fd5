"""How Birch Central's tools report: a cmi5 player for units, and a coaching tool in which the coach acts."""

from collections.abc import Callable, Mapping
from typing import Final

from lrs.simulation import words
from lrs.simulation.happening import Happening, Kind
from lrs.simulation.words import ADL, ADL_TYPE, AS, AX, DOD, TC, TC_EXT, TC_TYPE, TLA, Json

GROUPS: Final = "https://groups.birch.example.org"
COACH: Final = "https://coach.birch.example.org"
OLD, NEW = "1.0.3", "2.0.0"


def statement(done: Happening) -> Json:
    """The statement, but for its id and times."""
    parts = WORDS[done.kind](done)
    version = NEW if done.kind is Kind.VISITED and done.word == "2.0" else OLD
    return {"version": version, "actor": done.actor, **parts}


def _cmi5(done: Happening, verb: str, result: Json | None = None, *, moves_on: bool = False) -> Json:
    assert done.unit is not None
    category = [words.CMI5_CATEGORY, words.MOVE_ON] if moves_on else [words.CMI5_CATEGORY]
    context = {
        "registration": str(done.session),
        "contextActivities": {"category": category},
        "extensions": {words.SESSION_ID: f"s-{done.session}", words.LAUNCH_MODE: done.word},
    }
    parts: Json = {"verb": words.verb(f"{ADL}{verb}"), "object": words.unit(done.unit), "context": context}
    if result:
        parts["result"] = result
    return parts


def _started(done: Happening) -> Json:
    return _cmi5(done, "initialized")


def _completed(done: Happening) -> Json:
    """A completion tells its time too; the same minutes come again with the end of the session."""
    return _cmi5(done, "completed", {"completion": True, "duration": words.duration(done.minutes)}, moves_on=True)


def _stopped(done: Happening) -> Json:
    return _cmi5(done, "terminated", {"duration": words.duration(done.minutes)})


def _applied(done: Happening) -> Json:
    assert done.unit is not None
    parts: Json = {"verb": words.verb(f"{DOD}applied"), "object": words.unit(done.unit)}
    if done.ref is not None:
        parts["context"] = {"statement": {"objectType": "StatementRef", "id": str(done.ref)}}
    return parts


def _handed_in(done: Happening) -> Json:
    assert done.unit is not None
    assert done.criterion is not None
    file = words.activity(f"{GROUPS}/files/{done.at:%Y%m%d%H%M%S}-{done.unit.number}", f"{ADL_TYPE}file", "Notes")
    context = {"contextActivities": {"grouping": [words.activity(done.criterion.uri, f"{ADL_TYPE}objective")]}}
    return {"verb": words.verb(f"{AS}attach"), "object": file, "context": context}


def _cohort(done: Happening) -> Json:
    assert done.cohort is not None
    return {"contextActivities": {"grouping": [words.cohort(done.cohort)]}}


def _shared(done: Happening) -> Json:
    assert done.unit is not None
    thread = words.activity(_thread(done), f"{TC_TYPE}discussion", f"Unit {done.unit.number} in my room")
    context = _cohort(done)
    context["contextActivities"]["other"] = [words.unit(done.unit)]
    if done.ref is not None:
        context["statement"] = {"objectType": "StatementRef", "id": str(done.ref)}
    return {"verb": words.verb(f"{ADL}shared"), "object": thread, "context": context}


def _thread(done: Happening) -> str:
    return f"{GROUPS}/threads/{done.thread}"


def _replied(done: Happening) -> Json:
    context = _cohort(done)
    context["contextActivities"]["parent"] = [words.activity(_thread(done), f"{TC_TYPE}discussion")]
    comment = words.activity(f"{_thread(done)}/{done.session}", f"{AS}comment")
    return {"verb": words.verb(f"{ADL}commented"), "object": comment, "context": context}


def _liked(done: Happening) -> Json:
    thread = words.activity(_thread(done), f"{TC_TYPE}discussion")
    return {"verb": words.verb(f"{AX}verbs/liked"), "object": thread, "context": _cohort(done)}


def _meeting(done: Happening) -> Json:
    assert done.cohort is not None
    return words.activity(f"{GROUPS}/meetings/{done.session}", f"{ADL_TYPE}meeting", done.cohort.title)


def _with_plan(done: Happening, context: Json) -> Json:
    assert done.planned is not None
    plan = {
        f"{TC_EXT}planned-start-time": words.local(done.planned, "birch"),
        f"{TC_EXT}planned-duration": words.duration(done.minutes),
    }
    return {**context, "registration": str(done.session), "extensions": plan}


def _meeting_planned(done: Happening) -> Json:
    context = _with_plan(done, _cohort(done))
    return {"verb": words.verb(f"{AS}schedule"), "object": _meeting(done), "context": context}


def _meeting_cancelled(done: Happening) -> Json:
    context = {**_cohort(done), "registration": str(done.session)}
    return {"verb": words.verb(f"{AS}cancel"), "object": _meeting(done), "context": context}


def _met(done: Happening) -> Json:
    context = {**_cohort(done), "registration": str(done.session), "instructor": done.other}
    group = {"objectType": "Group", "member": list(done.crowd)}
    return {
        "actor": group, "verb": words.verb(f"{ADL}attended"), "object": _meeting(done),
        "result": {"duration": words.duration(done.minutes)}, "context": context,
    }  # fmt: skip


def _visit(done: Happening) -> Json:
    return words.activity(f"{COACH}/sessions/{done.session}", f"{TC_TYPE}tutor-session")


def _visit_planned(done: Happening) -> Json:
    """The coach plans that the educator will attend: a SubStatement with a time to come."""
    assert done.planned is not None
    planned = {
        "objectType": "SubStatement",
        "actor": done.other,
        "verb": words.verb(f"{ADL}attended"),
        "object": _visit(done),
        "context": {"instructor": done.actor, "registration": str(done.session)},
        "timestamp": words.local(done.planned, "birch"),
    }
    context = {"registration": str(done.session)}
    return {"verb": words.verb(f"{TLA}planned"), "object": planned, "context": context}


def _visit_cancelled(done: Happening) -> Json:
    context = {"registration": str(done.session), "instructor": done.actor}
    return {"actor": done.other, "verb": words.verb(f"{AS}cancel"), "object": _visit(done), "context": context}


def _visited(done: Happening) -> Json:
    result = {"duration": words.duration(done.minutes)}
    if done.word == "2.0":
        mentor = {"objectType": "contextAgent", "agent": done.actor, "relevantTypes": [words.MENTOR]}
        context = {"registration": str(done.session), "contextAgents": [mentor]}
        return {"actor": done.other, "verb": words.verb(f"{ADL}attended"), "object": _visit(done), "result": result,
                "context": context}  # fmt: skip
    verb = f"{DOD}observed" if done.word == "observed" else f"{TC}mentored"
    return {"verb": words.verb(verb), "object": done.other, "result": result,
            "context": {"registration": str(done.session)}}  # fmt: skip


def _logged(done: Happening) -> Json:
    """The educator's own diary of the visit, of another system, which knows of no session."""
    assert done.other is not None
    result = {"duration": words.duration(done.minutes)}
    return {"actor": done.other, "verb": words.verb(f"{TC}talked-with"), "object": done.actor, "result": result}


def _rated(done: Happening) -> Json:
    """The coach acts on the educator, names the criterion by its item, and gives the score."""
    assert done.criterion is not None
    criterion = words.activity(done.criterion.item_uri, f"{ADL_TYPE}objective", done.criterion.words)
    context = {"registration": str(done.session), "contextActivities": {"grouping": [criterion]}}
    score = {"raw": done.score, "min": 1, "max": max(done.criterion.levels)}
    return {"verb": words.verb(f"{AX}verbs/evaluated"), "object": done.other, "result": {"score": score},
            "context": context}  # fmt: skip


def _step(done: Happening) -> Json:
    return words.activity(f"{COACH}/steps/{done.session}", f"{TC_TYPE}step", "A step to try")


def _step_set(done: Happening) -> Json:
    assert done.planned is not None
    context = {"instructor": done.actor,
               "extensions": {f"{TC_EXT}planned-start-time": words.local(done.planned, "birch")}}  # fmt: skip
    return {"actor": done.other, "verb": words.verb(f"{TLA}planned"), "object": _step(done), "context": context}


def _step_done(done: Happening) -> Json:
    return {"verb": words.verb(f"{ADL}completed"), "object": _step(done), "context": {"instructor": done.other}}


def _cycle(done: Happening) -> Json:
    """The coach opens a cycle, says which phase it has come to, and closes it."""
    assert done.criterion is not None
    verbs = {"identify": f"{TLA}planned", "closed": f"{ADL}completed"}
    plan = words.activity(cycle_iri(done.session), f"{AX}activities/learning-plan", "Coaching cycle")
    criterion = words.activity(done.criterion.item_uri, f"{ADL_TYPE}objective")
    context: Json = {"instructor": done.actor, "contextActivities": {"other": [criterion]}}
    if done.word != "closed":
        context["extensions"] = {words.PHASE: done.word}
    verb = verbs.get(done.word, f"{ADL}progressed")
    return {"actor": done.other, "verb": words.verb(verb), "object": plan, "context": context}


def cycle_iri(cycle: object) -> str:
    """What statements call a cycle."""
    return f"{COACH}/cycles/{cycle}"


def _unknown(done: Happening) -> Json:
    raise NotImplementedError(done.kind)


WORDS: Final[Mapping[Kind, Callable[[Happening], Json]]] = {
    **dict.fromkeys(Kind, _unknown),
    Kind.STARTED: _started, Kind.COMPLETED: _completed, Kind.STOPPED: _stopped, Kind.APPLIED: _applied,
    Kind.HANDED_IN: _handed_in, Kind.SHARED: _shared, Kind.REPLIED: _replied, Kind.LIKED: _liked,
    Kind.MEETING_PLANNED: _meeting_planned, Kind.MEETING_CANCELLED: _meeting_cancelled, Kind.MET: _met,
    Kind.VISIT_PLANNED: _visit_planned, Kind.VISIT_CANCELLED: _visit_cancelled, Kind.VISITED: _visited,
    Kind.LOGGED: _logged, Kind.RATED: _rated, Kind.RATED_SELF: _rated, Kind.STEP_SET: _step_set,
    Kind.STEP_DONE: _step_done, Kind.CYCLE: _cycle,
}  # fmt: skip
