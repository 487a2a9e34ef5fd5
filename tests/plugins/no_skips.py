"""pytest -p tests.plugins.no_skips: a skipped test fails. For machines that are meant to have everything."""

from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that skips itself fails, with its reason; one that is expected to fail stays as it is."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        refuse(report, item.nodeid)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module that skips itself as a whole fails too."""
    report = yield
    if report.skipped:
        refuse(report, collector.nodeid)
    return report


def refuse(report: pytest.TestReport | pytest.CollectReport, name: str) -> None:
    """Turn a skip into a failure that says why it is one."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{name} was skipped ({reason}), and nothing may be skipped here: install what it needs"
