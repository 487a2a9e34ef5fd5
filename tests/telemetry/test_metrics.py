from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lrs.telemetry import metrics
from lrs.telemetry.metrics import Family, Histogram, Share

REQUESTS = Family("counter", "lrs_test_requests_total", "Requests.", ("method",))
READY = Family("gauge", "lrs_test_ready", "Ready.")
SECONDS = Histogram("lrs_test_seconds", "Seconds.", ("method",))

SHOWN = (*metrics.FAMILIES, *metrics.HISTOGRAMS)


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of this test alone."""
    REQUESTS.sums.clear()
    READY.sums.clear()
    SECONDS.counts.clear()
    monkeypatch.setattr(metrics, "FAMILIES", (REQUESTS, READY))
    monkeypatch.setattr(metrics, "HISTOGRAMS", (SECONDS,))


def samples(share: Share) -> dict[str, float]:
    text = metrics.render(share.total()).decode()
    return {
        sample.name + ",".join(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_figures_are_as_prometheus_reads_them(tmp_path: Path) -> None:
    REQUESTS.add("GET", by=1_234_567)
    SECONDS.observe(0.003, "GET")
    SECONDS.observe(99, "GET")
    found = samples(Share(tmp_path, "0"))
    assert found["lrs_test_requests_totalGET"] == 1_234_567
    assert found["lrs_test_seconds_bucketGET,0.0025"] == 0
    assert found["lrs_test_seconds_bucketGET,0.005"] == 1
    assert found["lrs_test_seconds_bucketGET,+Inf"] == found["lrs_test_seconds_countGET"] == 2


def test_one_answer_speaks_for_all_workers(tmp_path: Path) -> None:
    REQUESTS.add("GET")
    READY.set(1)
    Share(tmp_path, "1").publish()
    REQUESTS.add("GET")
    found = samples(Share(tmp_path, "0"))
    assert found["lrs_test_requests_totalGET"] == 3
    assert found["lrs_test_ready"] == 2


def test_counters_outlive_their_worker_and_gauges_do_not(tmp_path: Path) -> None:
    for _ in range(2):
        REQUESTS.add("GET")
        READY.set(1)
        Share(tmp_path, "1").publish()
        Share(tmp_path, "1").retire()
    REQUESTS.sums.clear()
    READY.sums.clear()
    found = samples(Share(tmp_path, "0"))
    assert found["lrs_test_requests_totalGET"] == 3
    assert "lrs_test_ready" not in found


def test_every_figure_that_is_counted_is_shown() -> None:
    counted = {name for name, value in vars(metrics).items() if isinstance(value, Family | Histogram)}
    assert counted
    assert {name for name in counted if not any(getattr(metrics, name) is shown for shown in SHOWN)} == set()
