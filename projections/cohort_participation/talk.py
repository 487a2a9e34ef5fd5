"""Who talks with whom: replies and reactions, each to the author of its thread."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from projections.cohort_participation.deeds import Deed
from projections.cohort_participation.roll import Participant, Roll
from projections.cohort_participation.scope import Scope
from projections.cohort_participation.tally import Talk
from projections.facts.fact import Fact

Threads: TypeAlias = Mapping[str | int | None, Deed]


class Conversation(NamedTuple):
    """What each participant said in each span, and the deeds that counted."""

    said: dict[str, list[Talk]]
    counted: list[Deed]


def of(threads: Threads, replied: Iterable[Deed], roll: Roll, scope: Scope) -> Conversation:
    """The talk of a year, of threads opened and of replies to any."""
    counted: list[Deed] = []
    said: dict[str, list[Talk]] = defaultdict(lambda: [Talk() for _ in scope.year.spans])
    for deed in replied:
        thread = threads.get(deed.fact.thread)
        if thread is None and deed.fact.refers_to is not None:
            thread = threads.get(deed.fact.refers_to.int)
        if not scope.is_ours(deed.fact) or (thread is not None and not scope.is_ours(thread.fact)):
            continue
        author = roll.participants[thread.person] if thread is not None else _named(deed.fact, roll, scope)
        if author is not None and not author.takes_part(deed.day):
            author = None
        if author is not None or deed.fact.cohort is not None:
            counted.append(deed)
            _count(deed, roll.participants[deed.person], author, said, scope)
    nothing = [Talk() for _ in scope.year.spans]
    return Conversation({person: said.get(person, nothing) for person in roll.participants}, counted)


def is_reply(fact: Fact) -> bool:
    """Whether a `peer` fact is a reply, more than a reaction."""
    return fact.data.get("state") != "reaction"


def known(opened: Sequence[Deed]) -> Threads:
    """Threads, in order, by name and by the number of their statement, each as it was opened first."""
    found: dict[str | int | None, Deed] = {}
    for deed in opened:
        statement = deed.fact.statement.int
        found.setdefault(deed.fact.thread or statement, deed)
        found.setdefault(statement, deed)
    return found


def _named(fact: Fact, roll: Roll, scope: Scope) -> Participant | None:
    """The author whom the statement itself names."""
    return roll.participants.get(scope.dating.person(fact.other, fact.observed_at)) if fact.other else None


def _count(
    deed: Deed, who: Participant, author: Participant | None, said: Mapping[str, Sequence[Talk]], scope: Scope
) -> None:
    day, is_told = deed.day, is_reply(deed.fact)
    is_facilitator = who.is_facilitator(day)
    for slot in deed.slots:
        own = said[who.id][slot]
        own.replies += is_told
        own.by_facilitator += is_told and is_facilitator
        own.reactions += not is_told
    if author is None or author.id == who.id:
        return
    is_tie = ("reply" if is_told else "reaction") in scope.reference.policy(day).ties.kinds
    for slot in deed.slots:
        given, taken = said[who.id][slot], said[author.id][slot]
        taken.received += is_told
        if is_tie and author.is_member(day):
            given.tied_to.add(author.id)
        if is_tie and who.is_member(day):
            taken.tied_by.add(who.id)
