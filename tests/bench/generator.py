"""An endless stream of statements like those of a coaching programme, the same for the same seed.

    for version, body in Generator(seed=7).batches(50): ...      # bodies of POST /statements, in both versions
    python -m tests.bench.generator --count 100000 > statements.jsonl

10,000 educators, 200 coaches, 2,000 units in 200 courses, 60 cohorts and 20 verbs, all skewed: a tenth of the educators
sends a third of the statements, the first verb stands in a fifth of them. 1.2 kB on average; of a hundred, about three
are StatementRefs or voids, two come from groups, three are about a person. Standard library only.
"""

import argparse
import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from tests.bench import vocabulary

VERSIONS: Final = ("1.0.3", "2.0.0")
FIRST_DAY: Final = date(2023, 8, 1)
DAYS: Final = 1_000
REMEMBERED: Final = 4_096
MENTOR: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor"
# These two may stand beside an Activity alone. (1.0.3 Data 2.4.6; 2.0 4.2.2.6)
PLATFORM: Final = '"platform":"Alder LMS","language":"en-US",'
HASH: Final = "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a"


class Generator:
    """Statements by `seed`. A new one of the same seed gives the same bytes."""

    def __init__(self, seed: int = 1, *, agents: int = 10_000, activities: int = 2_000, coaches: int = 200) -> None:
        self._chance = random.Random(seed)
        self._random = self._chance.random
        self._bits = self._chance.getrandbits
        self._verbs = vocabulary.verbs()
        self._agents = vocabulary.agents(agents)
        self._coaches = vocabulary.agents(coaches, "coach")
        self._activities = vocabulary.activities(activities)
        self._courses = vocabulary.contexts(max(1, activities // 10), "course")
        self._cohorts = vocabulary.contexts(60, "cohort")
        self._groups = vocabulary.groups(60, self._agents)
        self._schools = vocabulary.contexts(15, "school")
        self._category = f',"category":[{vocabulary.contexts(1, "profile")[0]}]'
        self._days = [(FIRST_DAY + timedelta(days=day)).isoformat() for day in range(DAYS)]
        self._recent: list[str] = []
        self._promised: list[str] = []
        self._count = 0

    def singles(self) -> Iterator[tuple[str, bytes]]:
        """Version and body of one statement after another, 3 of 10 in 2.0.0."""
        while True:
            version = self._version()
            yield version, self.statement(version).encode()

    def batches(self, size: int) -> Iterator[tuple[str, bytes]]:
        """Version and body of one batch of `size` after another."""
        while True:
            version = self._version()
            yield version, f"[{','.join([self.statement(version) for _ in range(size)])}]".encode()

    def statement(self, version: str) -> str:
        """The next statement, valid by `version`."""
        self._count += 1
        kind = self._random()
        agent = self._rank(len(self._agents))
        if kind < 0.03 and self._recent:
            return self._reference(agent, voids=kind < 0.007)
        unit = self._rank(len(self._activities))
        own = self._id() if kind < 0.93 else ""
        return (
            f'{{{own}"actor":{self._actor(agent, kind)},"verb":{self._verbs[int(self._random() * 1000)]},'
            f'"object":{self._object(unit, agent, kind)}{self._result(kind)}'
            f"{self._context(agent, unit, kind, version)},{self._version_named(version)}"
            f'"timestamp":"{self._timestamp()}"{self._attachments(kind)}}}'
        )

    def _version(self) -> str:
        return VERSIONS[self._random() < 0.3]

    def _version_named(self, version: str) -> str:
        return f'"version":"{version}",' if self._random() < 0.2 else ""

    def _rank(self, count: int) -> int:
        """A rank: the first of 10,000 comes once in a hundred, the last once in twenty thousand."""
        return int(count * self._random() ** 2)

    def _id(self) -> str:
        """An id, at times one that a void has named before its statement came."""
        if self._promised and self._random() < 0.001:
            own = self._promised.pop()
        else:
            own = self._uuid()
            if len(self._recent) < REMEMBERED:
                self._recent.append(own)
            elif self._random() < 0.1:
                self._recent[int(self._random() * REMEMBERED)] = own
        return f'"id":"{own}",'

    def _uuid(self) -> str:
        text = f"{self._bits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def _actor(self, agent: int, kind: float) -> str:
        if kind < 0.92:
            return self._agents[agent]
        if kind < 0.93:
            return self._groups[agent % 60]
        if kind < 0.94:
            other = self._agents[(agent + 1) % len(self._agents)]
            return f'{{"objectType":"Group","member":[{self._agents[agent]},{other}]}}'
        return self._agents[agent]

    def _object(self, unit: int, agent: int, kind: float) -> str:
        if kind < 0.06:
            return self._agents[(agent * 7 + 1) % len(self._agents)]
        if kind < 0.063:
            plan = self._agents[(agent * 3 + 1) % len(self._agents)]
            return (
                f'{{"objectType":"SubStatement","actor":{plan},"verb":{self._verbs[unit % 1000]},'
                f'"object":{self._activities[unit][0]},"timestamp":"{self._timestamp()}"}}'
            )
        return self._activities[unit][kind > 0.4]

    def _result(self, kind: float) -> str:
        if kind < 0.3:
            return ""
        minutes, seconds = divmod(int(self._chance.lognormvariate(6.4, 0.45)), 60)
        duration = f'"duration":"PT{minutes}M{seconds}.{int(kind * 90) + 10}S"'
        if kind < 0.6:
            return f',"result":{{"completion":{"true" if kind < 0.5 else "false"},{duration}}}'
        raw = int(self._random() * 101)
        return (
            f',"result":{{"score":{{"scaled":{raw / 100},"raw":{raw},"min":0,"max":100}},'
            f'"success":{"true" if raw > 60 else "false"},"completion":true,{duration},'
            f'"extensions":{{"http://id.tincanapi.com/extension/attempt-id":{raw % 4 + 1}}}}}'
        )

    def _context(self, agent: int, unit: int, kind: float, version: str) -> str:
        chance = self._random()
        course = unit // 10 % len(self._courses)
        registration = (
            f'"registration":"{agent:08x}-{course:04x}-4{unit % 2:03x}-8000-c0a0c0a0c0a0",' if chance < 0.85 else ""
        )
        coach = self._coaches[agent % len(self._coaches)]
        led = "" if chance > 0.5 else f'"instructor":{coach},'
        if version == "2.0.0" and 0.3 < chance < 0.5:
            led = f'"contextAgents":[{{"objectType":"contextAgent","agent":{coach},"relevantTypes":["{MENTOR}"]}}],'
        team = f'"team":{self._groups[agent % 60]},' if chance > 0.97 else ""
        return (
            f',"context":{{{registration}{led}{team}"contextActivities":{{"parent":[{self._courses[course]}],'
            f'"grouping":[{{"id":"{vocabulary.UNITS}/cohort/{agent % 60:04}"}}'
            f"{',' + self._schools[agent % 15] if chance < 0.2 else ''}]"
            f"{self._category if chance > 0.4 else ''}}},{PLATFORM if kind >= 0.063 else ''}"
            f'"extensions":{{"https://alder.example.org/xapi/session":"{self._bits(64):016x}",'
            f'"https://alder.example.org/xapi/device":{{"kind":"tablet","width":{int(chance * 2000)}}}}}}}'
        )

    def _attachments(self, kind: float) -> str:
        if kind < 0.99:
            return ""
        return (
            ',"attachments":[{"usageType":"http://id.tincanapi.com/attachment/supporting_media",'
            '"display":{"en-US":"A plan of the lesson"},"contentType":"application/pdf","length":27648,'
            f'"sha2":"{HASH}","fileUrl":"https://files.example.org/plans/{self._bits(40):010x}.pdf"}}]'
        )

    def _timestamp(self) -> str:
        """About 900 statements a day; one in twenty-five comes up to three days late."""
        seconds = self._count * 96 + self._bits(9)
        if self._random() < 0.04:
            seconds = max(0, seconds - self._bits(18))
        days, seconds = divmod(seconds, 86_400)
        hours, seconds = divmod(seconds, 3_600)
        minutes, seconds = divmod(seconds, 60)
        return f"{self._days[days % DAYS]}T{hours:02}:{minutes:02}:{seconds:02}.{self._bits(9):03}Z"

    def _reference(self, agent: int, *, voids: bool) -> str:
        target = self._recent[int(self._random() * len(self._recent))]
        if voids and self._random() < 0.03:
            target = self._uuid()
            self._promised.append(target)
        verb = vocabulary.VOIDED if voids else self._verbs[-30 + int(self._random() * 30)]
        return (
            f'{{"id":"{self._uuid()}","actor":{self._agents[agent]},"verb":{verb},'
            f'"object":{{"objectType":"StatementRef","id":"{target}"}},"timestamp":"{self._timestamp()}"}}'
        )


def main() -> None:
    """Write statements, one a line, to standard output."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.generator", description=main.__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--version", choices=VERSIONS, default=VERSIONS[0], help="of all statements")
    given = parser.parse_args()
    generator = Generator(given.seed)
    for _ in range(given.count):
        sys.stdout.buffer.write(generator.statement(given.version).encode() + b"\n")


if __name__ == "__main__":
    main()
