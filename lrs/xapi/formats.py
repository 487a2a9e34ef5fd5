"""Statements and what is said about agents and activities, as a GET gives them. (1.0.3 Communication 2.1.3, 2.4, 2.5;
2.0 4.1.6.1, 4.1.6.3, 4.1.6.4)

Only what must change is opened, one level at a time: all else leaves as the bytes that came, so that numbers keep their
text and no value is too deep, too long or too strange to be given back.
"""

import functools
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Raw

from lrs.xapi import languages as spoken
from lrs.xapi import values

Members = dict[str, Raw]
Change = Callable[[Raw], Raw]

_object = msgspec.json.Decoder(dict[str, Raw]).decode
_array = msgspec.json.Decoder(list[Raw]).decode
_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode

_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
_LANGUAGE_MAPS = ("name", "description")
_COMPONENTS = ("choices", "scale", "source", "target", "steps")
_INTERACTION = ("interactionType", "correctResponsesPattern", *_COMPONENTS)

_UTC = re.compile(rb'"[0-9-]{10}T[0-9:]{8}(?:\.[0-9]+)?Z"')


class _Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What a format does to each kind of object in a statement, wherever in it that stands."""

    actor: Change
    verb: Change
    activity: Change
    attachment: Change


def exact(payload: bytes, filled: bytes, stored: datetime) -> bytes:
    """A statement as it was sent, with what the LRS set. (1.0.3 Data 2.3.1; 2.0 4.2.4.2)

    `filled` is the JSON object of what the LRS added; it wins over what was sent. `contextActivities` hold arrays
    (1.0.3 Data 2.4.6.2; 2.0 4.2.4.2), a timestamp is in UTC with its digits kept (1.0.3 Data 4.5; 2.0 4.2.7).
    """
    return _encode(_received(payload, filled, stored))


def ids(payload: bytes, filled: bytes, stored: datetime) -> bytes:
    """A statement with no more of its agents, groups, verbs and activities than identifies them."""
    return _encode(_shaped(_received(payload, filled, stored), _IDS))


def canonical(
    payload: bytes, filled: bytes, stored: datetime, *, definitions: Mapping[str, bytes], languages: str | None
) -> bytes:
    """A statement with `definitions` (by activity id) in its activities and one language in each language map.

    The language is chosen per map by `languages`, the Accept-Language header. Actors are as in `exact`; an activity
    without a canonical definition shows its own.
    """
    return _encode(_shaped(_received(payload, filled, stored), _canonical_shape(definitions, languages)))


def activities(payload: bytes) -> set[str]:
    """The ids of all activities in a statement: those whose definitions `canonical` wants to know."""
    found: set[str] = set()

    def note(activity: Raw) -> Raw:
        found.add(_text(_object(activity)["id"]))
        return activity

    _shaped(_settled(_object(payload)), _Shape(actor=_same, verb=_same, activity=note, attachment=_same))
    return found


def merge_definitions(definitions: Sequence[bytes]) -> bytes:
    """One canonical definition of an activity from all seen, earliest first. (1.0.3 Data 2.4.4.1; 2.0 4.2.4.3)

    Language maps and extensions are united, the later one wins per tag and per key; type and moreInfo are the latest.
    What is asked in an interaction and what answers it right stay as they were first defined, since a canonical
    definition should not change significantly, "e.g. changes to correct responses"; its components gain languages.
    None at all gives an empty object.
    """
    if len(set(definitions)) == 1:
        return definitions[0]
    merged: Members = {}
    for definition in definitions:
        members = _object(definition)
        other_interaction = _differ("interactionType", merged, members)
        for name, value in members.items():
            if not (other_interaction and name in _INTERACTION):
                merged[name] = _united(name, merged[name], value) if name in merged else value
    return _encode(merged)


def activity(activity_id: str, definitions: Sequence[bytes]) -> bytes:
    """The Activity object that GET /activities answers; where nothing was ever defined, its id alone."""
    answer: dict[str, str | Raw] = {"objectType": "Activity", "id": activity_id}
    if definitions:
        answer["definition"] = Raw(merge_definitions(definitions))
    return _encode(answer)


def person(agent: Mapping[str, object], names: Sequence[str]) -> bytes:
    """The Person object for the `agent` asked for: each property a list. (1.0.3 Communication 2.4; 2.0 4.1.6.3)

    `names` are those under which the agent was seen; the one in the request joins them.
    """
    asked = [agent["name"]] if "name" in agent else []
    all_names = list(dict.fromkeys([*names, *asked]))
    answer: dict[str, object] = {"objectType": "Person"}
    if all_names:
        answer["name"] = all_names
    return _encode(answer | {key: [agent[key]] for key in _IDENTIFIERS if key in agent})


def result(statements: Sequence[bytes], more: str) -> bytes:
    """A StatementResult of statements already written; `more` is "" on the last page. (1.0.3 Data 2.5; 2.0 4.1.6.1)"""
    return b'{"statements":[' + b",".join(statements) + b'],"more":' + _encode(more) + b"}"


def instant(moment: datetime) -> str:
    """A moment in UTC with six decimals and Z, as `stored` is shown. `moment` has a time zone."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


