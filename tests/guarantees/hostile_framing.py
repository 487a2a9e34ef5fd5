"""Framing: where a message ends, and what is no HTTP at all."""
# ruff: noqa: E501 - a case is a line

from typing import Final

from tests.guarantees.hostile_inputs import BAD, CLOSED, NO_CONTENT, OK, STATEMENTS, Input, named, raw
from tests.guarantees.hostile_wire import request

GROUP: Final = "framing"
HEAD: Final = request("POST", STATEMENTS, content_type="application/json")[:-2]
PUT: Final = request(
    "PUT", "/xAPI/agents/profile?profileId=f&agent=%7B%22openid%22:%22http://f%22%7D", more="If-None-Match: x\r\n"
)[:-2]
ABOUT: Final = request("GET", "/xAPI/about")[:-2]
BODY: Final = b'{"actor":{"openid":"http://x.org"},"verb":{"id":"http://x.org"},"object":{"id":"http://x.org"}}'
SIZE: Final = len(BODY)
CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"
SMUGGLED: Final = b"GET /xAPI/about HTTP/1.1\r\nHost: x\r\n\r\n"
# Nobody can tell whether more will come: answered, or cut off.
GIVEN_UP: Final = frozenset({400, 408, CLOSED})


def length(text: bytes) -> bytes:
    return HEAD + b"Content-Length: " + text + b"\r\n\r\n" + BODY


def chunks(text: bytes, *, header: bytes = CHUNKED) -> bytes:
    return HEAD + header + b"\r\n" + text


def chunk(body: bytes = BODY, *, extension: bytes = b"", end: bytes = b"\r\n") -> bytes:
    return b"%x%b%b%b%b" % (len(body), extension, end, body, end)


def about(header: bytes) -> bytes:
    return ABOUT + header + b"\r\n\r\n"


def line(first: bytes, *, header: bytes = b"Host: localhost\r\n") -> bytes:
    return first + b"\r\n" + header + ABOUT.partition(b"Host: localhost\r\n")[2] + b"\r\n"


def target(text: bytes) -> bytes:
    return line(b"GET " + text + b" HTTP/1.1")


