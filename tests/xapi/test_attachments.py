import hashlib
import uuid

import pytest

from lrs.errors import Invalid, TooLarge
from lrs.xapi import statements
from lrs.xapi.limits import DEFAULT, Limits
from lrs.xapi.versions import Version
from tests.factories import Json, attachment, body, multipart, part, statement, substatement

BOTH = pytest.mark.parametrize("version", Version)
ONE, TWO = b"one\r\n\0\xff", b"two"


def receive(sent: tuple[bytes, str], version: Version = Version.V2_0_0, limits: Limits = DEFAULT) -> statements.Receipt:
    return statements.receive(*sent, version=version, ids=uuid.uuid4, limits=limits)


def refused(sent: tuple[bytes, str], version: Version, words: str, pointer: str = "") -> None:
    with pytest.raises(Invalid, match=words) as error:
        receive(sent, version)
    assert error.value.pointer == pointer
    assert error.value.rule
    assert (error.value.paragraph or "").startswith(version.value[:3])


def with_attachments(*attachments: Json) -> Json:
    return statement(attachments=list(attachments))


@BOTH
def test_data_comes_by_its_hash(version: Version) -> None:
    content = with_attachments(attachment(ONE), attachment(TWO, contentType="image/png"))
    blobs = receive(multipart(content, part(TWO), part(ONE)), version).blobs
    assert blobs[hashlib.sha256(ONE).hexdigest()] == statements.Blob(ONE, "text/plain")
    assert blobs[hashlib.sha256(TWO).hexdigest()] == statements.Blob(TWO, "image/png")


@BOTH
@pytest.mark.parametrize("name", ["sha224", "sha256", "sha384", "sha512"])
def test_every_sha2_is_known_in_either_case(version: Version, name: str) -> None:
    digest = hashlib.new(name, ONE).hexdigest()
    sent = multipart(with_attachments(attachment(ONE, sha2=digest.upper())), part(ONE, X_Experience_API_Hash=digest))
    assert list(receive(sent, version).blobs) == [digest]


@BOTH
def test_one_part_serves_several_attachments(version: Version) -> None:
    content = [with_attachments(attachment(ONE), attachment(ONE)), with_attachments(attachment(ONE))]
    receipt = receive(multipart(content, part(ONE)), version)
    assert len(receipt.blobs) == 1
    assert [each.digests for each in receipt.statements] == [(hashlib.sha256(ONE).digest(),)] * 2


@BOTH
def test_a_part_may_come_twice(version: Version) -> None:
    assert len(receive(multipart(with_attachments(attachment(ONE)), part(ONE), part(ONE)), version).blobs) == 1


@BOTH
def test_a_substatements_attachment_comes_too(version: Version) -> None:
    content = statement(object=substatement(attachments=[attachment(ONE)]))
    assert receive(multipart(content, part(ONE)), version).blobs
    refused(multipart(content), version, "neither", "/object/attachments/0")


@BOTH
def test_length_is_not_compared(version: Version) -> None:
    assert receive(multipart(with_attachments(attachment(ONE, length=999)), part(ONE)), version).blobs


@BOTH
def test_an_absent_encoding_is_binary(version: Version) -> None:
    sent = multipart(with_attachments(attachment(ONE)), part(ONE, Content_Transfer_Encoding=None, Content_Type=None))
    assert receive(sent, version).blobs


@BOTH
@pytest.mark.parametrize("encoding", ["base64", "8bit", "quoted-printable", ""])
def test_other_encodings_are_refused(version: Version, encoding: str) -> None:
    sent = multipart(with_attachments(attachment(ONE)), part(ONE, Content_Transfer_Encoding=encoding))
    refused(sent, version, "not binary")


@BOTH
def test_multipart_without_attachments_is_received(version: Version) -> None:
    assert receive(multipart(statement()), version).single
    assert receive(multipart([]), version).statements == ()


@BOTH
def test_a_fileurl_needs_no_part(version: Version) -> None:
    content = with_attachments(attachment(ONE, fileUrl="http://example.org/one"))
    assert receive(multipart(content), version).blobs == {}
    assert receive((body(content), "application/json"), version).blobs == {}
    assert len(receive(multipart(content, part(ONE)), version).blobs) == 1


@BOTH
def test_json_needs_a_fileurl(version: Version) -> None:
    content = [statement(), with_attachments(attachment(ONE, fileUrl="http://a"), attachment(TWO))]
    refused((body(content), "application/json"), version, "neither", "/1/attachments/1")


@BOTH
def test_missing_parts_are_refused(version: Version) -> None:
    content = with_attachments(attachment(ONE), attachment(TWO))
    refused(multipart(content, part(ONE)), version, "neither", "/attachments/1")


@BOTH
def test_excess_parts_are_refused(version: Version) -> None:
    refused(multipart(with_attachments(attachment(ONE)), part(ONE), part(TWO)), version, "part 3 is no attachment")
    refused(multipart(statement(), part(ONE)), version, "part 2 is no attachment")


@BOTH
@pytest.mark.parametrize("claimed", [None, "", "x", hashlib.sha256(TWO).hexdigest(), hashlib.sha1(ONE).hexdigest()])  # noqa: S324
def test_the_hash_must_be_true(version: Version, claimed: str | None) -> None:
    sent = multipart(with_attachments(attachment(ONE), attachment(TWO)), part(ONE, X_Experience_API_Hash=claimed))
    refused(sent, version, "X-Experience-API-Hash")


@BOTH
def test_statements_in_a_second_part_are_refused(version: Version) -> None:
    second = b"Content-Type: application/json\r\n\r\n" + body(statement())
    refused(multipart(statement(), second), version, "X-Experience-API-Hash")


def test_an_attachment_is_limited() -> None:
    sent = multipart(with_attachments(attachment(ONE)), part(ONE))
    assert receive(sent, limits=Limits(attachment_bytes=len(ONE))).statements
    with pytest.raises(TooLarge, match="LRS_LIMIT_ATTACHMENT_BYTES"):
        receive(sent, limits=Limits(attachment_bytes=len(ONE) - 1))
