"""The report of a run: JSON for machines, Markdown for people, and the ratios to an earlier run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tests.bench.figures import Figure, Json

HANDLER: Final = "aiohttp alone"
FORMED: Final = "COPY, same transactions"
FIFTIES: Final = "COPY, transactions of 50"
BATCH_GOAL, SINGLE_GOAL, TAIL_GOAL = 0.5, 0.4, 4.0
REBUILD_GOAL, BEHIND_GOAL, FEED_GOAL = 10_000.0, 1_000.0, 20_000.0
NOTES: Final = """\
Everything runs on this one machine: load client, server, PostgreSQL; commits are durable. Every figure is the median
over the rounds; in each round the things compared run one after another, and a ratio is the median of the rounds' own.

- **The load client** is `tests/bench/client.py`: one process, epoll, requests made beforehand, closed-loop (a
  connection asks again when its answer is whole). "Client" is the part of a core that it took. Against aiohttp alone
  it took {share:.0%} of a core at most, and sent {fastest:,.0f} requests/s: it was seen to reach this, its bound is
  higher.
- **COPY**: the very rows that the server wrote in that round (events, payloads, all index rows), into copies of the
  same tables with all indexes and constraints, which hold as much as the tables do. One connection, binary, encoded
  before the clock starts. "Same transactions" are those that the server formed; where its groups are larger than a
  batch of 50, every second group is copied in transactions of 50 instead. COPY looks nothing up, gives no positions,
  locks no head row and answers nobody.
- **aiohttp alone**: a handler that reads the body and answers 200, in as many processes as we have workers, with uvloop
  and without an access log; the same client sends it the same bytes.
- **CPU** is microseconds of processor time for each statement (or request): of the workers, and of PostgreSQL with its
  background processes. The system counts it in hundredths of a second.
- **Analytics** stand on a simulated district. A rebuild is `lrs projection rebuild facts`, all its time and CPU
  counted; "behind live" is how long ago that was stored through which the slowest projection holds, while statements
  come in. Ingest, reads and documents are measured without followers.
- **What leaves** is read by one client in a process of its own, which only counts; its times are how long ago that was
  stored which it is told, so for a backlog the age of the backlog. Beside it is the rate of ingest, batches of 50 over
  8 connections, in the same round.
