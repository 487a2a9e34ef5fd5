import hashlib
import re
from typing import Any
from uuid import uuid4

import pytest

from tests.factories import activity, agent, statement
from tests.serving import Client

PATH = "/xAPI/statements"


def ids(answer: object) -> list[str]:
    assert isinstance(answer, dict)
    return [each["id"] for each in answer["statements"]]


async def store(client: Client, **changes: object) -> str:
    own = str(uuid4())
    answer = await client.send("PUT", f"{PATH}?statementId={own}", statement(id=own, **changes))
    assert answer.status == 204
    return own


async def test_post_answers_ids_in_order(client: Client) -> None:
    first, second = str(uuid4()), str(uuid4())
    answer = await client.send("POST", PATH, [statement(id=first), statement(id=second)])
    assert (answer.status, answer.json) == (200, [first, second])


async def test_post_of_one_answers_a_list(client: Client) -> None:
    answer = await client.send("POST", PATH, statement())
    assert isinstance(answer.json, list)
    assert len(answer.json) == 1


async def test_put_is_found_by_its_id(client: Client) -> None:
    own = await store(client, verb="passed")
    answer = await client.get(f"{PATH}?statementId={own}")
    assert isinstance(answer.json, dict)
    assert answer.json["verb"]["id"].endswith("passed")
    assert answer.headers["Last-Modified"].endswith("GMT")


async def test_put_twice_conflicts(client: Client) -> None:
    own = await store(client, verb="attempted")
    assert (await client.send("PUT", f"{PATH}?statementId={own}", statement(id=own, verb="passed"))).status == 409
    assert (await client.send("PUT", f"{PATH}?statementId={own}", statement(id=own, verb="attempted"))).status == 204


@pytest.mark.parametrize("query", ["", "?statementId=x", "?StatementId={0}", "?statementId={0}&foo=1", "?method=PUT"])
async def test_put_needs_just_a_statement_id(client: Client, query: str) -> None:
    own = str(uuid4())
    assert (await client.send("PUT", PATH + query.format(own), statement(id=own))).status == 400


async def test_post_takes_no_parameter(client: Client) -> None:
    assert (await client.send("POST", f"{PATH}?statementId={uuid4()}", statement())).status == 400


async def test_unknown_statement_is_not_found(client: Client) -> None:
    answer = await client.get(f"{PATH}?statementId={uuid4()}")
    assert answer.status == 404
    assert "X-Experience-API-Consistent-Through" in answer.headers


async def test_pages_hold_all_and_end(client: Client) -> None:
    verb = f"https://example.org/verbs/{uuid4()}"
    stored = [await store(client, verb=verb) for _ in range(11)]
    answer = await client.get(f"{PATH}?verb={verb}&ascending=true")
    found: list[str] = []
    while True:
        assert answer.status == 200
        found += ids(answer.json)
        assert isinstance(answer.json, dict)
        if answer.json["more"] == "":
            break
        assert answer.json["more"].startswith("/xAPI/statements?more=")
        answer = await client.get(answer.json["more"])
    assert found == stored


async def test_changed_more_is_refused(client: Client) -> None:
    verb = f"https://example.org/verbs/{uuid4()}"
    for _ in range(6):
        await store(client, verb=verb)
    page = (await client.get(f"{PATH}?verb={verb}")).json
    assert isinstance(page, dict)
    last = "B" if page["more"][-2] != "B" else "C"
    assert (await client.get(page["more"][:-2] + last + page["more"][-1])).status == 400
    assert (await client.get(page["more"] + "&limit=1")).status == 400


async def test_more_takes_the_same_filters_again(client: Client) -> None:
    verb = f"https://example.org/verbs/{uuid4()}"
    stored = [await store(client, verb=verb) for _ in range(4)]
    asked = f"verb={verb}&ascending=true&limit=2"
    page = (await client.get(f"{PATH}?{asked}")).json
    assert isinstance(page, dict)
    assert ids((await client.get(f"{page['more']}&{asked}")).json) == stored[2:]
    assert (await client.get(f"{page['more']}&{asked}&agent=%7B%22mbox%22:%22mailto:a@b.c%22%7D")).status == 400
    assert (await client.get(f"{page['more']}&statementId={stored[0]}")).status == 400
    assert (await client.get(f"{page['more']}&{page['more'].partition('?')[2]}")).status == 400


