"""What a question names and there is not: periods, rubrics, criteria, positions, and what stands in its path. No I/O.

Calendars and rubrics are known to everybody. Of whatever else stands in a path, what there is not and what the asker
may not see are told in the same words, so that nobody can try out which ids there are.
"""

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from typing import Final

from lrs.errors import Invalid, NotFound
from lrs.reference.reference import Reference
from projections.answers.asked import Asked
from projections.answers.question import Question
from projections.answers.sight import Sight

NEAR: Final = 3
TOLD: Final = 20
# What everybody may know that there is, and how it is looked up.
OPEN: Final[Mapping[str, Callable[[Reference, str], bool]]] = {
    "period": lambda reference, id_: reference.calendar.period(id_) is not None,
    "rubric": lambda reference, id_: id_ in reference.rubrics,
    "criterion": lambda reference, id_: id_ in _criteria(reference) or reference.criterion_of(id_) is not None,
}
# What is the asker's to know or not, by the field of a question that names its column.
OWN: Final = ("cohort", "org", "person", "coach")


def check(question: Question, asked: Asked, *references: Reference) -> None:
    """Invalid for a period, rubric or criterion that is in none of these; NotFound where it stands in the path."""
    placed = _placed(question)
    for name, is_known in OPEN.items():
        for value in asked.values.get(name, ()):
            if any(is_known(reference, value) for reference in references):
                continue
            words = f"there is no {name} {value[:80]!r}{_near(value, _every(name, references[0]), is_open=True)}"
            if name in placed:
                raise NotFound(words, rule="parameter")
            raise Invalid(words, rule="parameter")


def check_position(known_at: int, head: int) -> None:
    """Invalid for a position that the log has not reached."""
    if known_at > head:
        raise Invalid(
            f"as_known_at={known_at} lies beyond the log of this store, which ends at {head}: name a position up to"
            " there, or leave it out for what is known now",
            rule="parameter",
        )


def check_found(question: Question, asked: Asked, seen: Sight, latest: Reference) -> None:
    """NotFound for what the path names, where an answer without a row is not about what the asker may see."""
    for name in _placed(question):
        if name in OPEN or name not in OWN:
            continue
        value = asked.values[name][0]
        visible = [each for each in _every(name, latest) if _may_see(question, name, each, latest, seen)]
        if value not in visible:
            near = _near(value, visible, is_open=False)
            raise NotFound(f"there is no {name} {value[:80]!r} that you may see{near}", rule="parameter")


def _may_see(question: Question, name: str, id_: str, latest: Reference, seen: Sight) -> bool:
    """Whether rows about it may be the asker's, as far as reference data tell."""
    condition = seen.condition if seen.grants else None
    if condition is None:
        return True
    held = _held(question, name, id_, latest)
    return any(
        all(not among.isdisjoint(held.get(column, ())) for column, among in each.items() if column != question.purpose)
        for each in condition
    )


def _held(question: Question, name: str, id_: str, reference: Reference) -> Mapping[str, Collection[str]]:
    """What rows about it hold in the columns that say whose they are."""
    held: dict[str, Collection[str]] = {}
    if name == "cohort":
        if question.org is not None:
            held[question.org] = {reference.cohorts[id_].org}
        if question.person is not None:
            held[question.person] = {each.person for each in reference.members(id_)}
    own = getattr(question, name)
    return {**held, own: {id_}} if own is not None else held


def _criteria(reference: Reference) -> Collection[str]:
    return {each.id for id_ in reference.rubrics for version in reference.versions(id_) for each in version.criteria}


def _every(name: str, reference: Reference) -> Collection[str]:
    """The ids that there are, in order."""
    every: Mapping[str, Collection[str]] = {
        "period": {each.id for each in reference.records.periods},
        "rubric": reference.rubrics.keys(),
        "criterion": _criteria(reference) if name == "criterion" else (),
        "cohort": reference.cohorts.keys(),
        "org": reference.orgs.keys(),
    }
    return sorted(every.get(name, reference.people.keys()))


def _placed(question: Question) -> list[str]:
    return re.findall(r"\{(\w+)\}", question.path)


def _near(value: str, every: Collection[str], *, is_open: bool) -> str:
    near = difflib.get_close_matches(value, every, NEAR)
    if near:
        return f": did you mean {' or '.join(map(repr, near))}?"
    if is_open and 0 < len(every) <= TOLD:
        return f"; there are {', '.join(every)}"
    return ": ids are those of the roster" if not is_open else ": its reference data name those that there are"
