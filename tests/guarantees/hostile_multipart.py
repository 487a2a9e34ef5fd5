"""Multipart bodies: boundaries, headers of parts, parts too many or too few; and signatures (S-17)."""
# ruff: noqa: E501 - a case is a line

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests import factories
from tests.factories import (
    BOUNDARY,
    SIGNATURE,
    Json,
    activity,
    attachment,
    base64url,
    body,
    certificate,
    joined,
    jwt,
    multipart,
    part,
    signed,
    statement,
    substatement,
)  # fmt: skip
from tests.guarantees.hostile_inputs import BAD, OK, Input, named, post

GROUP: Final = "multipart"
SIGNED: Final = "signatures"
TYPE: Final = f"multipart/mixed; boundary={BOUNDARY}"
DATA: Final = b"an essay"
STATEMENT: Final = statement(attachments=[attachment(DATA)])
PLAIN: Final = body(statement())
FIRST: Final = b"Content-Type: application/json\r\n\r\n" + body(STATEMENT)
LINE: Final = b"--" + BOUNDARY.encode()
PART: Final = part(DATA)
WHOLE: Final = joined([FIRST, PART])
HASH: Final = hashlib.sha256(DATA).hexdigest()

TYPES: Final[dict[str, tuple[Iterable[int], str]]] = {
    "no boundary": (BAD, "multipart/mixed"),
    "an empty boundary": (BAD, "multipart/mixed; boundary="),
    "an empty quoted boundary": (BAD, 'multipart/mixed; boundary=""'),
    "a boundary of 71 characters": (BAD, "multipart/mixed; boundary=" + "a" * 71),
    "a boundary of 60,000 characters": (BAD, "multipart/mixed; boundary=" + "a" * 60_000),
    "a boundary that ends in a space": (BAD, 'multipart/mixed; boundary="a "'),
    "a boundary with a quote that does not end": (BAD, 'multipart/mixed; boundary="a'),
    "a boundary of UTF-8": (BAD, "multipart/mixed; boundary=ä"),
    "a boundary of a pattern": (BAD, "multipart/mixed; boundary=(.*)+"),
    "two boundaries": (BAD, f"{TYPE}; boundary=b"),
    "another boundary": (BAD, "multipart/mixed; boundary=other"),
    "the boundary in other case": (BAD, TYPE.replace("of-the-tests", "OF-THE-TESTS")),
    "multipart/form-data": (BAD, TYPE.replace("mixed", "form-data")),
    "multipart/related": (BAD, TYPE.replace("mixed", "related")),
    "application/json": (BAD, "application/json"),
    "a quoted boundary": (OK, f'multipart/mixed; boundary="{BOUNDARY}"'),
    "other case": (OK, f"Multipart/MIXED; Boundary={BOUNDARY}"),
    "more parameters": (OK, f"multipart/mixed; charset=utf-8; boundary={BOUNDARY}; start=x"),
}


def parts(*each: bytes) -> bytes:
    return joined([FIRST, *each])


def headed(*lines: bytes, content: bytes = DATA) -> bytes:
    """A part with these header lines, and then data."""
    return b"\r\n".join([*lines, b"", b""]) + content


