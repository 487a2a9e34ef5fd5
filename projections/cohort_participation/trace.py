"""From a number to its statements: what was counted for each participant of a cohort in a period, and as what."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from lrs.log.store import Store
from projections.analytic import wanted
from projections.answers.asked import Asked, Parameter
from projections.answers.asker import Role
from projections.answers.data import Data, Row
from projections.answers.question import Column, Filter, Grant, Question, Rows
from projections.cohort_participation import standing, talk, wanting, yearbook, years
from projections.cohort_participation.meetings import Slots
from projections.cohort_participation.yearbook import Yearbook
from projections.facts.fact import Fact, Kind
from projections.facts.store import Facts

COUNTED: Final = ("attended", "learning", "applied", "shared", "reply", "reaction")


async def statements(asked: Asked, data: Data) -> Sequence[Row]:
    """The statements that were counted for a cohort: of the periods asked for, else of the school year of the day."""
    reference = asked.reference
    named = asked.value("cohort")
    cohort = reference.cohorts.get(named) if named else None
    if cohort is None:
        return []
    every = years.of(reference, cohort.org)
    periods = asked.values.get("period") or (standing.year(reference, cohort.org, asked.as_of) or "",)
    homes = dict.fromkeys(home for period in periods for home in every.of_period(period))
    found = {home: year for home in homes if (year := every.year(home)) is not None}
    plans = {home: wanting.of_year(cohort, year, reference) for home, year in found.items()}
    store = Store(id=data.store, name="", uuid=UUID(int=0), epoch=0, secret=asked.asker.secret)
    at = data.through if asked.known_at is None else min(asked.known_at, data.through)
    facts = await wanted.gather(data.connection, Facts(), store, plans, at=at)
    as_of = asked.as_of if asked.as_of < asked.today else None
    rows: list[Row] = []
    for home, year in found.items():
        book = yearbook.book(cohort, year, facts[home], reference, as_of=as_of)
        rows += _rows(cohort.id, book)
    return rows


def _rows(cohort: str, book: Yearbook) -> Iterable[Row]:
    for fact, person, day, slots, counts_as in _counted(book):
        yield {
            "cohort_id": cohort,
            "person_id": person,
            "local_date": day,
            "statement_id": str(fact.statement),
            "n": fact.n,
            "counts_as": counts_as,
            "at": fact.observed_at,
            "session_key": fact.session if counts_as == "attended" else None,
            "unit_id": fact.unit,
            "minutes": fact.minutes,
            "period_ids": [book.year.spans[slot].period.id for slot in slots],
        }


def _counted(book: Yearbook) -> Iterator[tuple[Fact, str, date, Slots, str]]:
    """Each fact that was counted: whose, on which day, for which spans, as what."""
    for meeting in book.meetings:
        for told in meeting.session.told:
            fact, person = told.fact, told.person
            if person is not None and person in meeting.came and fact.kind is Kind.SESSION_ATTENDED:
                yield fact, person, meeting.session.local_date, meeting.slots, "attended"
    for each in book.deeds.values():
        for counts_as, every in (("learning", each.learned), ("applied", each.applied), ("shared", each.shared)):
            for deed in every:
                yield deed.fact, deed.person, deed.day, deed.slots, counts_as
    for deed in book.talk.counted:
        yield deed.fact, deed.person, deed.day, deed.slots, "reply" if talk.is_reply(deed.fact) else "reaction"


STATEMENTS: Final = Question(
    path="cohorts/{cohort}/statements",
    sentence="The statements behind the numbers of a cohort and its members, and as what each was counted.",
    columns=(
        Column("cohort_id", "text", "The cohort."),
        Column("person_id", "text", "Whose it is.", "person"),
        Column("local_date", "date", "The day on which it counts."),
        Column("statement_id", "uuid", "The statement.", "trace"),
        Column("n", "integer", "Which of its facts, from 0."),
        Column("counts_as", "text", f"One of {', '.join(COUNTED)}."),
        Column("at", "timestamptz", "When it was observed."),
        Column("session_key", "text", "The meeting that it tells of.", "trace"),
        Column("unit_id", "text", "The unit that it tells of."),
        Column("minutes", "double precision", "The minutes that it reports."),
        Column("period_ids", "text[]", "The school year and the term for which it counts."),
    ),
    key=("local_date", "person_id", "statement_id", "n", "counts_as"),
    compute=statements,
    stands_on=("cohort_participation",),
    filters={"cohort": Filter("cohort_id"), "person": Filter("person_id"), "period": Filter("period_ids")},
    parameters=(Parameter("counts_as", "Only what was counted as that.", "counts_as", COUNTED),),
    person="person_id",
    cohort="cohort_id",
    sees={Role.EDUCATOR: Grant(rows=Rows.OWN), Role.FACILITATOR: Grant(rows=Rows.COHORT)},
)
