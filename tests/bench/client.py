"""A load client that costs little: requests that are bytes already, over epoll, in a process of its own.

It is closed-loop: each connection sends its next request when the answer to the last one is whole. Latency runs from
just before the first byte is sent to the last byte of the answer. With a pace, requests are sent when they are due, as
long as a connection is free; then latencies say nothing, for answers are not read while it is waited.
"""

import gc
import multiprocessing
import resource
import select
import socket
import time
from array import array
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

ANSWER_SECONDS: Final = 120.0
LENGTH: Final = b"\r\nContent-Length: "
READ: Final = 1
PART: Final = 1 << 18


@dataclass(frozen=True, kw_only=True)
class Load:
    """What became of some requests: latencies in seconds, the time that all took, and the client's own CPU time; with a
    pace, by how many seconds one was sent late at most.
    """

    latencies: "array[float]"
    seconds: float
    cpu: float
    received: int
    late: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    @property
    def share(self) -> float:
        """The part of a core that the client took."""
        return self.cpu / self.seconds


class Failed(Exception):
    """A request was not answered as it should: the answer's beginning, or what happened to the connection."""


def run(port: int, requests: Iterable[bytes], connections: int, but: Collection[bytes] = (), pace: float = 0.0) -> Load:
    """Send every request over so many connections, from a process of its own, one every `pace` seconds; Failed where
    one is refused, `but` by one of these statuses.
    """
    ours, theirs = multiprocessing.Pipe(duplex=False)
    # Forked, so that the requests need not be sent over.
    process = multiprocessing.get_context("fork").Process(
        target=_child, args=(port, requests, connections, but, pace, theirs)
    )
    process.start()
    theirs.close()
    try:
        outcome = ours.recv()
    except EOFError:
        outcome = "the load client died"
    process.join()
    if isinstance(outcome, Load):
        return outcome
    raise Failed(str(outcome))


def _child(
    port: int, requests: Iterable[bytes], connections: int, but: Collection[bytes], pace: float, out: Connection
) -> None:
    gc.disable()
    try:
        out.send(send(port, requests, connections, but, pace))
    except (Failed, OSError) as error:
        out.send(f"{type(error).__name__}: {error}")


def send(
    port: int, requests: Iterable[bytes], connections: int, but: Collection[bytes] = (), pace: float = 0.0
) -> Load:
    """As `run`, in this process."""
    paced = Paced(requests, pace)
    client = _Client(port, connections, but)
    cpu = _cpu()
    begun = time.perf_counter()
    client.run(iter(paced))
    seconds = time.perf_counter() - begun
    return Load(
        latencies=client.latencies, seconds=seconds, cpu=_cpu() - cpu, received=client.received, late=paced.late
    )


class Paced:
    """Requests, each when it is due: one every so many seconds, or as soon as it is asked for. `late` is by how much
    the worst was asked for after that.
    """

    def __init__(self, requests: Iterable[bytes], pace: float) -> None:
        self._requests = requests
        self._pace = pace
        self.late = 0.0

    def __iter__(self) -> Iterator[bytes]:
        begun = time.monotonic()
        for number, each in enumerate(self._requests):
            if self._pace:
                early = begun + number * self._pace - time.monotonic()
                self.late = max(self.late, -early)
                time.sleep(max(0.0, early))
            yield each


def request(method: str, path: str, headers: str, body: bytes = b"") -> bytes:
    """A request as it is sent; `headers` are whole lines."""
    length = f"Content-Length: {len(body)}\r\n" if body or method in ("PUT", "POST") else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}{length}\r\n".encode() + body


def fetch(sock: socket.socket, asked: bytes) -> bytes:
    """The whole answer to one request; Failed where it is not a success."""
    sock.sendall(asked)
    answer = b""
    while not (whole := _whole(answer)) or len(answer) < whole:
        part = sock.recv(PART)
        if not part:
            raise Failed("the connection was closed")
        answer += part
    if answer[9:10] != b"2":
        raise Failed(answer[:600].decode(errors="replace"))
    return answer


def connect(port: int) -> socket.socket:
    """A connection to this machine."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


class _Client:
    def __init__(self, port: int, connections: int, but: Collection[bytes]) -> None:
        self.latencies = array("d")
        self.received = 0
        self._but = but
        self._sockets = {sock.fileno(): sock for sock in (connect(port) for _ in range(connections))}
        self._began: dict[int, float] = {}
        self._parts: dict[int, bytes] = {}

    def run(self, waiting: Iterator[bytes]) -> None:
        events = select.epoll() if hasattr(select, "epoll") else select.poll()
        for descriptor in self._sockets:
            events.register(descriptor, READ)
            self._next(descriptor, waiting)
        try:
            self._until_all_is_answered(events, waiting)
        finally:
            for sock in self._sockets.values():
                sock.close()

    def _until_all_is_answered(self, events: "select.epoll | select.poll", waiting: Iterator[bytes]) -> None:
        while self._began:
            ready = events.poll(ANSWER_SECONDS if hasattr(select, "epoll") else ANSWER_SECONDS * 1000)
            if not ready:
                raise Failed(f"no answer in {ANSWER_SECONDS:g} seconds")
            for descriptor, _ in ready:
                self._receive(descriptor, waiting)

    def _receive(self, descriptor: int, waiting: Iterator[bytes]) -> None:
        part = self._sockets[descriptor].recv(PART)
        if not part:
            raise Failed("the connection was closed")
        if descriptor in self._parts:
            part = self._parts[descriptor] + part
        whole = _whole(part)
        if not whole or len(part) < whole:
            self._parts[descriptor] = part
            return
        self.latencies.append(time.perf_counter() - self._began.pop(descriptor))
        self.received += whole
        self._parts.pop(descriptor, None)
        if part[9:10] != b"2" and part[9:12] not in self._but:
            raise Failed(part[:600].decode(errors="replace"))
        self._next(descriptor, waiting)

    def _next(self, descriptor: int, waiting: Iterator[bytes]) -> None:
        asked = next(waiting, None)
        if asked is not None:
            self._began[descriptor] = time.perf_counter()
            self._sockets[descriptor].sendall(asked)


def _whole(answer: bytes) -> int:
    """How long an answer will be; 0 while its headers are not all there."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return 0
    place = answer.find(LENGTH, 0, end)
    if place < 0:
        return end + 4
    place += len(LENGTH)
    stop = answer.find(b"\r", place, end + 2)
    return end + 4 + int(answer[place:stop])


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
