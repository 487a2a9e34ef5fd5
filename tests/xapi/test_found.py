from lrs.xapi.versions import Version
from tests.factories import (
    OTHER_ID,
    account,
    activity,
    agent,
    attachment,
    body,
    group,
    reference,
    statement,
    substatement,
)
from tests.xapi import full
from tests.xapi.receiving import receive


def test_found_tells_agents_apart() -> None:
    content = statement(
        actor=group(agent("ann"), account("bob"), name="Nobody", mbox="mailto:team@example.org"),
        object=agent("ann", objectType="Agent", name="Ann"),
        authority=agent("authority", name="Authority"),
        context={
            "instructor": agent("ivy", name="Ivy"),
            "team": group(agent("ann"), agent("tom")),
            "contextAgents": [{"objectType": "contextAgent", "agent": agent("carl")}],
            "contextGroups": [{"objectType": "contextGroup", "group": group(agent("cleo"))}],
        },
    )
    found = receive(content).statements[0].found
    mbox = "mbox:mailto:{}@example.org".format
    assert found.agents == (mbox("team"), mbox("ann"), "account:https://lms.example.org|bob")
    assert found.related_agents == (mbox("ivy"), mbox("tom"), mbox("carl"), mbox("cleo"))
    assert found.names == ((mbox("team"), "Nobody"), (mbox("ann"), "Ann"), (mbox("ivy"), "Ivy"))
    assert found.activity is None


def test_found_tells_activities_apart() -> None:
    found = receive(full.whole(Version.V2_0_0)).statements[0].found
    base = "https://lms.example.org/activities/"
    assert found.activity == base + "question"
    assert found.related_activities == (base + "parent", base + "grouping", base + "other")
    assert found.registration == OTHER_ID
    assert found.verb == "http://adlnet.gov/expapi/verbs/answered"
    assert [each for each, _ in found.definitions] == [base + "question", base + "parent"]


def test_found_looks_into_substatements() -> None:
    content = full.nested(Version.V2_0_0)
    found = receive(content).statements[0].found
    base = "https://lms.example.org/activities/"
    assert found.agents == ("mbox:mailto:ann@example.org",)
    assert "account:https://lms.example.org|ann" in found.related_agents
    assert found.activity is None
    assert found.related_activities == (base + "question", base + "parent", base + "grouping", base + "other")
    assert found.registration is None
    assert [each for each, _ in found.definitions] == [base + "question", base + "parent"]
    assert found.attachments == (content["object"]["attachments"][0]["sha2"],)


def test_found_looks_at_a_substatements_agent() -> None:
    found = receive(statement(object=substatement(object=account("zoe", objectType="Agent")))).statements[0].found
    assert found.related_agents == ("account:https://lms.example.org|zoe",)
    assert receive(statement(object=substatement(object=reference()))).statements[0].found.target is None


def test_definitions_are_the_bytes_as_sent() -> None:
    raw = b'{ "\\u0065xtensions":{"http:x":1.10 },"name":{"en":"\\u00e4"}}'
    content = body(statement(object=activity(definition=0))).replace(
        b'"definition": 0', b'"d\\u0065finition" : %b' % raw
    )
    assert receive(content).statements[0].found.definitions == ((activity()["id"], raw),)


def test_digests_are_of_every_attachment_once() -> None:
    links = [attachment(each, fileUrl="http://a") for each in (b"a", b"b", b"a")]
    links[2]["sha2"] = links[2]["sha2"].upper()
    received = receive(statement(attachments=links)).statements[0]
    assert received.found.attachments == (links[0]["sha2"], links[1]["sha2"])
    assert received.digests == tuple(bytes.fromhex(each["sha2"]) for each in links[:2])
