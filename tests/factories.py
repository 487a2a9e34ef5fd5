"""The smallest valid things of the standard, from which a test spells out only what matters to it."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

Json = dict[str, Any]

ID = UUID("6690e6c9-3ef0-4ed3-8b37-7f3964730bee")
OTHER_ID = UUID("ec531277-b57b-4c15-8d91-d292c5b2b8f7")
VERBS = "http://adlnet.gov/expapi/verbs/"
VOIDED = VERBS + "voided"
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
HOME = "https://lms.example.org"
BOUNDARY = "----=_of-the-tests"


def agent(name: str = "ann", /, **changes: object) -> Json:
    """An agent with an mbox; `changes` replace properties, and remove those that are None."""
    return _changed({"mbox": f"mailto:{name}@example.org"}, changes)


def account(name: str = "ann", /, **changes: object) -> Json:
    """An agent with an account."""
    return _changed({"account": {"homePage": HOME, "name": name}}, changes)


def group(*members: Json, **changes: object) -> Json:
    """An anonymous group; with an identifier among the changes, an identified one."""
    return _changed({"objectType": "Group", "member": list(members)}, changes)


def activity(name: str = "lesson", /, **changes: object) -> Json:
    """An activity without a definition."""
    return _changed({"id": f"https://lms.example.org/activities/{name}"}, changes)


def reference(target: UUID | str = ID) -> Json:
    """A StatementRef."""
    return {"objectType": "StatementRef", "id": str(target)}


def statement(**changes: object) -> Json:
    """The smallest valid statement. A verb may be given by its last word, an id as UUID; None removes a property."""
    if isinstance(verb := changes.get("verb"), str):
        changes["verb"] = {"id": verb if ":" in verb else VERBS + verb}
    if isinstance(own := changes.get("id"), UUID):
        changes["id"] = str(own)
    return _changed({"actor": agent(), "verb": {"id": VERBS + "attempted"}, "object": activity()}, changes)


def substatement(**changes: object) -> Json:
    """The smallest valid SubStatement."""
    return {"objectType": "SubStatement", **statement(**changes)}


def voiding(target: UUID | str = ID, **changes: object) -> Json:
    """A statement that voids another."""
    return statement(**{"verb": "voided", "object": reference(target), **changes})


def attachment(content: bytes = b"an essay", /, **changes: object) -> Json:
    """The attachment object of some data; without a fileUrl, so that the data must come with it."""
    return _changed(
        {
            "usageType": "http://example.org/usage/essay",
            "display": {"en": "Essay"},
            "contentType": "text/plain",
            "length": len(content),
            "sha2": hashlib.sha256(content).hexdigest(),
        },
        changes,
    )


def body(content: object) -> bytes:
    """JSON as a client sends it."""
    return json.dumps(content).encode()


def part(content: bytes, /, **headers: str | None) -> bytes:
    """A part with an attachment's data. Headers by name with `_` for `-`; None leaves one out."""
    known = {
        "Content_Type": "text/plain",
        "Content_Transfer_Encoding": "binary",
        "X_Experience_API_Hash": hashlib.sha256(content).hexdigest(),
    }
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in _changed(known, headers).items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def multipart(statements: object, *parts: bytes) -> tuple[bytes, str]:
    """A body of multipart/mixed with statements and parts, and its content type."""
    first = b"Content-Type: application/json\r\n\r\n" + body(statements)
    return joined([first, *parts]), f"multipart/mixed; boundary={BOUNDARY}"


def joined(parts: Iterable[bytes]) -> bytes:
    """Whole parts between boundaries."""
    line = f"--{BOUNDARY}".encode()
    return b"".join(line + b"\r\n" + each + b"\r\n" for each in parts) + line + b"--\r\n"


def signed(content: Json, signature: bytes | None = None) -> tuple[bytes, str]:
    """A request with a signed statement; `signature` in place of the right one."""
    jws = signature if signature is not None else jwt(content)
    own = attachment(jws, usageType=SIGNATURE, contentType="application/octet-stream")
    whole = {**content, "attachments": [*content.get("attachments", []), own]}
    return multipart(whole, part(jws, Content_Type="application/octet-stream"))


def jwt(payload: object, *, key: rsa.RSAPrivateKey | None = None, **header: object) -> bytes:
    """A JWS in compact serialisation by RS256, RS384 or RS512; `header` replaces and adds."""
    protected = {"alg": "RS256", **header}
    first = b".".join(map(base64url, (body(protected), payload if isinstance(payload, bytes) else body(payload))))
    algorithm = {"RS384": hashes.SHA384(), "RS512": hashes.SHA512()}.get(str(protected["alg"]), hashes.SHA256())
    return first + b"." + base64url((key or private_key()).sign(first, padding.PKCS1v15(), algorithm))


def base64url(content: bytes) -> bytes:
    """Without padding. (RFC 7515 2)"""
    return base64.urlsafe_b64encode(content).rstrip(b"=")


@lru_cache
def private_key(number: int = 1, bits: int = 2048) -> rsa.RSAPrivateKey:
    """An RSA key, another for each number, made once for a run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def certificate(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None) -> str:
    """A self-signed certificate of the key, as x5c holds it."""
    own = key or private_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, own.public_key(), 1, start, start + timedelta(days=9))
    der = builder.sign(own, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return base64.b64encode(der).decode()


def _changed(original: Json, changes: Mapping[str, Any]) -> Json:
    return {key: value for key, value in {**original, **changes}.items() if value is not None}
