from pathlib import Path

import pytest

from lrs.errors import TooMany
from lrs.http import rates
from lrs.http.rates import Rates


def test_burst_then_rate() -> None:
    limited = Rates(2.0, 3, None)
    for _ in range(3):
        limited.use("key", now=10.0)
    with pytest.raises(TooMany) as stopped:
        limited.use("key", now=10.0)
    assert stopped.value.retry_after == 1
    limited.use("key", now=10.5)
    with pytest.raises(TooMany):
        limited.use("key", now=10.5)
    limited.use("other", now=10.5)


def test_workers_count_together(tmp_path: Path) -> None:
    rates.create(tmp_path / "rates")
    first, second = (Rates(1.0, 1, tmp_path / "rates") for _ in range(2))
    first.use("key", now=1.0)
    with pytest.raises(TooMany):
        second.use("key", now=1.0)
