from dataclasses import replace
from typing import Any

from tests.bench import report
from tests.bench.figures import Figure, Taken

ROUND = Taken(rate=100, median=2, p99=9, serving=50, postgres=20, client_share=0.1, bytes=100)
META: dict[str, Any] = {
    "time": "2026-01-31T12:00:00+00:00",
    "revision": "abc",
    "machine": {"processor": "fast"},
    "versions": {},
    "postgresql": {"fsync": "on"},
    "asked": {"rounds": 3, "workers": 1, "seed": 1},
}


def figure() -> Figure:
    made = Figure.of("ingest: single, 64 connections", "statements/s", [ROUND, replace(ROUND, rate=300), ROUND])
    made.beside(report.HANDLER, [400, 400, 200])
    return made


def test_figures_are_medians_over_rounds() -> None:
    assert figure().rate == 100
    assert figure().compared[report.HANDLER] == {"rate": 400, "ratio": 0.5, "rates": [400, 400, 200]}


def test_goals_are_judged() -> None:
    share, tail = report.goals([figure()])
    assert share["met"]
    assert share["value"] == 0.5
    assert not tail["met"]
    assert tail["value"] == 4.5


def test_report_shows_every_figure() -> None:
    shown = report.markdown(report.fields(META, [figure()]))
    assert "| single, 64 connections | 100 statements/s | 2.00 | 9.00 | aiohttp alone 400 (0.50) |" in shown
    assert "**missed**" in shown
    assert "fsync on" in shown


def test_comparison_gives_ratios() -> None:
    now, before = report.fields(META, [figure()]), report.fields({**META, "revision": "old"}, [figure()])
    before["figures"][0]["rate"] = 50
    shown = report.comparison(now, before)
    assert "# abc against old" in shown
    assert "| ingest: single, 64 connections | ×2.00 | ×1.00 | ×1.00 | aiohttp alone 0.50 → 0.50 |" in shown