- Statements for reading come through POST in batches; then ANALYZE is run, as autovacuum would.
"""


def fields(meta: Json, figures: Sequence[Figure]) -> Json:
    """The report as it is kept."""
    return {**meta, "goals": list(goals(figures)), "figures": [asdict(figure) for figure in figures]}


def goals(figures: Sequence[Figure]) -> Iterator[Json]:
    """What was aimed at, and whether it was reached."""
    by_name = {figure.name: figure for figure in figures}
    for name, figure in by_name.items():
        if name.startswith("ingest: batch"):
            for copy in (FORMED, FIFTIES):
                if copy in figure.compared:
                    yield _goal(f"{name}: part of {copy}", figure.compared[copy]["ratio"], BATCH_GOAL, least=True)
        if name.startswith("ingest: single, 64"):
            yield _goal(f"{name}: part of {HANDLER}", figure.compared[HANDLER]["ratio"], SINGLE_GOAL, least=True)
            yield _goal(f"{name}: p99 by median", figure.p99 / figure.median, TAIL_GOAL, least=False)
        if name == "leaving: feed, backlog to one reader":
            yield _goal(f"{name}: events/s", figure.rate, FEED_GOAL, least=True)
        if name == "analytics: rebuild of all":
            yield _goal(f"{name}: statements/s", figure.rate, REBUILD_GOAL, least=True)
        if name == "analytics: behind live":
            yield _goal(f"{name}: p99, ms", figure.p99, BEHIND_GOAL, least=False)
        if figure.goal is not None:
            yield _goal(f"{name}: median, ms", figure.median, figure.goal, least=False)


def _goal(name: str, value: float, goal: float, *, least: bool) -> Json:
    return {"name": name, "value": value, "goal": goal, "met": value >= goal if least else value <= goal}


def markdown(report: Json) -> str:
    """The report for people."""
    return "\n".join([*_head(report), "", *_goals(report["goals"]), "", *_tables(report["figures"])]) + "\n"


def _head(report: Json) -> Iterator[str]:
    asked = report["asked"]
    yield f"# Benchmark of {report['revision']}"
    yield ""
    yield f"{report['time']}, {asked['rounds']} rounds, {asked['workers']} worker(s), seed {asked['seed']}"
    yield ""
    for part in ("machine", "versions", "postgresql", "asked"):
        yield f"- {part}: " + ", ".join(f"{name} {value}" for name, value in report[part].items())
    yield ""
    beside = [f["compared"][HANDLER] for f in report["figures"] if HANDLER in f["compared"]]
    shares = [f["notes"].get("client share beside", 0.0) for f in report["figures"]]
    yield NOTES.format(share=max(shares, default=0.0), fastest=max((each["rate"] for each in beside), default=0.0))


def _goals(found: Sequence[Json]) -> Iterator[str]:
    yield "## Goals"
    yield ""
    yield f"{sum(goal['met'] for goal in found)} of {len(found)} met. Those that are not, and all of ingest:"
    yield ""
    yield "| goal | wanted | measured | |"
    yield "|---|--:|--:|---|"
    for goal in found:
        if not goal["met"] or goal["name"].startswith("ingest"):
            verdict = "met" if goal["met"] else "**missed**"
            yield f"| {goal['name']} | {goal['goal']:g} | {goal['value']:.2f} | {verdict} |"


def _tables(figures: Sequence[Json]) -> Iterator[str]:
    titles = {
        "ingest": "Ingest",
        "read": "Reads, one connection",
        "document": "Documents",
        "analytics": "Analytics",
        "question": "Questions, one connection",
        "leaving": "What leaves the record",
    }
    for part, title in titles.items():
        own = [figure for figure in figures if figure["name"].startswith(f"{part}:")]
        if not own:
            continue
        yield f"## {title}"
        yield ""
        yield "| | rate | median ms | p99 ms | beside: rate (ours to it) | CPU µs: worker, PostgreSQL | client | |"
        yield "|---|--:|--:|--:|---|--:|--:|---|"
        yield from map(_row, own)
        yield ""


def _row(figure: Json) -> str:
    beside = "; ".join(f"{name} {each['rate']:,.0f} ({each['ratio']:.2f})" for name, each in figure["compared"].items())
    notes = [figure["remark"]] if figure["remark"] else []
    notes += [f"{name} {value:,.4g}" for name, value in figure["notes"].items()]
    cpu = figure["cpu"]
    return (
        f"| {figure['name'].partition(': ')[2]} | {figure['rate']:,.0f} {figure['unit']} | {figure['median']:.2f} |"
        f" {figure['p99']:.2f} | {beside} | {cpu['worker_us']:.0f}, {cpu['postgres_us']:.0f} |"
        f" {cpu['client_share']:.0%} | {'; '.join(notes)} |"
    )


def comparison(report: Json, earlier: Json) -> str:
    """How this run stands to an earlier one. Ratios of what stood beside are the ones to trust on a noisy machine."""
    before = {figure["name"]: figure for figure in earlier["figures"]}
    lines = [f"# {report['revision']} against {earlier['revision']}", ""]
    if report["machine"]["processor"] != earlier["machine"]["processor"]:
        lines += ["The machines differ: only ratios of ratios mean anything.", ""]
    lines += ["| | rate | median | p99 | ratio to what stood beside |", "|---|--:|--:|--:|---|"]
    for figure in report["figures"]:
        if old := before.get(figure["name"]):
            lines.append(_compared(figure, old))
    return "\n".join(lines) + "\n"


def _compared(new: Json, old: Json) -> str:
    rates = [f"×{new[name] / old[name]:.2f}" if old[name] else "" for name in ("rate", "median", "p99")]
    beside = "; ".join(
        f"{name} {old['compared'][name]['ratio']:.2f} → {each['ratio']:.2f}"
        for name, each in new["compared"].items()
        if name in old["compared"]
    )
    return f"| {new['name']} | {' | '.join(rates)} | {beside} |"


def write(folder: Path, stem: str, report: Json, earlier: Mapping[str, Any] | None) -> list[Path]:
    """The files of a report: `stem`.json, `stem`.md, and the comparison at its end where there is an earlier one."""
    folder.mkdir(parents=True, exist_ok=True)
    text = markdown(report)
    if earlier is not None:
        text += "\n" + comparison(report, dict(earlier))
    files = [folder / f"{stem}.json", folder / f"{stem}.md"]
    files[0].write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    files[1].write_text(text, encoding="utf-8")
    return files
