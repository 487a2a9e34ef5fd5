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
