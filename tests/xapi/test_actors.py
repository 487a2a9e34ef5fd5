import json

import pytest

from lrs.errors import Invalid
from lrs.xapi import actors
from lrs.xapi.versions import Version
from tests.factories import account, agent, group


def test_each_identifier_has_its_form() -> None:
    assert actors.ifi(agent("Ann")) == "mbox:mailto:Ann@example.org"
    assert actors.ifi({"mbox_sha1sum": "AB" * 20}) == "mbox_sha1sum:" + "ab" * 20
    assert actors.ifi({"openid": "http://ann.example.org/"}) == "openid:http://ann.example.org/"
    assert actors.ifi(account("ann")) == "account:https://lms.example.org|ann"


def test_accounts_cannot_be_mistaken() -> None:
    one = {"account": {"homePage": "http://a|b", "name": "c"}}
    two = {"account": {"homePage": "http://a", "name": "b|c"}}
    three = {"account": {"homePage": "http://a\\", "name": "b|c"}}
    assert len({actors.ifi(each) for each in (one, two, three)}) == 3
    assert actors.ifi(one) == "account:http://a\\|b|c"


def test_an_anonymous_group_has_none() -> None:
    assert actors.ifi(group(agent())) is None
    assert actors.ifi(group(mbox="mailto:team@example.org")) == "mbox:mailto:team@example.org"


def test_a_parameter_is_read() -> None:
    assert actors.parse('{"mbox":"mailto:a@b.c","name":"A"}') == {"mbox": "mailto:a@b.c", "name": "A"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "[]",
        '"mailto:a@b.c"',
        "{}",
        '{"mbox":"a@b.c"}',
        '{"mbox":"mailto:a@b.c","mbox":"mailto:a@b.c"}',
        '{"mbox":"mailto:a@b.c","openid":"http://a"}',
        '{"Mbox":"mailto:a@b.c"}',
        '{"mbox":null}',
        '{"mbox":"mailto:a@b.c","name":null}',
        '{"mbox":"mailto:a@b.c","extra":1}',
        '{"account":{"homePage":"http://a","name":1}}',
        '{"account":{"homePage":"a","name":"b"}}',
        '{"objectType":"agent","mbox":"mailto:a@b.c"}',
        '{"objectType":"Group","mbox":"mailto:a@b.c"}',
        '{"mbox":"mailto:a@b.c\\ud800"}',
        '{"mbox":"mailto:\ud800@b.c"}',
    ],
)
@pytest.mark.parametrize("version", Version)
def test_what_is_no_agent_is_refused(text: str, version: Version) -> None:
    with pytest.raises(Invalid) as refused:
        actors.parse(text, version=version)
    assert (refused.value.paragraph or "").startswith(version.value[:3])
    assert refused.value.rule


def test_an_identifier_is_limited() -> None:
    with pytest.raises(Invalid, match="4096") as refused:
        actors.parse(json.dumps({"openid": "http:" + "x" * 4096}))
    assert refused.value.pointer == "/openid"


def test_a_group_must_be_identified() -> None:
    assert actors.parse('{"objectType":"Group","mbox":"mailto:a@b.c"}', groups=True)
    with pytest.raises(Invalid, match="anonymous"):
        actors.parse('{"objectType":"Group","member":[{"mbox":"mailto:a@b.c"}]}', groups=True)