# What every format has in common


def _received(payload: bytes, filled: bytes, stored: datetime) -> Members:
    statement = _object(payload)
    statement |= _object(filled)
    statement["stored"] = Raw(f'"{instant(stored)}"'.encode())
    if b'"SubStatement"' in payload or b"\\u" in payload:  # \u may spell anything
        return _settled(statement)
    _replace(statement, "timestamp", _in_utc)
    if b"contextActivities" in payload:
        _replace(statement, "context", _with_arrays)
    return statement


def _settled(statement: Members) -> Members:
    """A statement or SubStatement with its timestamp in UTC and arrays in its contextActivities."""
    _replace(statement, "timestamp", _in_utc)
    _replace(statement, "context", _with_arrays)
    _replace(statement, "object", _settled_object)
    return statement


def _settled_object(target: Raw) -> Raw:
    members = _object(target)
    return Raw(_encode(_settled(members))) if _kind(members) == "SubStatement" else target


def _with_arrays(context: Raw) -> Raw:
    members = _object(context)
    if "contextActivities" not in members:
        return context
    lists = _object(members["contextActivities"])
    single = {name: Raw(b"[" + bytes(value) + b"]") for name, value in lists.items() if bytes(value)[:1] == b"{"}
    if not single:
        return context
    members["contextActivities"] = Raw(_encode(lists | single))
    return Raw(_encode(members))


def _in_utc(timestamp: Raw) -> Raw:
    """The same moment with Z; one that leaves the years 1 to 9999 on the way stays in its own words."""
    if _UTC.fullmatch(timestamp):
        return timestamp
    try:
        return Raw(f'"{values.in_utc(_text(timestamp))}"'.encode())
    except (ValueError, OverflowError):
        return timestamp


def _shaped(statement: Members, shape: _Shape) -> Members:
    """`statement` with `shape` applied to every object of the four kinds; contextActivities must hold arrays."""
    _replace(statement, "actor", shape.actor)
    _replace(statement, "verb", shape.verb)
    _replace(statement, "object", functools.partial(_shaped_object, shape))
    _replace(statement, "context", functools.partial(_shaped_context, shape))
    _replace(statement, "authority", shape.actor)
    _replace(statement, "attachments", _each(shape.attachment))
    return statement


def _shaped_object(shape: _Shape, target: Raw) -> Raw:
    members = _object(target)
    match _kind(members):
        case "Activity":
            return shape.activity(target)
        case "Agent" | "Group":
            return shape.actor(target)
        case "SubStatement":
            return Raw(_encode(_shaped(members, shape)))
        case _:
            return target


def _shaped_context(shape: _Shape, context: Raw) -> Raw:
    members = _object(context)
    _replace(members, "instructor", shape.actor)
    _replace(members, "team", shape.actor)
    _replace(members, "contextActivities", _every(_each(shape.activity)))
    _replace(members, "contextAgents", _each(_inside("agent", shape.actor)))
    _replace(members, "contextGroups", _each(_inside("group", shape.actor)))
    return Raw(_encode(members))


