import base64
import json
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from lrs.errors import Invalid
from lrs.xapi import statements
from lrs.xapi.versions import Version
from tests.factories import (
    ID,
    SIGNATURE,
    Json,
    activity,
    attachment,
    base64url,
    body,
    certificate,
    jwt,
    multipart,
    part,
    private_key,
    signed,
    statement,
)

BOTH = pytest.mark.parametrize("version", Version)
CONTENT = statement(id=ID, result={"score": {"raw": 1.0}, "success": True, "duration": "PT1.23S"})


def receive(sent: tuple[bytes, str], version: Version = Version.V2_0_0) -> statements.Receipt:
    return statements.receive(*sent, version=version, ids=uuid.uuid4)


def refused(signature: bytes, words: str, version: Version = Version.V2_0_0, content: Json = CONTENT) -> None:
    with pytest.raises(Invalid, match=words) as error:
        receive(signed(content, signature), version)
    assert error.value.pointer == "/attachments/0"
    assert error.value.rule
    assert error.value.paragraph in {"1.0.3 Data 2.6", "2.0 4.2.6"}


@BOTH
@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_signed_statements_are_received(version: Version, algorithm: str) -> None:
    assert receive(signed(CONTENT, jwt(CONTENT, alg=algorithm)), version).blobs
    assert receive(signed(CONTENT, jwt(CONTENT, alg=algorithm, x5c=[certificate(), certificate()])), version).blobs


@BOTH
def test_a_signature_is_of_the_statement_without_it(version: Version) -> None:
    content = {**CONTENT, "attachments": [attachment(fileUrl="http://example.org/essay")]}
    assert receive(signed(content, jwt(CONTENT)), version).statements
    assert receive(signed(content, jwt(content)), version).statements


@BOTH
def test_a_payload_need_not_be_the_same_bytes(version: Version) -> None:
    payload = json.dumps(dict(reversed(CONTENT.items())), indent=1).replace("1.0", "1.00").encode()
    later = {
        **CONTENT,
        "stored": "2026-01-01T00:00:00Z",
        "version": "1.0.0",
        "verb": {**CONTENT["verb"], "display": {"en": "x"}},
    }
    assert receive(signed(later, jwt(payload)), version).statements


@pytest.mark.parametrize(
    "change",
    [
        {"verb": {"id": "http://example.org/other"}},
        {"object": activity("other")},
        {"result": {"score": {"raw": 1.1}, "success": True, "duration": "PT1.23S"}},
        {"result": {"score": {"raw": True}, "success": True, "duration": "PT1.23S"}},
        {"result": None},
        {"extra": 1},
    ],
)
@BOTH
def test_another_payload_is_refused(version: Version, change: Json) -> None:
    refused(jwt({**CONTENT, **change}), "is not the statement", version)


def test_durations_are_compared_by_version() -> None:
    finer = json.loads(json.dumps(CONTENT).replace("PT1.23S", "PT1.239S"))
    assert receive(signed(finer, jwt(CONTENT))).statements
    refused(jwt(CONTENT), "is not the statement", Version.V1_0_3, finer)


@BOTH
@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"alg": "none"}, "algorithm"),
        ({"alg": "HS256"}, "algorithm"),
        ({"alg": "ES256"}, "algorithm"),
        ({"alg": "PS256"}, "algorithm"),
        ({"alg": "rs256"}, "algorithm"),
        ({"alg": None}, "algorithm"),
        ({"alg": ["RS256"]}, "algorithm"),
        ({"crit": ["exp"]}, "crit"),
        ({"b64": False}, "b64"),
        ({"enc": "A128GCM"}, "enc"),
        ({"zip": "DEF"}, "zip"),
        ({"x5c": []}, "x5c"),
        ({"x5c": "rubbish"}, "x5c"),
        ({"x5c": ["rubbish"]}, "x5c"),
        ({"x5c": [1]}, "x5c"),
        ({"x5c": [base64.b64encode(b"rubbish").decode()]}, "x5c"),
        ({"x5c": None}, "x5c"),
    ],
)
def test_other_headers_are_refused(version: Version, header: Json, words: str) -> None:
    refused(jwt(CONTENT, **header), words, version)


