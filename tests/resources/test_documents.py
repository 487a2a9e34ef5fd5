import hashlib
from urllib.parse import quote
from uuid import uuid4

import orjson
import pytest

from tests.factories import agent
from tests.serving import Client

AGENT = quote(orjson.dumps(agent()))
ACTIVITY = quote("https://example.org/activity")
RESOURCES = {
    "state": f"/xAPI/activities/state?activityId={ACTIVITY}&agent={AGENT}&stateId=",
    "activity": f"/xAPI/activities/profile?activityId={ACTIVITY}&profileId=",
    "agent": f"/xAPI/agents/profile?agent={AGENT}&profileId=",
}
NEW = {"If-None-Match": "*"}

pytestmark = pytest.mark.parametrize("path", RESOURCES.values(), ids=RESOURCES.keys())


async def test_document_comes_back_as_it_was_sent(client: Client, path: str) -> None:
    own = path + str(uuid4())
    content = b"<script>alert(1)</script>"
    answer = await client.send("PUT", own, content, NEW | {"Content-Type": "text/html; charset=utf-8"})
    assert (answer.status, answer.body) == (204, b"")
    got = await client.get(own)
    assert got.body == content
    assert got.headers["Content-Type"] == "text/html; charset=utf-8"
    assert got.headers["ETag"] == f'"{hashlib.sha1(content).hexdigest()}"'  # noqa: S324 - the standard's
    assert got.headers["Last-Modified"].endswith("GMT")
    assert got.headers["Content-Disposition"] == "attachment"
    assert "sandbox" in got.headers["Content-Security-Policy"]


async def test_posted_documents_are_merged(client: Client, path: str) -> None:
    own = path + str(uuid4())
    for part in ({"a": 1, "b": 1}, {"b": 2}):
        assert (await client.send("POST", own, part)).status == 204
    assert (await client.get(own)).json == {"a": 1, "b": 2}


async def test_preconditions_hold(client: Client, path: str) -> None:
    own = path + str(uuid4())
    assert (await client.send("PUT", own, b"1", NEW)).status == 204
    assert (await client.send("PUT", own, b"2", NEW)).status == 412
    assert (await client.send("PUT", own, b"2")).status == 409
    assert (await client.send("PUT", own, b"2", {"If-Match": '"x"'})).status == 412
    etag = (await client.get(own)).headers["ETag"]
    assert (await client.send("PUT", own, b"2", {"If-Match": etag})).status == 204
    assert (await client.send("DELETE", own, headers={"If-Match": etag})).status == 412
    assert (await client.get(own)).body == b"2"


async def test_deleted_document_is_not_found(client: Client, path: str) -> None:
    own = path + str(uuid4())
    await client.send("PUT", own, b"1", NEW)
    assert (await client.send("DELETE", own)).status == 204
    assert (await client.get(own)).status == 404


async def test_ids_are_listed(client: Client, path: str) -> None:
    name = str(uuid4())
    await client.send("PUT", path + name, b"1", NEW)
    answer = await client.get(path.rpartition("&")[0])
    assert isinstance(answer.json, list)
    assert name in answer.json
    assert (await client.send("HEAD", path + name)).status == 200


@pytest.mark.parametrize("content_type", ["text", "a/b; \x01", "a b/c"])
async def test_content_type_must_be_one(client: Client, path: str, content_type: str) -> None:
    if "\x01" in content_type:
        head = f"PUT {path}x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n"
        answer = await client.raw(f"{head}Content-Type: {content_type}\r\n\r\n".encode())
        assert b" 400 " in answer.split(b"\r\n")[0]
    else:
        assert (await client.send("PUT", path + "x", b"1", NEW | {"Content-Type": content_type})).status == 400


@pytest.mark.parametrize("change", ["&foo=1", "&activityid=x", "&agent={}"])
async def test_other_parameters_are_refused(client: Client, path: str, change: str) -> None:
    assert (await client.get(path + "x" + change)).status == 400
