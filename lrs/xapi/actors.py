"""Agents and groups: what makes two of them the same, and the `agent` parameter."""

from collections.abc import Mapping

from lrs.xapi import checks, schema, strictjson
from lrs.xapi.limits import DEFAULT, Limits
from lrs.xapi.rules import IFI
from lrs.xapi.strictjson import JSON
from lrs.xapi.values import shown
from lrs.xapi.versions import Version


def ifi(actor: Mapping[str, object]) -> str | None:
    """The canonical IFI of a valid agent or group, by which agents are equal; None for an anonymous group.

    `mbox:` with the mailto IRI as sent, `mbox_sha1sum:` in lower case, `openid:`, and `account:homePage|name` with
    `|` and `\\` of the homePage escaped by `\\`. (1.0.3 Data 2.4.2.3; 2.0 4.2.2.1)
    """
    if (mbox := actor.get("mbox")) is not None:
        return f"mbox:{mbox}"
    if isinstance(account := actor.get("account"), dict):
        home = str(account["homePage"])
        if "|" in home or "\\" in home:
            home = home.replace("\\", "\\\\").replace("|", "\\|")
        return f"account:{home}|{account['name']}"
    if isinstance(sha1 := actor.get("mbox_sha1sum"), str):
        return f"mbox_sha1sum:{sha1.lower()}"
    if (openid := actor.get("openid")) is not None:
        return f"openid:{openid}"
    return None


def parse(
    text: str, *, version: Version = Version.V2_0_0, groups: bool = False, limits: Limits = DEFAULT
) -> dict[str, JSON]:
    """The JSON object of an `agent` parameter, an Agent or (with `groups`) an identified Group; else Invalid.

    (1.0.3 Communication 2.1.3, 2.3; 2.0 4.1.6)
    """
    try:
        raw = text.encode()
    except UnicodeEncodeError as error:
        raise IFI.broken(version, "the agent is not valid UTF-8") from error
    actor = strictjson.parse(raw, limits, version=version)
    if not isinstance(actor, dict):
        raise IFI.broken(version, f"an agent must be a JSON object, not {shown(text)}")
    shape = schema.GROUP if groups and actor.get("objectType") == "Group" else schema.AGENT
    schema.check(shape, actor, version)
    checks.check_iris(actor, version, limits)
    if ifi(actor) is None:
        raise IFI.broken(version, "an anonymous Group cannot be asked for: it has no identifier")
    return actor
