"""Figures for Prometheus: every name with its meaning, and how those of several workers become one answer.

Adding to a figure costs a dictionary look-up, for it is done on every request. A worker writes its figures to a folder
that all workers of a server share; whoever is scraped adds up what is there.
"""

import bisect
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

Labels = tuple[str, ...]
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
RETIRED: Final = "retired.json"
NEXT: Final = "\n"


class Family:
    """Figures of one name. A counter only rises, a gauge is what holds now; `sums` is by label values."""

    def __init__(self, kind: str, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        self.kind = kind
        self.name = name
        self.meaning = meaning
        self.labels = tuple(labels)
        self.sums: dict[Labels, float] = {}

    def add(self, *labels: str, by: float = 1) -> None:
        """Raise the figure."""
        try:
            self.sums[labels] += by
        except KeyError:
            self.sums[labels] = by

    def set(self, value: float, *labels: str) -> None:
        """Say what holds now."""
        self.sums[labels] = value


class Histogram:
    """How often a duration in seconds fell into each bucket, and the sum of all."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        self.name = name
        self.meaning = meaning
        self.labels = tuple(labels)
        self.counts: dict[Labels, list[float]] = {}

    def observe(self, seconds: float, *labels: str) -> None:
        """Count one duration."""
        try:
            counts = self.counts[labels]
        except KeyError:
            counts = self.counts[labels] = [0.0] * (len(BUCKETS) + 2)
        counts[bisect.bisect_left(BUCKETS, seconds)] += 1
        counts[-1] += seconds


REQUESTS: Final = Family(
    "counter", "lrs_requests_total", "Answers by resource, method and status.", ("resource", "method", "status")
)
SECONDS: Final = Histogram(
    "lrs_request_seconds", "From the headers of a request to its answer.", ("resource", "method")
)
IN_FLIGHT: Final = Family("gauge", "lrs_requests_in_flight", "Requests that are being handled.")
REFUSED_LOAD: Final = Family("counter", "lrs_requests_refused_total", "Requests sent away: why.", ("reason",))
STATEMENTS: Final = Family("counter", "lrs_statements_received_total", "Statements in accepted requests.")
SIGN_INS_FAILED: Final = Family("counter", "lrs_authentication_failures_total", "Wrong or unknown credentials.")
LISTENING: Final = Family(
    "gauge",
    "lrs_credentials_listening",
    "Workers that hear at once of revoked credentials; the others ask the database each time.",
)
READY: Final = Family("gauge", "lrs_ready", "Workers that are ready.")
WORKER_RESTARTS: Final = Family("counter", "lrs_worker_restarts_total", "Workers that ended by themselves.")
QUARANTINED: Final = Family("counter", "lrs_statements_quarantined_total", "Refused bodies that were kept.")
FOLLOWED: Final = Family("counter", "lrs_follower_events_total", "Events that a follower has handled.", ("follower",))
FOLLOWER_LAG: Final = Family(
    "gauge",
    "lrs_follower_lag_events",
    "Events that a follower has yet to see, in the store where it is most.",
    ("follower",),
)
FOLLOWER_LAG_SECONDS: Final = Family(
    "gauge", "lrs_follower_lag_seconds", "Age of the oldest event that a follower has yet to see.", ("follower",)
)
KAFKA_UP: Final = Family(
    "gauge", "lrs_kafka_up", "Whether brokers took what was last relayed to them, by store.", ("store",)
)
PARKED: Final = Family(
    "counter", "lrs_parked_total", "Events or keys that a follower could not handle and set aside.", ("follower",)
)
PARKED_NOW: Final = Family("gauge", "lrs_parked", "Events or keys that are set aside now.", ("follower",))
FEED_READERS: Final = Family("gauge", "lrs_feed_readers", "Readers of events who stay: streams and long polls.")
FEED_EVENTS: Final = Family("counter", "lrs_feed_events_total", "Events sent to readers of the change feed.")
HOOK_DELIVERIES: Final = Family(
    "counter", "lrs_hook_deliveries_total", "Attempts to deliver a message of a hook: what came of them.",
    ("follower", "outcome"),
)  # fmt: skip
HOOK_PENDING: Final = Family(
    "gauge", "lrs_hook_pending", "Messages of a hook that have failed and are tried again.", ("follower",)
)
HOOKS_DISABLED: Final = Family(
    "counter", "lrs_hooks_disabled_total", "Hooks that the server has disabled by itself.", ("follower",)
)
FOLLOW_SECONDS: Final = Histogram(
    "lrs_follower_batch_seconds", "One transaction of a follower or projection.", ("follower",)
)

FAMILIES: Final = (
    REQUESTS,
    IN_FLIGHT,
    REFUSED_LOAD,
    STATEMENTS,
    SIGN_INS_FAILED,
    LISTENING,
    READY,
    WORKER_RESTARTS,
    QUARANTINED,
    FOLLOWED,
    FOLLOWER_LAG,
    FOLLOWER_LAG_SECONDS,
    KAFKA_UP,
    PARKED,
    PARKED_NOW,
    FEED_READERS,
    FEED_EVENTS,
    HOOK_DELIVERIES,
    HOOK_PENDING,
    HOOKS_DISABLED,
)
HISTOGRAMS: Final = (SECONDS, FOLLOW_SECONDS)


class Snapshot(msgspec.Struct):
    """The figures of one process, or of several that were added up; label values are joined by a line feed."""

    counters: dict[str, dict[str, float]] = {}
    gauges: dict[str, dict[str, float]] = {}
    histograms: dict[str, dict[str, list[float]]] = {}

    def add(self, other: "Snapshot", *, gauges: bool = True) -> None:
        """Add the figures of another process, its gauges only if it is alive."""
        _add(self.counters, other.counters)
        if gauges:
            _add(self.gauges, other.gauges)
        for name, series in other.histograms.items():
            mine = self.histograms.setdefault(name, {})
            for labels, counts in series.items():
                old = mine.get(labels, [0.0] * len(counts))
                mine[labels] = [a + b for a, b in zip(old, counts, strict=True)]


class Share:
    """The folder in which the workers of one server leave their figures for each other."""

    def __init__(self, folder: Path, worker: str) -> None:
        self._folder = folder
        self._file = folder / f"worker-{worker}.json"

    def publish(self) -> None:
        """Leave this worker's figures for the others."""
        _write(self._file, snapshot())

    def total(self) -> Snapshot:
        """This worker's figures as they are now, with those of the others, at most some seconds old."""
        total = snapshot()
        for file in self._folder.glob("*.json"):
            if file != self._file:
                total.add(_read(file))
        return total

    def retire(self) -> None:
        """Keep what a worker that has ended had counted, for counters never fall; its gauges are gone."""
        retired = self._folder / RETIRED
        kept = _read(retired)
        kept.add(_read(self._file), gauges=False)
        _write(retired, kept)
        self._file.unlink(missing_ok=True)


def snapshot() -> Snapshot:
    """The figures of this process."""
    taken = Snapshot(counters={}, gauges={}, histograms={})
    for family in FAMILIES:
        into = taken.counters if family.kind == "counter" else taken.gauges
        into[family.name] = {NEXT.join(labels): value for labels, value in family.sums.items()}
    for histogram in HISTOGRAMS:
        taken.histograms[histogram.name] = {NEXT.join(labels): counts for labels, counts in histogram.counts.items()}
    return taken


def render(figures: Snapshot) -> bytes:
    """The figures as Prometheus reads them."""
    lines: list[str] = []
    for family in FAMILIES:
        lines += (f"# HELP {family.name} {family.meaning}", f"# TYPE {family.name} {family.kind}")
        series = (figures.counters if family.kind == "counter" else figures.gauges).get(family.name, {})
        lines += (f"{family.name}{_labels(family.labels, key)} {value:.15g}" for key, value in sorted(series.items()))
    for histogram in HISTOGRAMS:
        lines += (f"# HELP {histogram.name} {histogram.meaning}", f"# TYPE {histogram.name} histogram")
        for key, counts in sorted(figures.histograms.get(histogram.name, {}).items()):
            lines += _histogram(histogram, key, counts)
    return ("\n".join(lines) + "\n").encode()


def _histogram(histogram: Histogram, key: str, counts: Sequence[float]) -> Iterable[str]:
    total = 0.0
    for bound, count in zip((*BUCKETS, None), counts[:-1], strict=True):
        total += count
        edge = "+Inf" if bound is None else f"{bound:g}"
        yield f"{histogram.name}_bucket{_labels((*histogram.labels, 'le'), key + NEXT + edge)} {total:.15g}"
    yield f"{histogram.name}_sum{_labels(histogram.labels, key)} {counts[-1]:.6f}"
    yield f"{histogram.name}_count{_labels(histogram.labels, key)} {total:.15g}"


def _labels(names: Sequence[str], key: str) -> str:
    if not names:
        return ""
    return "{" + ",".join(f'{name}="{value}"' for name, value in zip(names, key.split(NEXT), strict=True)) + "}"


def _add(mine: dict[str, dict[str, float]], other: Mapping[str, Mapping[str, float]]) -> None:
    for name, series in other.items():
        sums = mine.setdefault(name, {})
        for labels, value in series.items():
            sums[labels] = sums.get(labels, 0) + value


def _read(file: Path) -> Snapshot:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Snapshot)
    except (FileNotFoundError, msgspec.DecodeError):
        return Snapshot(counters={}, gauges={}, histograms={})


def _write(file: Path, figures: Snapshot) -> None:
    unfinished = file.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(msgspec.json.encode(figures))
    unfinished.replace(file)
