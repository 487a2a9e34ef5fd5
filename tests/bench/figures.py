"""Figures of several rounds, each with its median and what stood beside it in the same rounds."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from tests.bench import client, servers

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One round of requests: rate, median and p99 in milliseconds, CPU in microseconds a request, by whom."""

    rate: float
    median: float
    p99: float
    serving: float
    postgres: float
    client_share: float
    bytes: float


def taken(server: servers.Server, requests: Sequence[bytes], connections: int) -> Taken:
    """Send the requests and take the figures."""
    before = server.cpu()
    load = client.run(server.port, requests, connections)
    cpu = server.cpu() - before
    return of(load, cpu)


def of(load: client.Load, cpu: servers.Cpu | None = None) -> Taken:
    """The figures of a load."""
    count = len(load.latencies)
    ordered = sorted(load.latencies)
    return Taken(
        rate=load.rate,
        median=1000 * statistics.median(ordered),
        p99=1000 * ordered[min(count - 1, int(count * 0.99))],
        serving=0 if cpu is None else cpu.serving / count * 1e6,
        postgres=0 if cpu is None else cpu.postgres / count * 1e6,
        client_share=load.share,
        bytes=load.received / count,
    )


@dataclass(kw_only=True)
class Figure:
    """A line of the report. Every number is the median over the rounds; `rounds` keeps them all."""

    name: str
    unit: str
    rate: float
    median: float
    p99: float
    cpu: Json
    rounds: Json
    compared: Json = field(default_factory=dict)
    notes: Json = field(default_factory=dict)
    goal: float | None = None
    remark: str = ""

    @classmethod
    def of(cls, name: str, unit: str, rounds: Sequence[Taken], *, per: int = 1) -> Self:
        """Of rounds of requests that hold `per` units each."""
        return cls(
            name=name,
            unit=unit,
            rate=middle([each.rate * per for each in rounds]),
            median=middle([each.median for each in rounds]),
            p99=middle([each.p99 for each in rounds]),
            cpu={
                "worker_us": middle([each.serving / per for each in rounds]),
                "postgres_us": middle([each.postgres / per for each in rounds]),
                "client_share": middle([each.client_share for each in rounds]),
            },
            rounds={
                "rate": [each.rate * per for each in rounds],
                "median": [each.median for each in rounds],
                "p99": [each.p99 for each in rounds],
            },
        )

    def beside(self, name: str, rates: Sequence[float]) -> None:
        """What stood beside it: the ratio is the median of each round's own."""
        ratios = [mine / other for mine, other in zip(self.rounds["rate"], rates, strict=True)]
        self.compared[name] = {"rate": middle(rates), "ratio": middle(ratios), "rates": list(rates)}

    def note(self, name: str, values: Sequence[float]) -> None:
        """Something else to know."""
        self.notes[name] = middle(values)


def middle(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)
