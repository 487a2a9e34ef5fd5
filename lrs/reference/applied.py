"""Applications of reference data, as the log keeps them, and their fold: the log alone gives the same data."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias, get_args

import msgspec

from lrs.reference import case, editions, lists, oneroster, policyfile, yamlfile
from lrs.reference.case import Match
from lrs.reference.editions import Edition
from lrs.reference.identities import hashes, normal
from lrs.reference.model import Link
from lrs.reference.policy import Policies, Policy
from lrs.reference.reference import Records, Reference
from lrs.reference.roster import Roster
from lrs.reference.rostered import Rostered, joined

Kind: TypeAlias = Literal[
    "roster", "rubric", "calendar", "identities", "alignments", "assignments", "mapping", "policy"
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
# Rows that are replaced as a whole: each carries its own dates.
LISTS: Final = ("calendar", "identities", "alignments")


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of a ReferenceApplied event: what was given, in the form that it was read to; see `body`.

    `sha256` is that of the file as given, in hexadecimal; `effective_from` the day from which it holds; `source` the
    name of the file. The body of a roster is an `oneroster.Body`, of a rubric a `case.Body`, of a list its rows, of
    mapping and policy the text of the file.
    """

    kind: Kind
    sha256: str
    effective_from: date
    source: str
    body: Any

    @property
    def name(self) -> str:
        """What one application of takes the place of an earlier one: its kind, and of a rubric which document it is."""
        return f"rubric:{self.body['document']}" if self.kind == "rubric" else self.kind

    def encode(self) -> bytes:
        """The JSON that the log keeps."""
        return msgspec.json.encode(self)


def decode(payload: bytes) -> Applied:
    """An application from the log."""
    return msgspec.json.decode(payload, type=Applied)


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The last application of its name: at which position, of which file."""

    position: int
    sha256: str
    effective_from: date
    source: str


class State(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything that was ever applied, folded; `through` is the position of the last application."""

    roster: Roster = Roster()
    rows: Mapping[str, lists.Body] = msgspec.field(default_factory=dict)
    editions: tuple[Edition, ...] = ()
    crosswalk: tuple[Match, ...] = ()
    policies: Mapping[date, str] = msgspec.field(default_factory=dict)
    mapping: str | None = None
    heads: Mapping[str, Head] = msgspec.field(default_factory=dict)
    through: int = 0

    @cached_property
    def policy(self) -> Policy:
        """The latest policy, by which files are read."""
        return Policies(self._policies).last

    @cached_property
    def _policies(self) -> tuple[tuple[date | None, Policy], ...]:
        return tuple((since, _policy(text)) for since, text in self.policies.items())

    def reference(self) -> Reference:
        """The reference data that all of it makes."""
        policy = self.policy
        rostered = Rostered(self.roster, policy)
        return Reference(Records(
            orgs=rostered.orgs(), people=rostered.people(), posts=rostered.posts(), cohorts=rostered.cohorts(),
            memberships=rostered.memberships(),
            assignments=joined((*rostered.assignments(), *rostered.listed())),
            periods=rostered.periods(), pauses=lists.pauses(self._rows("calendar"), policy),
            links=self._links(rostered),
            alignments=lists.alignments(self._rows("alignments")),
            rubrics=editions.dated(self.editions, self.crosswalk), policies=self._policies, mapping=self.mapping,
            through=self.through,
        ))  # fmt: skip

    def _rows(self, name: str) -> lists.Body:
        return self.rows.get(name, [])

    def _links(self, rostered: Rostered) -> tuple[Link, ...]:
        """The links that were given, then those of the roster for identifiers of which nothing was given."""
        given = lists.links(self._rows("identities"), self.policy)
        taken = {form for link in given for form in (normal(link.ifi), *hashes(link.ifi))}
        return (*given, *(link for link in rostered.links() if normal(link.ifi) not in taken))


EMPTY: Final = State()


def fold(state: State, applied: Applied, position: int) -> State:
    """The state after one more application, which lies at `position` of the log."""
    head = Head(
        position=position, sha256=applied.sha256, effective_from=applied.effective_from, source=applied.source
    )  # fmt: skip
    heads = {**state.heads, applied.name: head}
    return msgspec.structs.replace(state, heads=heads, through=position, **_changed(state, applied))


def _changed(state: State, applied: Applied) -> dict[str, Any]:
    kind, body, day = applied.kind, applied.body, applied.effective_from
    if kind in ("roster", "assignments"):
        return {"roster": state.roster.apply(msgspec.convert(body, oneroster.Body), day)}
    if kind == "rubric":
        package = msgspec.convert(body, case.Body)
        every = state.editions
        for rubric in package.rubrics:
            every = editions.added(every, rubric, day)
        return {"editions": every, "crosswalk": tuple(dict.fromkeys((*state.crosswalk, *package.crosswalk)))}
    if kind == "policy":
        return {"policies": {**state.policies, day: body}}
    if kind == "mapping":
        return {"mapping": body}
    return {"rows": {**state.rows, kind: body}}


def _policy(text: str) -> Policy:
    value = yamlfile.read(text).value
    return policyfile.of(value if isinstance(value, dict) else {})