@BOTH
@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"rubbish",
        b"a.b",
        b"..",
        b"a.b.c",
        b"a.b.c.d.e",
        jwt(CONTENT) + b"\n",
        jwt(CONTENT) + b"==",
        jwt(CONTENT) + b".e30.e30",
        jwt(CONTENT).rpartition(b".")[0] + b".",
        jwt(CONTENT).replace(b".", b"..", 1),
        jwt(b"rubbish"),
        jwt(b"[]"),
        jwt(b'{"id":1,"id":1}'),
        jwt(body(CONTENT).replace(b'"', b"'", 1)),
        b'{"payload":"","signatures":[]}',
        base64url(b'{"alg":"RS256","alg":"RS256"}') + b"." + jwt(CONTENT).partition(b".")[2],
        base64url(b'["RS256"]') + b"." + jwt(CONTENT).partition(b".")[2],
    ],
)
def test_rubbish_is_refused(version: Version, signature: bytes) -> None:
    refused(signature, "signature", version)


@BOTH
def test_the_certificates_key_must_have_signed(version: Version) -> None:
    refused(jwt(CONTENT, x5c=[certificate(private_key(2))]), "not by the key", version)
    forged = jwt(CONTENT, x5c=[certificate()]).rpartition(b".")[0] + b"." + base64url(b"x" * 256)
    refused(forged, "not by the key", version)


def test_the_algorithm_must_be_the_one_signed_by() -> None:
    one, two = jwt(CONTENT, alg="RS256", x5c=[certificate()]), jwt(CONTENT, alg="RS512", x5c=[certificate()])
    refused(one.rpartition(b".")[0] + b"." + two.rpartition(b".")[2], "not by the key")


def test_keys_of_other_kinds_and_short_ones_are_refused() -> None:
    refused(jwt(CONTENT, x5c=[certificate(ec.generate_private_key(ec.SECP256R1()))]), "RSA key")
    refused(jwt(CONTENT, key=private_key(3, 1024), x5c=[certificate(private_key(3, 1024))]), "RSA key")


def test_nothing_is_fetched() -> None:
    address = "https://127.0.0.1:1/never"
    assert receive(signed(CONTENT, jwt(CONTENT, jku=address, x5u=address))).statements


@BOTH
def test_a_signature_must_come_along(version: Version) -> None:
    link = attachment(usageType=SIGNATURE, contentType="application/octet-stream", fileUrl="http://example.org/sig")
    with pytest.raises(Invalid, match="did not come"):
        receive((body({**CONTENT, "attachments": [link]}), "application/json"), version)


@BOTH
def test_a_signature_is_octets(version: Version) -> None:
    own = attachment(jwt(CONTENT), usageType=SIGNATURE)
    with pytest.raises(Invalid, match="application/octet-stream"):
        receive(multipart({**CONTENT, "attachments": [own]}, part(jwt(CONTENT))), version)


def test_each_of_a_batch_has_its_own() -> None:
    def one(content: Json, payload: Json) -> tuple[Json, bytes]:
        jws = jwt(payload)
        own = attachment(jws, usageType=SIGNATURE, contentType="application/octet-stream")
        return {**content, "attachments": [own]}, part(jws)

    other = statement(verb="passed")
    good, bad = [one(CONTENT, CONTENT), one(other, other)], [one(CONTENT, CONTENT), one(other, CONTENT)]
    assert receive(multipart([each for each, _ in good], *(each for _, each in good))).statements
    with pytest.raises(Invalid) as error:
        receive(multipart([each for each, _ in bad], *(each for _, each in bad)))
    assert error.value.pointer == "/1/attachments/0"