LENGTHS: Final = {
    "negative": b"-1",
    "with a plus": b"+%d" % SIZE,
    "hexadecimal": b"0x5f",
    "with an underscore": b"9_5",
    "of Arabic digits": "٩٥".encode(),
    "of full-width digits": "９５".encode(),
    "in a list": b"%d, %d" % (SIZE, SIZE),
    "in a list that differs": b"%d, 5" % SIZE,
    "with a space inside": b"9 5",
    "with letters": b"95abc",
    "with a fraction": b"95.0",
    "with an exponent": b"1e2",
    "empty": b"",
    "quoted": b'"95"',
    "of 5,000 digits": b"9" * 5_000,
}
CHUNK_BODIES: Final = {
    "size that is no number": b"zz\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size that is negative": b"-5\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size with a plus": b"+5f\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size with 0x": b"0x5f\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size with an underscore": b"5_f\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size with a space before": b" 5f\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size over 64 bits": b"FFFFFFFFFFFFFFFFFF\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size of 5,000 digits": b"0" * 5_000 + b"z\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size that is empty": b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size too small": b"5\r\n" + BODY + b"\r\n0\r\n\r\n",
    "extension with a line feed": chunk(extension=b";a\nb") + b"0\r\n\r\n",
    "extension with a carriage return": chunk(extension=b";a\rb") + b"0\r\n\r\n",
    "lines that end in LF": chunk(end=b"\n") + b"0\n\n",
}
HEADERS: Final = {
    "NUL in a value": b"X-A: a\0b",
    "NUL in a name": b"X-\0A: a",
    "bare CR in a value": b"X-A: a\rX-B: b",
    "CR in a name": b"X\rA: a",
    "space before the colon": b"X-A : a",
    "tab before the colon": b"X-A\t: a",
    "no colon": b"X-A",
    "empty name": b": a",
    "name in UTF-8": "X-Ä: a".encode(),
    "name with a slash": b"X/A: a",
    "name in parentheses": b"(X-A): a",
    "line that goes on": b"X-A: a\r\n b",
    "line that goes on by a tab": b"X-A: a\r\n\tb",
    "line of 70,000 bytes": b"X-A: " + b"a" * 70_000,
    "name of 70,000 bytes": b"a" * 70_000 + b": a",
    "1,000 headers": b"\r\n".join(b"X-%d: a" % number for number in range(1_000)),
    "a second Host": b"Host: other.example.org",
    "control character in a value": b"X-A: a\x01b",
    "DEL in a value": b"X-A: a\x7fb",
}
CODINGS: Final = {
    "unknown": b"xchunked",
    "chunked and then identity": b"chunked, identity",
    "chunked twice": b"chunked, chunked",
    "identity": b"identity",
    "gzip and not chunked": b"gzip",
    "chunked, with a vertical tab": b"\x0bchunked",
    "quoted": b'"chunked"',
    "empty": b"",
    "long": b"a" * 5_000 + b", chunked",
}
LINES: Final = {
    "HTTP/0.9 without a version": b"GET /xAPI/about",
    "no version at all": b"GET  /xAPI/about",
    "preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM",
    "version in lower case": b"GET /xAPI/about http/1.1",
    "version of two digits": b"GET /xAPI/about HTTP/1.10",
    "version without a number": b"GET /xAPI/about HTTP/x.y",
    "version of another protocol": b"GET /xAPI/about ICAP/1.0",
    "version with a word behind": b"GET /xAPI/about HTTP/1.1 x",
    "leading space": b" GET /xAPI/about HTTP/1.1",
    "line of 70,000 bytes": b"GET /xAPI/about?" + b"a" * 70_000 + b" HTTP/1.1",
    "method of 70,000 bytes": b"A" * 70_000 + b" /xAPI/about HTTP/1.1",
    "method in UTF-8": "GÉT /xAPI/about HTTP/1.1".encode(),
    "method with a colon": b"GET: /xAPI/about HTTP/1.1",
    "only a method": b"GET",
    "NUL in the target": b"GET /xAPI/about\0 HTTP/1.1",
    "space in the target": b"GET /xAPI/ab out HTTP/1.1",
    "carriage return in the target": b"GET /xAPI/about\rX-A: a HTTP/1.1",
}
TARGETS: Final[dict[str, tuple[frozenset[int], bytes]]] = {
    "absolute form": (OK, b"http://localhost/xAPI/about"),
    "absolute form of another host": (OK, b"http://other.example.org/xAPI/about"),
    "absolute form of another scheme": (frozenset({200, 400, 404}), b"gopher://localhost/xAPI/about"),
    "absolute form with a port that is none": (frozenset({400}), b"http://localhost:99999999/xAPI/about"),
    "absolute form with half an address": (frozenset({400}), b"http://[::1/xAPI/about"),
    "asterisk form": (frozenset({400, 404}), b"*"),
    "no slash": (frozenset({400, 404}), b"xAPI/about"),
    "fragment": (frozenset({200, 400}), b"/xAPI/about#x"),
    "UTF-8 as it is": (frozenset({400, 404}), "/xAPI/äbout".encode()),
    "bytes that are not UTF-8": (frozenset({400, 404}), b"/xAPI/\xff"),
    "two slashes": (frozenset({400, 404}), b"//xAPI/about"),
    "two slashes inside": (frozenset({404}), b"/xAPI//about"),
    "slash behind": (frozenset({404}), b"/xAPI/about/"),
    "other case": (frozenset({404}), b"/xapi/about"),
    "dots": (frozenset({200, 404}), b"/xAPI/../xAPI/about"),
    "dots that leave": (frozenset({400, 404}), b"/xAPI/../../../etc/passwd"),
    "encoded dots": (frozenset({400, 404}), b"/xAPI/%2e%2e/%2e%2e/etc/passwd"),
    "encoded slash": (frozenset({200, 400, 404}), b"/xAPI%2fabout"),
    "encoded NUL": (frozenset({400, 404}), b"/xAPI/about%00"),
    "encoded line ends": (frozenset({400, 404}), b"/xAPI/about%0d%0aX-Injected:%201"),
    "percent without digits": (frozenset({400, 404}), b"/xAPI/about%zz"),
    "matrix parameter": (frozenset({404}), b"/xAPI/about;x=1"),
    "backslash": (frozenset({400, 404}), b"\\xAPI\\about"),
}
METHODS: Final[dict[str, tuple[frozenset[int], bytes]]] = {
    "TRACE": (BAD, b"TRACE"),
    "CONNECT": (frozenset({400, 404, CLOSED}), b"CONNECT"),
    "PATCH": (BAD, b"PATCH"),
    "FOO": (BAD, b"FOO"),
    "get": (BAD, b"get"),
    "PROPFIND": (BAD, b"PROPFIND"),
    "HEAD": (OK, b"HEAD"),
    "DELETE": (BAD, b"DELETE"),
    "OPTIONS": (NO_CONTENT, b"OPTIONS"),
}
STRANGERS: Final = {
    "TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(64)) + b"\r\n\r\n",
    "SSH banner": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "SMTP": b"EHLO example.org\r\n\r\n",
    "PostgreSQL": b"\x00\x00\x00\x08\x04\xd2\x16\x2f\r\n\r\n",
    "zeros": bytes(1_000) + b"\r\n\r\n",
    "0xFF": b"\xff" * 1_000 + b"\r\n\r\n",
    "SOCKS": b"\x05\x01\x00\r\n\r\n",
    "proxy protocol": b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n" + SMUGGLED,
}


