"""Events, their payloads and the data of attachments as rows."""

from collections.abc import Mapping, Sequence

from lrs.log.group import Written
from lrs.log.writing import Writing
from lrs.storage import sqlfile

SQL = sqlfile.load(__package__, "append.sql")


def add(to: Writing, written: Sequence[Written], blobs: Mapping[bytes, bytes]) -> None:
    """Add events, payloads, and blobs by raw SHA-2."""
    events = [each.event for each in written]
    positions = [event.position for event in events]
    to.add(
        SQL["insert_events"],
        positions=positions,
        kinds=[event.kind for event in events],
        stored=[event.stored for event in events],
        credentials=[event.credential for event in events],
        subjects=[event.subject for event in events],
        commitments=[each.commitment for each in written],
        leaves=[each.leaf for each in written],
    )
    to.add(
        SQL["insert_payloads"],
        positions=positions,
        payloads=[event.payload for event in events],
        filled=[event.filled for event in events],
        salts=[each.salt for each in written],
    )
    if blobs:
        to.add(SQL["insert_blobs"], digests=list(blobs.keys()), contents=list(blobs.values()))
