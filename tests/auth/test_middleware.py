import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from lrs.auth.caller import Caller
from lrs.auth.middleware import Gate
from lrs.auth.remembered import MOST, Given, Remembered
from lrs.auth.throttle import Throttle
from lrs.errors import TooMany, Unauthorized
from tests import serving


class Verifier:
    """Knows one secret, until it is revoked; counts what it had to digest."""

    def __init__(self) -> None:
        self.known = b"right"
        self.digested = 0

    def digest(self, secret: str) -> bytes:
        self.digested += 1
        return secret.encode()

    async def prove(self, key: str, digest: bytes) -> Caller:
        if digest != self.known:
            raise Unauthorized("unknown")
        return serving.caller(key=key)


def asking(secret: str) -> web.Request:
    return make_mocked_request("GET", "/", headers={"Authorization": serving.basic("key", secret)})


async def test_right_header_is_worked_out_once() -> None:
    verifier = Verifier()
    gate = Gate(verifier, Throttle(0))
    for _ in range(3):
        assert (await gate.identify(asking("right"))).key == "key"
    assert verifier.digested == 1


async def test_remembered_header_is_proven_each_time() -> None:
    verifier = Verifier()
    gate = Gate(verifier, Throttle(0))
    await gate.identify(asking("right"))
    verifier.known = b"rotated"
    with pytest.raises(Unauthorized):
        await gate.identify(asking("right"))


async def test_wrong_header_is_not_remembered() -> None:
    verifier = Verifier()
    gate = Gate(verifier, Throttle(0))
    for _ in range(2):
        with pytest.raises(Unauthorized):
            await gate.identify(asking("wrong"))
    assert verifier.digested == 2


async def test_remembered_header_is_throttled_too() -> None:
    gate = Gate(Verifier(), Throttle(1))
    await gate.identify(asking("right"))
    with pytest.raises(Unauthorized):
        await gate.identify(asking("wrong"))
    with pytest.raises(TooMany):
        await gate.identify(asking("right"))


def test_oldest_header_is_forgotten() -> None:
    remembered = Remembered()
    for number in range(MOST + 1):
        remembered.add(str(number), Given("key", b""))
    assert remembered.get("0") is None
    assert remembered.get("1") == Given("key", b"")