def ambiguous() -> list[Input]:
    """Two sizes for one body, or none that can be read."""
    both = HEAD + CHUNKED + b"Content-Length: %d\r\n\r\n" % SIZE
    told = HEAD + b"Content-Length: %d\r\n" % SIZE
    return [
        raw(GROUP, "length and chunked", BAD, both + chunk() + b"0\r\n\r\n"),
        raw(GROUP, "chunked and length, with a second request", BAD, both + b"0\r\n\r\n" + SMUGGLED),
        raw(GROUP, "length given twice", BAD, told + b"Content-Length: %d\r\n\r\n" % SIZE + BODY),
        raw(GROUP, "two lengths", BAD, told + b"Content-Length: 5\r\n\r\n" + BODY),
        *(raw(GROUP, f"length {name}", BAD, length(text)) for name, text in LENGTHS.items()),
        *(
            raw(GROUP, f"coding {name}", BAD, chunks(chunk() + b"0\r\n\r\n", header=b"Transfer-Encoding: " + text + b"\r\n"))
            for name, text in CODINGS.items()
        ),
        raw(GROUP, "coding in another header's case", OK, chunks(chunk() + b"0\r\n\r\n", header=b"TRANSFER-encoding: Chunked\r\n")),
        raw(GROUP, "chunked in HTTP/1.0", BAD, chunks(chunk() + b"0\r\n\r\n").replace(b"HTTP/1.1", b"HTTP/1.0")),
    ]  # fmt: skip


def cut() -> list[Input]:
    """Bodies that do not come, or not whole."""
    whole = HEAD + b"Content-Length: 100000000000\r\n\r\n" + BODY
    return [
        raw(GROUP, "body that is not there", GIVEN_UP, whole),
        raw(GROUP, "body that ends early", GIVEN_UP, whole, ends=True),
        raw(GROUP, "chunks that end early", GIVEN_UP, chunks(chunk()), ends=True),
        raw(GROUP, "a chunk that ends early", GIVEN_UP, chunks(b"ffff\r\n" + BODY), ends=True),
        raw(GROUP, "headers that end early", GIVEN_UP, HEAD, ends=True),
        raw(GROUP, "a line that ends early", GIVEN_UP, b"GET /xAPI/abo", ends=True),
        raw(GROUP, "nothing", {CLOSED}, b"", ends=True),
        raw(GROUP, "one byte", GIVEN_UP, b"G", ends=True),
        raw(GROUP, "empty lines and nothing else", GIVEN_UP, b"\r\n" * 10, ends=True),
    ]


