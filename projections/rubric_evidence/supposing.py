"""What mastery would be by another method: computed from items when it is asked, so that a what-if needs no rebuild."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from lrs.errors import Invalid
from lrs.reference.policy import METHODS, Mastery, Method
from projections.rubric_evidence import evidence, tables
from projections.rubric_evidence.standards import MIXED, Standard, Standards
from projections.rubric_evidence.units import units

Row: TypeAlias = dict[str, Any]
# What the int of each method may be, as Canvas has it.
RANGES: Final[Mapping[Method, range]] = {
    "n_mastery": range(1, 11), "decaying_average": range(1, 100), "standard_decaying_average": range(50, 100),
}  # fmt: skip
_FORM: Final = re.compile(r"([a-z_]+)(?::([0-9]{1,3}))?")


def method(text: str) -> tuple[Method, int | None]:
    """A method, and its int where one is given: `highest`, `n_mastery:3`. Invalid for any other text."""
    found = _FORM.fullmatch(text)
    for known in METHODS:
        if found is not None and found[1] == known:
            if found[2] is not None and int(found[2]) not in RANGES.get(known, range(0)):
                break
            return known, None if found[2] is None else int(found[2])
    raise Invalid(f"method is one of {_told()}, not {text[:80]!r}", rule="parameter")


def _told() -> str:
    return ", ".join(f"{each}[:{RANGES[each][0]}-{RANGES[each][-1]}]" if each in RANGES else each for each in METHODS)


class Supposed:
    """Rows of `evidence` as they would be by another method, from the items of the same people."""

    def __init__(self, text: str, standards: Standards, items: Sequence[Row]) -> None:
        self._method, self._number = method(text)
        self._standards = standards
        self._items: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for item in items:
            if item["superseded_by"] is None and item["score"] is not None:
                for period in item["period_ids"]:
                    self._items[item["person_id"], item["org_id"], period].append(item)

    def row(self, row: Row) -> Row:
        """The row, judged by the method."""
        period = self._standards.reference.period(row["period_id"])
        found = self._items[row["person_id"], row["org_id"], row["period_id"]]
        same = [item for item in found if row["purpose"] in (item["purpose"], MIXED)]
        counted = []
        standard = None
        for item in same:
            own = self._standards.of(item["criterion_id"], period)
            if own.place.criterion.id == row["criterion_id"]:
                standard = own
                if item["assessor_role"] in own.policy.counts:
                    counted.append((_order(item, own.policy), item["observed_at"], self._score(item, own)))
        if standard is None:
            standard = self._standards.of(row["criterion_id"], period)
        number = self._number if self._number is not None else standard.policy.parameter(self._method)
        rule = standard.rule._replace(method=self._method, number=number)
        ordered = [(when, score) for _, when, score in sorted(counted)]
        judged = evidence.judged(ordered, standard.place.scale, rule)
        return {**row, **dict(zip(tables.JUDGED, map(_plain, judged), strict=True))}

    def _score(self, item: Row, standard: Standard) -> int:
        own = self._standards.place(item["criterion_id"], item["local_date"])
        return evidence.rescaled(units(item["score"]), own, standard.place)


def _order(item: Row, policy: Mastery) -> tuple[datetime, datetime, str, int]:
    first = item["stored_at"] if policy.order_by == "stored" else item["observed_at"]
    return first or item["observed_at"], item["observed_at"], str(item["statement_id"]), item["n"]


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """Numbers as answers have them."""
    return float(value) if value is not None and not isinstance(value, str | bool | int | datetime) else value
