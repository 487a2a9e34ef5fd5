"""How fast documents of 1 kB are written, merged and read: State, beside aiohttp alone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from tests.bench import client, servers
from tests.bench.figures import Figure, Taken, taken

AGENT: Final = quote(json.dumps({"account": {"homePage": "https://lms.alder.example.org", "name": "educator-00001"}}))
ACTIVITY: Final = quote("https://units.example.org/coaching/unit/00001", safe="")
CONTENT: Final = json.dumps({"bookmark": 17, "answers": ["a thoughtful one"] * 50, "seconds": 631.5}).encode()
PART: Final = json.dumps({"bookmark": 18, "attempts": 2}).encode()


@dataclass
class Case:
    """What is sent over how many connections, and what it took."""

    method: str
    connections: int
    content: bytes
    lrs: list[Taken] = field(default_factory=list)
    handler: list[Taken] = field(default_factory=list)

    def figure(self) -> Figure:
        """What is reported of it."""
        words = {"PUT": "write", "POST": "merge", "GET": "read"}[self.method]
        plural = "s" if self.connections > 1 else ""
        figure = Figure.of(
            f"document: {words} ({self.method}), {self.connections} connection{plural}", "requests/s", self.lrs
        )
        figure.beside("aiohttp alone", [each.rate for each in self.handler])
        return figure


class Documents:
    """The cases, over a number of rounds of `count` requests each."""

    def __init__(self, lrs: servers.Server, handler: servers.Server, count: int) -> None:
        self._lrs = lrs
        self._handler = handler
        self._count = count
        self.cases = [
            Case(method, connections, content)
            for connections in (1, 16)
            for method, content in (("PUT", CONTENT), ("POST", PART), ("GET", b""))
        ]

    def round(self, number: int) -> None:
        """Every case once, on documents that the round's own PUT has made."""
        for case in self.cases:
            asked = self._requests(case, number)
            for server, taken_by in self._order(case, number):
                taken_by.append(taken(server, asked, case.connections))

    def _order(self, case: Case, number: int) -> Sequence[tuple[servers.Server, list[Taken]]]:
        both = [(self._lrs, case.lrs), (self._handler, case.handler)]
        return both[::-1] if number % 2 else both

    def _requests(self, case: Case, number: int) -> list[bytes]:
        count = self._count * (4 if case.connections > 1 else 1)
        headers = servers.headers("1.0.3")
        return [
            client.request(
                case.method,
                f"/xAPI/activities/state?activityId={ACTIVITY}&agent={AGENT}"
                f"&stateId=state-{case.connections}-{number}-{document}",
                headers,
                case.content,
            )
            for document in range(count)
        ]
