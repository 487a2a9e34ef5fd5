"""Runs the districts month by month: statements in their order of arrival, and the records of what happened."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson

from lrs.simulation import alder, birch, groups, words
from lrs.simulation.coaching import Coaching
from lrs.simulation.learning import Learning
from lrs.simulation.mail import Letter, Mail
from lrs.simulation.meetings import Meetings
from lrs.simulation.people import HOMES
from lrs.simulation.ratings import Ratings
from lrs.simulation.records import Records
from lrs.simulation.talk import Talk

VOIDED: Final = words.verb(f"{words.ADL}voided")
SPEAKERS: Final = {"alder": alder.statement, "birch": birch.statement}
AUTHORITIES: Final = {
    name: {"objectType": "Agent", "account": {"homePage": home, "name": "records"}} for name, home in HOMES.items()
}
MICROSECOND: Final = timedelta(microseconds=1)


class Simulation:
    """Two districts under a seed. `records` are complete when all `lines` were taken."""

    def __init__(self, *, seed: int, scale: float, years: int) -> None:
        self.district = groups.settle(seed, scale, years)
        self.records = Records()
        self.mail = Mail(self.district.chance("mail"))
        self.statements = 0
        self._stored = datetime.min.replace(tzinfo=UTC)

    def lines(self) -> Iterator[bytes]:
        """The statements as lines of JSON, in order of arrival; memory is bound by people and months, not by them."""
        parts = self._parts()
        for begin, end in self.district.calendar.months():
            for part in parts:
                part.month(begin, end)
            for arrival, letter in self.mail.until(datetime(end.year, end.month, end.day, tzinfo=UTC)):
                yield self._line(arrival, letter)
        for arrival, letter in self.mail.until(None):
            yield self._line(arrival, letter)

    def _parts(self) -> list[Ratings | Learning | Meetings | Coaching]:
        district, mail, records = self.district, self.mail, self.records
        ratings = Ratings(district, mail, records)
        talk = Talk(district, mail, records)
        return [
            ratings,
            *(Learning(district, each, mail, records, talk) for each in district.educators.values()),
            *(Meetings(district, each, mail, records) for each in district.cohorts),
            *(Coaching(district, each, mail, records, ratings) for each in district.pairs),
        ]

    def _line(self, arrival: datetime, letter: Letter) -> bytes:
        self._stored = max(arrival, self._stored + MICROSECOND)
        self.statements += 1
        told = self._void(letter) if letter.happening is None else SPEAKERS[letter.district](letter.happening)
        stamp = words.local(letter.at, "birch") if letter.district == "birch" else words.utc(letter.at)
        told |= {
            "id": str(letter.id),
            "timestamp": stamp,
            "stored": self._stored.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "authority": AUTHORITIES[letter.district],
        }
        return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)

    def _void(self, letter: Letter) -> words.Json:
        return {
            "version": "1.0.3",
            "actor": AUTHORITIES[letter.district],
            "verb": VOIDED,
            "object": {"objectType": "StatementRef", "id": str(letter.target)},
        }
