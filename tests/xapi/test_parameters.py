import json

import pytest

from lrs.errors import Invalid
from lrs.xapi import parameters
from lrs.xapi.limits import DEFAULT
from lrs.xapi.parameters import Parameters
from lrs.xapi.versions import Version

AGENT = '{"mbox":"mailto:a@example.org"}'


def read(*pairs: tuple[str, str], allowed: tuple[str, ...] = ("agent", "activityId")) -> Parameters:
    return parameters.read(pairs, allowed, version=Version.V2_0_0, limits=DEFAULT)


def test_nothing_is_allowed_where_nothing_is() -> None:
    with pytest.raises(Invalid, match="there is no parameter 'x' here, only none at all"):
        read(("x", "y"), allowed=())


def test_absent_parameter_is_none() -> None:
    given = read()
    assert not given.has("agent")
    assert given.agent() is given.iri("activityId") is given.text("agent") is None


def test_needed_parameter_is_missed() -> None:
    with pytest.raises(Invalid, match="the parameter activityId is missing"):
        read(("agent", AGENT)).needed("agent", "activityId")


def test_actor_is_whole() -> None:
    assert json.loads(AGENT) == read(("agent", AGENT)).actor()
    with pytest.raises(Invalid, match="the parameter agent is missing"):
        read().actor()


def test_bad_agent_is_told_by_its_place() -> None:
    with pytest.raises(Invalid, match="the parameter agent is no valid Agent at /mbox") as refused:
        read(("agent", '{"mbox":1}')).actor()
    assert refused.value.pointer is None


def test_control_characters_are_not_quoted_back() -> None:
    with pytest.raises(Invalid) as refused:
        read(("activityId", "a\r\nb\u001b")).iri("activityId")
    assert refused.value.detail.isprintable()