HASHED: Final = b"X-Experience-API-Hash: " + HASH.encode()
BINARY: Final = b"Content-Transfer-Encoding: binary"
TEXT: Final = b"Content-Type: text/plain"
BODIES: Final[dict[str, tuple[Iterable[int], bytes | Callable[[], bytes]]]] = {
    "nothing": (BAD, b""),
    "JSON alone": (BAD, PLAIN),
    "one boundary alone": (BAD, LINE),
    "the last boundary alone": (BAD, LINE + b"--\r\n"),
    "two boundaries with nothing between": (BAD, LINE + b"\r\n" + LINE + b"--\r\n"),
    "no last boundary": (BAD, WHOLE[: -len(LINE) - 4]),
    "half of the last boundary": (BAD, WHOLE[:-4]),
    "cut off in a part": (BAD, WHOLE[:-50]),
    "cut off in the first part": (BAD, WHOLE[:100]),
    "boundary without hyphens": (BAD, WHOLE.replace(LINE, LINE[2:])),
    "boundary with more behind": (BAD, WHOLE.replace(LINE, LINE + b"x")),
    "a carriage return alone": (BAD, WHOLE.replace(b"\r\n", b"\r")),
    "parts without an empty line": (BAD, WHOLE.replace(b"\r\n\r\n", b"\r\n")),
    "a first part that is no JSON": (BAD, joined([b"Content-Type: text/plain\r\n\r\n" + PLAIN, PART])),
    "a first part without a type": (BAD, joined([b"\r\n" + PLAIN])),
    "a first part in UTF-16": (BAD, joined([b"Content-Type: application/json; charset=utf-16\r\n\r\n" + PLAIN])),
    "a first part that is empty": (BAD, joined([b"Content-Type: application/json\r\n\r\n"])),
    "a first part that is multipart": (BAD, joined([f"Content-Type: {TYPE}\r\n\r\n".encode() + PLAIN])),
    "data before statements": (BAD, joined([PART, FIRST])),
    "two parts of statements": (BAD, parts(FIRST)),
    "a missing part": (BAD, parts()),
    "a part too many": (BAD, parts(PART, part(b"more"))),
    "a part for no attachment": (BAD, joined([b"Content-Type: application/json\r\n\r\n" + PLAIN, PART])),
    "other data": (BAD, parts(headed(TEXT, BINARY, HASHED, content=b"other"))),
    "data with a byte more": (BAD, parts(headed(TEXT, BINARY, HASHED, content=DATA + b"\n"))),
    "no hash": (BAD, parts(headed(TEXT, BINARY))),
    "an empty hash": (BAD, parts(headed(TEXT, BINARY, b"X-Experience-API-Hash:"))),
    "a hash that is none": (BAD, parts(headed(TEXT, BINARY, b"X-Experience-API-Hash: " + b"z" * 64))),
    "a hash of Arabic digits": (BAD, parts(headed(TEXT, BINARY, b"X-Experience-API-Hash: " + "١".encode() * 64))),
    "a hash by SHA-1": (BAD, parts(headed(TEXT, BINARY, b"X-Experience-API-Hash: " + hashlib.sha1(DATA).hexdigest().encode()))),  # noqa: S324
    "a hash by MD5": (BAD, parts(headed(TEXT, BINARY, b"X-Experience-API-Hash: " + hashlib.md5(DATA).hexdigest().encode()))),  # noqa: S324
    "a hash by SHA3": (BAD, parts(headed(TEXT, BINARY, b"X-Experience-API-Hash: " + hashlib.sha3_256(DATA).hexdigest().encode()))),
    "a hash in base64": (BAD, parts(headed(TEXT, BINARY, b"X-Experience-API-Hash: " + base64url(hashlib.sha256(DATA).digest())))),
    "a hash of 60,000 bytes": (BAD, parts(headed(TEXT, BINARY, b"X-Experience-API-Hash: " + b"a" * 60_000))),
    "two hashes": (BAD, parts(headed(TEXT, BINARY, HASHED, HASHED))),
    "two hashes that differ": (BAD, parts(headed(TEXT, BINARY, HASHED, b"x-experience-api-hash: " + b"a" * 64))),
    "base64": (BAD, parts(headed(TEXT, b"Content-Transfer-Encoding: base64", HASHED))),
    "quoted-printable": (BAD, parts(headed(TEXT, b"Content-Transfer-Encoding: quoted-printable", HASHED))),
    "8bit": (BAD, parts(headed(TEXT, b"Content-Transfer-Encoding: 8bit", HASHED))),
    "an empty encoding": (BAD, parts(headed(TEXT, b"Content-Transfer-Encoding:", HASHED))),
    "a header that goes on": (BAD, parts(headed(TEXT, BINARY, b"X-Experience-API-Hash:\r\n " + HASH.encode()))),
    "a header without a colon": (BAD, parts(headed(TEXT, BINARY, b"X", HASHED))),
    "a header without a name": (BAD, parts(headed(TEXT, BINARY, b": x", HASHED))),
    "a header with a space before its colon": (BAD, parts(headed(TEXT, BINARY, b"X-Experience-API-Hash : " + HASH.encode()))),
    "a header with NUL": (BAD, parts(headed(TEXT, BINARY, b"X-A: a\0b", HASHED))),
    "a header with a carriage return": (BAD, parts(headed(TEXT, BINARY, b"X-A: a\rX-Injected: 1", HASHED))),
    "a header with an umlaut in its name": (BAD, parts(headed(TEXT, BINARY, "X-Ä: a".encode(), HASHED))),
    "a header of 100,000 bytes": (BAD, parts(headed(TEXT, BINARY, b"X-A: " + b"a" * 100_000, HASHED))),
    "10,000 headers": (BAD, parts(headed(TEXT, BINARY, *(b"X-%d: a" % number for number in range(10_000)), HASHED))),
    "100,000 empty parts": ({400, 413}, lambda: parts(*[b"\r\n"] * 100_000)),
    "100,000 boundaries": ({400, 413}, lambda: LINE + b"\r\n" + (LINE + b"\r\n") * 100_000 + LINE + b"--"),
    "100,000 lines like boundaries": (BAD, lambda: LINE + b"\r\n" + b"--" + LINE[:-1] + b"\r\n--" * 100_000),
    "a million hyphens": (BAD, lambda: b"-" * 1_000_000),
    "a million line ends": (BAD, lambda: b"\r\n" * 500_000),
    "a part with the same hash twice": ({200, 400}, parts(PART, PART)),
    "a preamble": (OK, b"This is a message in many parts.\r\n" + WHOLE),
    "an epilogue": (OK, WHOLE + b"\r\nThat was all.\r\n" + LINE + b"x"),
    "a line end before": (OK, b"\r\n" + WHOLE),
    "no line end behind": (OK, WHOLE[:-2]),
    "white space behind boundaries": (OK, WHOLE.replace(LINE + b"\r", LINE + b" \t\r")),
    "lines that end in LF": ({200, 400}, joined([FIRST, PART]).replace(b"\r\n", b"\n")),
    "no space behind colons": (OK, WHOLE.replace(b": ", b":").replace(body(STATEMENT).replace(b": ", b":"), body(STATEMENT))),
    "headers in other case": (OK, parts(headed(b"content-type:text/plain", b"CONTENT-TRANSFER-ENCODING: Binary", b"x-experience-api-hash:" + HASH.upper().encode()))),
    "no encoding": (OK, parts(headed(TEXT, HASHED))),
    "another type of the part": (OK, parts(headed(b"Content-Type: text/html", BINARY, HASHED))),
    "a part named by a path": (OK, parts(headed(TEXT, BINARY, HASHED, b'Content-Disposition: attachment; filename="../../etc/passwd"'))),
    "more headers": (OK, parts(headed(TEXT, BINARY, HASHED, b"Content-Length: 99999", b"Location: http://a", b"X-Injected: 1"))),
}  # fmt: skip


