"""Signed statements: a JSON Web Signature among the attachments. (1.0.3 Data 2.6; 2.0 4.2.6)

A signature that is accepted is well formed and says what the statement says. Whose it is, nobody has asked: the key is
taken from the signature's own certificate, nothing is fetched, and no chain of trust is followed.
"""

import base64
import binascii
import re
from collections.abc import Mapping

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lrs.errors import Invalid
from lrs.xapi import equivalence, rules, strictjson
from lrs.xapi.attachments import Blob, Declared
from lrs.xapi.limits import DEFAULT
from lrs.xapi.strictjson import JSON
from lrs.xapi.values import shown
from lrs.xapi.versions import Version

USAGE = "http://adlnet.gov/expapi/attachments/signature"

_ALGORITHMS: Mapping[str, hashes.HashAlgorithm] = {
    "RS256": hashes.SHA256(),
    "RS384": hashes.SHA384(),
    "RS512": hashes.SHA512(),
}
# What changes how a JWS is read (RFC 7515 4.1.11, RFC 7797) or makes it a JWE: none of it is in the standard.
_REFUSED = ("crit", "b64", "enc", "zip")
_BASE64URL = re.compile(rb"[A-Za-z0-9_-]+")
_CHAIN = 10
_KEY_BITS = range(2048, 16385)  # from RFC 7518 3.3 up to what is quickly checked


def check(declared: Declared, blobs: Mapping[str, Blob], *, version: Version) -> None:
    """If the attachment is its statement's signature, it is well formed and says the same; else Invalid."""
    if declared.attachment["usageType"] != USAGE or "/object/" in declared.pointer:
        return
    try:
        _check(declared, blobs, version)
    except _Malformed as error:
        raise rules.SIGNATURE.broken(version, str(error), declared.pointer) from error


class _Malformed(Exception):
    """Why a signature is refused."""


def _check(declared: Declared, blobs: Mapping[str, Blob], version: Version) -> None:
    if declared.attachment["contentType"] != "application/octet-stream":
        raise _Malformed("the contentType of a signature must be application/octet-stream")
    blob = blobs.get(declared.sha2)
    if blob is None:
        raise _Malformed("the signature itself did not come with the statement")
    parts = blob.content.split(b".")
    if len(parts) != 3:
        raise _Malformed("the signature is no JWS in compact serialisation, which has three parts")
    header, payload, signature = map(_decoded, parts)
    protected = _object(header, "header", version)
    algorithm = _algorithm(protected)
    _object(payload, "payload", version)
    if "x5c" in protected:
        _verify(_key(protected["x5c"]), signature, blob.content.rpartition(b".")[0], algorithm)
    if not equivalence.same(payload, declared.statement, version=version):
        raise _Malformed("the payload of the signature is not the statement that came with it")


def _decoded(part: bytes) -> bytes:
    """Base64url without padding, and nothing else. (RFC 7515 2)"""
    if _BASE64URL.fullmatch(part):
        try:
            return base64.b64decode(part + b"=" * (-len(part) % 4), b"-_", validate=True)
        except binascii.Error:
            pass
    raise _Malformed("a part of the signature is not base64url")


def _object(raw: bytes, name: str, version: Version) -> dict[str, JSON]:
    try:
        value = strictjson.parse(raw, DEFAULT, version=version)
    except Invalid as error:
        raise _Malformed(f"the {name} of the signature: {error.detail}") from error
    if not isinstance(value, dict):
        raise _Malformed(f"the {name} of the signature is no JSON object")
    return value


def _algorithm(header: Mapping[str, JSON]) -> hashes.HashAlgorithm:
    refused = next((key for key in _REFUSED if key in header), None)
    if refused is not None:
        raise _Malformed(f"the header of the signature has {refused!r}, which a statement's signature cannot have")
    name = header.get("alg")
    algorithm = _ALGORITHMS.get(name) if isinstance(name, str) else None
    if algorithm is None:
        raise _Malformed(f"the algorithm of the signature is {shown(str(name))}, not RS256, RS384 or RS512")
    return algorithm


def _key(x5c: JSON) -> rsa.RSAPublicKey:
    """The RSA key of the first certificate; all of them must be certificates. (RFC 7515 4.1.6)"""
    if not isinstance(x5c, list) or not 1 <= len(x5c) <= _CHAIN:
        raise _Malformed(f"x5c must be an array of 1 to {_CHAIN} certificates")
    try:
        keys = [_certificate(each).public_key() for each in x5c]
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _Malformed("x5c must hold X.509 certificates, DER in base64") from error
    if not isinstance(keys[0], rsa.RSAPublicKey) or keys[0].key_size not in _KEY_BITS:
        raise _Malformed("the certificate's key must be an RSA key of 2048 bits or more")
    return keys[0]


def _certificate(text: JSON) -> x509.Certificate:
    if not isinstance(text, str):
        raise TypeError(text)
    return x509.load_der_x509_certificate(base64.b64decode(text, validate=True))


def _verify(key: rsa.RSAPublicKey, signature: bytes, signed: bytes, algorithm: hashes.HashAlgorithm) -> None:
    try:
        key.verify(signature, signed, padding.PKCS1v15(), algorithm)
    except InvalidSignature as error:
        raise _Malformed("the signature is not by the key of its certificate") from error