async def test_head_is_get_without_a_body(client: Client) -> None:
    own = await store(client)
    answer = await client.send("HEAD", f"{PATH}?statementId={own}")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 100
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"


async def test_formats(client: Client) -> None:
    thing = activity(str(uuid4()), definition={"name": {"en": "Lesson", "de": "Stunde"}})
    own = await store(client, object=thing, actor=agent(name="Ann"))
    path = f"{PATH}?statementId={own}&format="
    exact: Any = (await client.get(path + "exact")).json
    short: Any = (await client.get(path + "ids")).json
    canonical: Any = (await client.get(path + "canonical", Accept_Language="de")).json
    assert exact["object"] == thing
    assert set(short["object"]) == {"id"}
    assert canonical["object"]["definition"]["name"] == {"de": "Stunde"}


async def test_attachments_come_as_parts(client: Client) -> None:
    data = b"\x00attached\r\n--data"
    sha2 = hashlib.sha256(data).hexdigest()
    attachment = {
        "usageType": "https://example.org/a",
        "display": {"en": "a"},
        "contentType": "text/plain; charset=ascii",
        "length": len(data),
        "sha2": sha2,
    }
    own = str(uuid4())
    sent = multipart(statement(id=own, attachments=[attachment]), data, sha2)
    answer = await client.send("POST", PATH, sent, {"Content-Type": 'multipart/mixed; boundary="b0und"'})
    assert answer.status == 200
    got = await client.get(f"{PATH}?statementId={own}&attachments=true")
    kind = re.fullmatch(r"multipart/mixed; boundary=([0-9a-f]{32})", got.headers["Content-Type"])
    assert kind
    first, second, end = got.body.split(f"--{kind[1]}".encode())[1:]
    assert first.startswith(b"\r\nContent-Type: application/json\r\n\r\n{")
    head, _, body = second.partition(b"\r\n\r\n")
    assert head == (
        b"\r\nContent-Type: text/plain; charset=ascii\r\nContent-Transfer-Encoding: binary"
        b"\r\nX-Experience-API-Hash: " + sha2.encode()
    )
    assert body == data + b"\r\n"
    assert end == b"--\r\n"
    assert got.headers["Content-Disposition"] == "attachment"


def multipart(first: object, data: bytes, sha2: str) -> bytes:
    import orjson

    return (
        b"--b0und\r\nContent-Type: application/json\r\n\r\n" + orjson.dumps(first) + b"\r\n--b0und\r\n"
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: "
        + sha2.encode()
        + b"\r\n\r\n"
        + data
        + b"\r\n--b0und--\r\n"
    )


async def test_attachments_are_multipart_without_any(client: Client) -> None:
    own = await store(client)
    answer = await client.get(f"{PATH}?statementId={own}&attachments=true")
    assert answer.headers["Content-Type"].startswith("multipart/mixed; boundary=")
    assert (await client.get(f"{PATH}?statementId={own}&attachments=false")).headers[
        "Content-Type"
    ] == "application/json"


async def test_refused_statement_says_where(client: Client) -> None:
    problem = (await client.send("POST", PATH, [statement(), statement(actor={"mbox": "nobody"})])).problem
    assert str(problem["pointer"]).startswith("/1/actor")


async def test_through_is_after_what_was_stored(client: Client) -> None:
    own = str(uuid4())
    answer = await client.send("PUT", f"{PATH}?statementId={own}", statement(id=own))
    found: Any = (await client.get(f"{PATH}?statementId={own}")).json
    assert answer.headers["X-Experience-API-Consistent-Through"] >= found["stored"]


async def test_alternate_syntax_stores(client: Client) -> None:
    from urllib.parse import urlencode

    import orjson

    own = str(uuid4())
    form = urlencode({"statementId": own, "content": orjson.dumps(statement(id=own))})
    headers = {"X-Experience-API-Version": "1.0.3", "Content-Type": "application/x-www-form-urlencoded"}
    assert (await client.send("POST", f"{PATH}?method=PUT", form, headers)).status == 204
    assert (await client.get(f"{PATH}?statementId={own}")).status == 200