def data() -> Iterator[tuple[str, bytes]]:
    """Data that looks like something else."""
    yield "empty", b""
    yield "line ends", b"\r\n\r\n"
    yield "boundaries of another", b"\r\n--other\r\n"
    yield "a boundary inside a line", b"x" + LINE + b"--\r\n"
    yield "a boundary with more behind", b"\r\n" + LINE + b"x\r\n"
    yield "a boundary after LF alone", b"\n" + LINE + b"--\n"
    yield "a boundary after CR alone", b"\r" + LINE + b"--\r"
    yield "NUL and 0xFF", bytes(range(256))
    yield "JSON", PLAIN
    yield "headers", b"X-Injected: 1\r\n\r\n"
    yield "200 kB of hyphens", b"--" * 100_000


def hashed() -> Iterator[tuple[str, str]]:
    for name in ("sha224", "sha384", "sha512"):
        yield name, hashlib.new(name, DATA).hexdigest()
    yield "sha256 in upper case", HASH.upper()


def every() -> Iterator[Input]:
    for name, (expected, text) in TYPES.items():
        yield post(GROUP, f"type: {name}", expected, WHOLE, content_type=text)
    for name, (expected, content) in BODIES.items():
        yield post(GROUP, f"body: {name}", expected, content, content_type=TYPE)
    for name, content in data():
        whole, content_type = multipart(statement(attachments=[attachment(content)]), part(content))
        yield post(GROUP, f"data: {name}", OK, whole, content_type=content_type)
    for name, digest in hashed():
        own = statement(attachments=[attachment(DATA, sha2=digest)])
        yield _typed(f"hash: {name}", OK, multipart(own, part(DATA, X_Experience_API_Hash=digest)), group=GROUP)
    inside = statement(object=substatement(attachments=[attachment(DATA)]))
    yield _typed("attachment of a SubStatement", OK, multipart(inside, PART), group=GROUP)
    yield _typed("attachment of a SubStatement, missing", BAD, multipart(inside), group=GROUP)
    yield _typed("no attachments", OK, multipart(statement()), group=GROUP)
    many = [attachment(b"%d" % number) for number in range(100)]
    yield _typed(
        "100 attachments",
        OK,
        multipart(statement(attachments=many), *(part(b"%d" % number) for number in range(100))),
        group=GROUP,
    )
    typed = statement(attachments=[attachment(DATA, contentType='text/html; charset="a b"')])
    yield _typed("attachment of HTML", OK, multipart(typed, PART), group=GROUP)


def _typed(name: str, expected: Iterable[int], given: tuple[bytes, str], *, group: str = SIGNED) -> Input:
    return post(group, name, expected, given[0], content_type=given[1])


# Signatures


def other(**changes: object) -> Json:
    return statement(**changes)


def keyed_by_public_key() -> bytes:
    """HS256 whose secret is the public key, as those who ask no algorithm take it."""
    public = factories.private_key().public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    first = base64url(body({"alg": "HS256"})) + b"." + base64url(PLAIN)
    mac = hmac.HMAC(pem, hashes.SHA256())
    mac.update(first)
    return first + b"." + base64url(mac.finalize())


def elliptic() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    first = base64url(body({"alg": "ES256"})) + b"." + base64url(PLAIN)
    return first + b"." + base64url(key.sign(first, ec.ECDSA(hashes.SHA256())))