def chunked() -> list[Input]:
    """Chunks, sound and unsound."""
    return [
        *(raw(GROUP, f"chunk {name}", BAD, chunks(text)) for name, text in CHUNK_BODIES.items()),
        raw(GROUP, "chunk extension", OK, chunks(chunk(extension=b";a=b") + b"0\r\n\r\n")),
        raw(GROUP, "chunk extension of 100,000 bytes", {200, 400}, chunks(chunk(extension=b";" + b"a" * 100_000) + b"0\r\n\r\n")),
        raw(GROUP, "trailers", OK, chunks(chunk() + b"0\r\nX-Injected: 1\r\n\r\n")),
        raw(GROUP, "trailer with a length", {200, 400}, chunks(chunk() + b"0\r\nContent-Length: 5\r\n\r\n")),
        raw(GROUP, "a chunk for each byte", OK, chunks(b"".join(chunk(bytes([byte])) for byte in BODY) + b"0\r\n\r\n")),
        raw(GROUP, "no chunk at all", BAD, chunks(b"0\r\n\r\n")),
    ]  # fmt: skip


def strange() -> list[Input]:
    """Lines, targets, methods and headers."""
    return [
        *(raw(GROUP, f"header: {name}", {400, 431}, about(text)) for name, text in HEADERS.items()),
        *(raw(GROUP, f"request line: {name}", {400, 414, 431}, line(text)) for name, text in LINES.items()),
        *(raw(GROUP, f"target: {name}", expected, target(text)) for name, (expected, text) in TARGETS.items()),
        *(
            raw(GROUP, f"method: {name}", expected, text + ABOUT[3:] + b"\r\n")
            for name, (expected, text) in METHODS.items()
        ),
        *(raw(GROUP, f"no HTTP: {name}", {400, CLOSED}, text) for name, text in STRANGERS.items()),
        raw(GROUP, "no Host", BAD, line(b"GET /xAPI/about HTTP/1.1", header=b"")),
        raw(GROUP, "no Host in HTTP/1.0", OK, line(b"GET /xAPI/about HTTP/1.0", header=b"")),
        raw(GROUP, "HTTP/0.9 by name", BAD, line(b"GET /xAPI/about HTTP/0.9")),
        raw(GROUP, "HTTP/2.0 by name", BAD, line(b"GET /xAPI/about HTTP/2.0")),
        raw(GROUP, "HTTP/1.9", {400, 200}, line(b"GET /xAPI/about HTTP/1.9")),
        raw(GROUP, "Host with a space", {200, 400}, line(b"GET /xAPI/about HTTP/1.1", header=b"Host: a b\r\n")),
        raw(GROUP, "Host with a user", {200, 400}, line(b"GET /xAPI/about HTTP/1.1", header=b"Host: u:p@h\r\n")),
        raw(GROUP, "header before Host that goes on", BAD, line(b"GET /xAPI/about HTTP/1.1", header=b" X: a\r\nHost: h\r\n")),
        raw(GROUP, "lines that end in LF", BAD, about(b"X-A: b").replace(b"\r\n", b"\n")),
        raw(GROUP, "empty lines before", {200, 400}, b"\r\n\r\n" + ABOUT + b"\r\n"),
        raw(GROUP, "GET with a body", OK, ABOUT + b"Content-Length: %d\r\n\r\n" % SIZE + BODY),
        raw(GROUP, "HEAD with a body", OK, b"HEAD" + ABOUT[3:] + b"Content-Length: %d\r\n\r\n" % SIZE + BODY),
        raw(GROUP, "GET with chunks", OK, ABOUT + CHUNKED + b"\r\n" + chunk() + b"0\r\n\r\n"),
        raw(GROUP, "PUT without a length", NO_CONTENT, PUT + b"\r\n"),
        raw(GROUP, "POST without a length", BAD, HEAD + b"\r\n"),
        raw(GROUP, "Expect: 100-continue", OK, HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % SIZE + BODY),
        raw(GROUP, "Expect: something else", {200, 417}, HEAD + b"Expect: a\r\nContent-Length: %d\r\n\r\n" % SIZE + BODY),
        raw(GROUP, "Upgrade: websocket", OK, about(b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")),
        raw(GROUP, "Upgrade: h2c", OK, about(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk")),
        raw(GROUP, "Connection names a header to drop", OK, about(b"Connection: X-Experience-API-Version")),
        raw(GROUP, "100 headers", OK, about(b"\r\n".join(b"X-%d: a" % number for number in range(100)))),
    ]  # fmt: skip


INPUTS: Final = named(GROUP, [*ambiguous(), *cut(), *chunked(), *strange()])
