"""P-11: events of every version of their shape are read, as the golden files have them.

A reader for each kind is what the server itself decodes it with; what it must find is said here, not there.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
import orjson

from lrs.auth.people import User
from lrs.auth.states import State as Credential
from lrs.events import Kind, Look
from lrs.hooks.registry import State as Hook
from lrs.log import leaf
from lrs.log.read import Told
from lrs.reference import applied
from projections.facts import statement
from projections.facts.fact import Fact
from projections.facts.mapper import Mapper
from tests.guarantees import rows
from tests.guarantees.rows import Outcome, Trial

FOLDER: Final = Path(__file__).parents[1] / "log" / "golden"
KINDS: Final[Mapping[str, Kind]] = {kind.label: kind for kind in Kind}
# Named in the vocabulary, and written by nothing yet.
UNWRITTEN: Final = frozenset(
    {
        Kind.PERSON_ERASED, Kind.STATEMENT_REDACTED, Kind.RECORDS_PRUNED, Kind.SIGNED_IN, Kind.ACCESS_REFUSED,
        Kind.LOG_RESTORED,
    }
)  # fmt: skip


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of `lrs export events`: payload and filled byte for byte."""

    position: int
    kind: str
    stored: datetime
    credential: str | None
    subject: UUID
    filled: msgspec.Raw
    commitment: str
    leaf: str
    salt: str
    payload: msgspec.Raw = msgspec.Raw()
    payload_base64: bytes | None = None

    @property
    def content(self) -> bytes:
        """The payload."""
        return bytes(self.payload) if self.payload_base64 is None else self.payload_base64

    @property
    def is_proven(self) -> bool:
        """Whether payload and filled are those that the log committed itself to; golden events have no attachments."""
        made = leaf.commitment(bytes.fromhex(self.salt), self.content, bytes(self.filled), ())
        return made.hex() == self.commitment

    def told(self) -> Told:
        """The event as followers are told of it."""
        return Told(
            self.position, KINDS[self.kind], self.stored, self.subject, self.content, bytes(self.filled)
        )  # fmt: skip


def files() -> Sequence[Path]:
    """The golden files, oldest first."""
    return sorted(FOLDER.glob("*.jsonl"))


def lines(file: Path) -> Iterator[Line]:
    """The events of a golden file."""
    decoder = msgspec.json.Decoder(Line)
    return (decoder.decode(each) for each in file.read_bytes().splitlines())


def state(told: Sequence[Line]) -> applied.State:
    """All reference data of a golden file, folded."""
    made = applied.EMPTY
    for each in told:
        if each.kind == Kind.REFERENCE_APPLIED.label:
            made = applied.fold(made, applied.decode(each.content), each.position)
    return made


def facts(told: Sequence[Line]) -> list[Fact]:
    """The facts of all statements of a golden file, by its reference data."""
    mapper = Mapper.of(state(told).reference())
    found: list[Fact] = []
    for each in told:
        if each.kind == Kind.STATEMENT_STORED.label:
            content = statement.parse(each.told())
            assert content is not None
            found += statement.mapped(mapper, each.told(), content).facts
    return found


def _document(line: Line) -> object:
    named = orjson.loads(bytes(line.filled))
    return named["resource"], named["id"]


def _store(line: Line) -> object:
    return orjson.loads(line.content)["name"]


READERS: Final[Mapping[Kind, Callable[[Line], Any]]] = {
    Kind.STATEMENT_STORED: lambda line: statement.parse(line.told()),
    Kind.DOCUMENT_STORED: _document,
    Kind.DOCUMENT_DELETED: _document,
    Kind.REFERENCE_APPLIED: lambda line: applied.decode(line.content),
    Kind.CREDENTIAL_ISSUED: lambda line: Credential.parse(line.content),
    Kind.CREDENTIAL_ROTATED: lambda line: Credential.parse(line.content),
    Kind.CREDENTIAL_REVOKED: lambda line: Credential.parse(line.content),
    Kind.USER_CHANGED: lambda line: User.parse(line.content),
    Kind.HOOK_CHANGED: lambda line: msgspec.json.decode(line.content, type=Hook),
    Kind.RECORDS_READ: lambda line: msgspec.json.decode(line.content, type=Look),
    Kind.RECORDS_EXPORTED: lambda line: msgspec.json.decode(line.content, type=Look),
    Kind.STORE_CHANGED: _store,
}


@rows.row("P-11", "100 % of golden events are read, of every kind there is", loops=1, short=1)
async def golden_events_are_read(trial: Trial) -> Outcome:
    kinds: Counter[str] = Counter()
    unread: list[str] = []
    made = 0
    for file in files():
        told = list(lines(file))
        for each in told:
            kinds[each.kind] += 1
            try:
                if READERS[KINDS[each.kind]](each) is None or not each.is_proven:
                    unread.append(f"{file.name} {each.kind} {each.subject}")
            except Exception as error:
                unread.append(f"{file.name} {each.kind} {each.subject}: {error!r}")
        made += len(facts(told))
    missing = sorted(kind.label for kind in Kind if kind not in UNWRITTEN and kind.label not in kinds)
    figure = {
        "files": len(files()), "events": kinds.total(), "kinds": len(kinds), "facts": made, "unread": unread,
        "missing": missing,
    }  # fmt: skip
    return Outcome(figure=figure, held=not unread and not missing and made > 0)
