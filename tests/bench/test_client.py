import time
from collections.abc import Iterator

import pytest

from tests.bench import client, servers


@pytest.fixture(scope="module")
def handler() -> Iterator[servers.Server]:
    with servers.handler(1) as running:
        yield running


def test_every_request_is_answered_once(handler: servers.Server) -> None:
    load = client.send(handler.port, [client.request("POST", "/", "", bytes(100_000))] * 50, 8)
    assert len(load.latencies) == 50
    assert 0 < max(load.latencies) < load.seconds


def test_refusal_ends_the_run(handler: servers.Server) -> None:
    with pytest.raises(client.Failed, match="400"):
        client.send(handler.port, [b"nonsense\r\n\r\n"], 1)


def test_status_that_is_named_is_no_refusal(handler: servers.Server) -> None:
    assert len(client.send(handler.port, [b"nonsense\r\n\r\n"], 1, {b"400"}).latencies) == 1


def test_requests_are_sent_when_they_are_due(handler: servers.Server) -> None:
    load = client.run(handler.port, [client.request("GET", "/", "")] * 5, 2, pace=0.02)
    assert load.seconds >= 4 * 0.02
    assert load.late < load.seconds


def test_how_late_requests_were_is_told() -> None:
    paced = client.Paced([b"a", b"b", b"c"], 0.01)
    for _ in paced:
        time.sleep(0.05)
    assert 0.08 <= paced.late