def _kind(target: Members) -> str:
    """The objectType of a statement's object, which is an Activity where it does not say. (1.0.3 Data 2.4.4)"""
    return _text(target["objectType"]) if "objectType" in target else "Activity"


def _replace(members: Members, name: str, change: Change) -> None:
    if name in members:
        members[name] = change(members[name])


def _each(change: Change) -> Change:
    return lambda array: Raw(_encode([change(element) for element in _array(array)]))


def _every(change: Change) -> Change:
    return lambda value: Raw(_encode({name: change(member) for name, member in _object(value).items()}))


def _inside(name: str, change: Change) -> Change:
    def changed(value: Raw) -> Raw:
        members = _object(value)
        _replace(members, name, change)
        return Raw(_encode(members))

    return changed


def _same(value: Raw) -> Raw:
    return value


# format=ids


def _only(value: Raw, names: Collection[str]) -> Raw:
    return Raw(_encode({name: member for name, member in _object(value).items() if name in names}))


def _only_id(value: Raw) -> Raw:
    return _only(value, ("id",))


def _identified(actor: Raw) -> Raw:
    """An actor's objectType, if sent, and identifier; an anonymous group's members, each likewise."""
    members = _object(actor)
    if any(name in members for name in _IDENTIFIERS):
        return _only(actor, ("objectType", *_IDENTIFIERS))
    _replace(members, "member", _each(_identified))
    return Raw(_encode({name: member for name, member in members.items() if name in ("objectType", "member")}))


_IDS = _Shape(actor=_identified, verb=_only_id, activity=_only_id, attachment=_same)


# format=canonical


def _canonical_shape(definitions: Mapping[str, bytes], header: str | None) -> _Shape:
    one = _one_language(spoken.parse(header))

    def defined(activity: Raw) -> Raw:
        members = _object(activity)
        known = definitions.get(_text(members["id"]))
        if known is not None:
            members["definition"] = Raw(known)
        _replace(members, "definition", functools.partial(_one_per_map, one))
        return Raw(_encode(members))

    return _Shape(actor=_same, verb=_inside("display", one), activity=defined, attachment=_both(one))


def _one_language(preferences: spoken.Preferences) -> Change:
    def change(language_map: Raw) -> Raw:
        entries = _object(language_map)
        chosen = preferences.choose(entries)
        return language_map if chosen is None else Raw(_encode({chosen: entries[chosen]}))

    return change


def _both(one: Change) -> Change:
    display, description = _inside("display", one), _inside("description", one)
    return lambda attachment: description(display(attachment))


def _one_per_map(one: Change, definition: Raw) -> Raw:
    members = _object(definition)
    for name in _LANGUAGE_MAPS:
        _replace(members, name, one)
    for name in _COMPONENTS:
        _replace(members, name, _each(_inside("description", one)))
    return Raw(_encode(members))


def _differ(name: str, one: Members, other: Members) -> bool:
    return name in one and name in other and _text(one[name]) != _text(other[name])


def _united(name: str, earlier: Raw, later: Raw) -> Raw:
    if name in _COMPONENTS:
        return _united_components(earlier, later)
    if name in _LANGUAGE_MAPS or name == "extensions":
        return Raw(_encode(_object(earlier) | _object(later)))
    return earlier if name in _INTERACTION else later


def _united_components(earlier: Raw, later: Raw) -> Raw:
    """The earlier list, each component with the languages that its later description has too."""
    descriptions = {
        _text(members["id"]): _object(members["description"])
        for members in map(_object, _array(later))
        if "description" in members
    }
    components = [_object(element) for element in _array(earlier)]
    for members in components:
        if described := descriptions.get(_text(members["id"])):
            known = _object(members["description"]) if "description" in members else {}
            members["description"] = Raw(_encode(known | described))
    return Raw(_encode(components))