def unsigned() -> bytes:
    return base64url(body({"alg": "none"})) + b"." + base64url(PLAIN) + b"."


def tampered() -> bytes:
    head, content, signature = jwt(statement(), x5c=[certificate()]).split(b".")
    return head + b"." + content + b"." + signature[:-8] + b"AAAAAAAA"


JWS: Final[dict[str, Callable[[], bytes]]] = {
    "none": unsigned,
    "NONE": lambda: unsigned().replace(base64url(body({"alg": "none"})), base64url(body({"alg": "NONE"}))),
    "HS256 by the public key": keyed_by_public_key,
    "ES256": elliptic,
    "PS256 by name": lambda: jwt(statement(), alg="PS256"),
    "no algorithm": lambda: jwt(statement(), alg=None),
    "an algorithm of an array": lambda: jwt(statement(), alg=["RS256"]),
    "an algorithm in lower case": lambda: jwt(statement(), alg="rs256"),
    "another statement": lambda: jwt(statement(verb="failed")),
    "another actor": lambda: jwt(statement(actor=factories.agent("eve"))),
    "a payload of an array": lambda: jwt([statement()]),
    "a payload of text": lambda: jwt(b"text"),
    "a payload with a key twice": lambda: jwt(PLAIN[:-1] + b"," + PLAIN[1:]),
    "a payload that is deep": lambda: jwt(b"[" * 1_000 + b"]" * 1_000),
    "crit": lambda: jwt(statement(), crit=["exp"]),
    "b64 of false": lambda: jwt(statement(), b64=False),
    "enc": lambda: jwt(statement(), enc="A256GCM"),
    "zip": lambda: jwt(statement(), zip="DEF"),
    "a JWE": lambda: b".".join([base64url(body({"alg": "RSA-OAEP", "enc": "A256GCM"})), b"a", b"b", b"c", b"d"]),
    "JSON serialisation": lambda: body({"payload": "x", "signatures": []}),
    "two parts": lambda: jwt(statement()).rpartition(b".")[0],
    "no base64": lambda: b"!!.!!.!!",
    "base64 with padding": lambda: jwt(statement()) + b"==",
    "base64 with line ends": lambda: jwt(statement()).replace(b".", b"\r\n."),
    "empty": lambda: b"",
    "dots": lambda: b"..",
    "100,000 dots": lambda: b"." * 100_000,
    "x5c of rubbish": lambda: jwt(statement(), x5c=["rubbish"]),
    "x5c of nothing": lambda: jwt(statement(), x5c=[]),
    "x5c of a string": lambda: jwt(statement(), x5c=certificate()),
    "x5c of numbers": lambda: jwt(statement(), x5c=[1]),
    "x5c of 1,000": lambda: jwt(statement(), x5c=[certificate()] * 100),
    "x5c of another key": lambda: jwt(statement(), x5c=[certificate(factories.private_key(2))]),
    "x5c of an elliptic key": lambda: jwt(statement(), x5c=[certificate(ec.generate_private_key(ec.SECP256R1()))]),
    "x5c cut off": lambda: jwt(statement(), x5c=[certificate()[:100]]),
    "tampered with": tampered,
}
FETCHED: Final[dict[str, Callable[[], bytes]]] = {
    "jku": lambda: jwt(statement(), jku="http://127.0.0.1:9/keys"),
    "x5u": lambda: jwt(statement(), x5u="http://169.254.169.254/cert"),
    "jwk": lambda: jwt(statement(), jwk={"kty": "oct", "k": "AA"}),
    "kid of a path": lambda: jwt(statement(), kid="../../../../dev/null"),
    "x5c": lambda: jwt(statement(), x5c=[certificate()]),
    "RS384": lambda: jwt(statement(), alg="RS384"),
    "RS512": lambda: jwt(statement(), alg="RS512", x5c=[certificate()]),
}


def signatures() -> Iterator[Input]:
    for name, make in JWS.items():
        yield _typed(name, BAD, signed(statement(), make()))
    for name, make in FETCHED.items():
        # What it names is fetched by nobody; the signature itself is sound.
        yield _typed(f"sound: {name}", OK, signed(statement(), make()))
    own = attachment(jwt(statement()), usageType=SIGNATURE, contentType="text/plain")
    content = multipart(statement(attachments=[own]), part(jwt(statement())))
    yield _typed("of another type", BAD, content)
    linked = attachment(b"x", usageType=SIGNATURE, contentType="application/octet-stream", fileUrl="http://a.b")
    yield _typed("elsewhere", BAD, multipart(statement(attachments=[linked])))
    about = statement(object=activity("other"))
    yield _typed("of another object", BAD, signed(about, jwt(statement())))


INPUTS: Final = named(GROUP, every())
SIGNATURES: Final = named(SIGNED, signatures())
