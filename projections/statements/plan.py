"""The query for one combination of filters, put together from fixed conditions; every value is a parameter.

A statement is found by its own row (`own`), by a row of another agent of it or of a statement that it refers to
(`also`), or by a relation (`related`). Each branch walks one index in the order asked for and stops at the limit, so a
page costs the same whether a key has fifty statements or a million.
"""

from functools import lru_cache

import msgspec


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Which filters a query has."""

    agent: bool
    verb: bool
    activity: bool
    registration: bool
    related_agents: bool
    related_activities: bool
    mine: bool
    ascending: bool

    @property
    def is_several(self) -> bool:
        """Whether more than one filter narrows it down."""
        return self.agent + self.verb + self.activity + self.registration + self.mine > 1


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """SQL and the names of its parameters, in order."""

    text: str
    parameters: tuple[str, ...]


PARAMETERS = ("store", "after", "before", "limit", "agent", "verb", "activity", "registration", "mine")

OWN = "select s.position from statements.statements s where s.store = :store"
ALSO = "select distinct s.position from statements.also s where s.store = :store"
RELATED = (
    "select distinct r.position from statements.related r"
    " join statements.statements s on s.store = :store and s.position = r.source"
    " where r.store = :store"
)


@lru_cache(maxsize=512)
def plan(shape: Shape, page: str) -> Plan:
    """The plan of a page; `page` is the query around the positions that are found, with {found} and {order}."""
    branches = " union ".join(f"({branch}{_end(shape, branch)})" for branch in _branches(shape))
    found = f"select position from ({branches}) every order by position {_order(shape)} limit :limit"  # noqa: S608
    text = page.format(found=found, order=_order(shape))
    used = [name for name in PARAMETERS if f":{name}" in found]
    for number, name in enumerate(used, 1):
        text = text.replace(f":{name}", f"${number}")
    return Plan(text=text, parameters=tuple(used))


def _order(shape: Shape) -> str:
    """The order by position, which is that of `stored`."""
    return "asc" if shape.ascending else "desc"


def _branches(shape: Shape) -> list[str]:
    rest = _rest(shape)
    if shape.agent:
        branches = [OWN + " and s.agent = :agent" + rest["own"], ALSO + " and s.agent = :agent" + rest["also"]]
        if shape.related_agents:
            branches += [
                OWN + " and s.authority = :agent" + rest["own"],
                ALSO + " and s.lead and s.authority = :agent" + rest["also"],
                RELATED + " and r.key = :agent" + rest["related"],
            ]
        return branches
    if shape.activity and shape.related_activities:
        return [
            OWN + " and s.activity = :activity" + rest["own"],
            ALSO + " and s.lead and s.activity = :activity" + rest["also"],
            RELATED + " and r.key = :activity" + rest["related"],
        ]
    branches = [OWN + rest["own"]]
    if shape.verb or shape.activity or shape.registration:
        branches.append(ALSO + " and s.lead" + rest["also"])
    return branches


def _rest(shape: Shape) -> dict[str, str]:
    """The filters that do not lead a branch, as conditions on its row."""
    plain = ""
    if shape.verb:
        plain += " and s.verb = :verb"
    if shape.registration:
        plain += " and s.registration = :registration"
    driven = shape.related_activities and not shape.agent
    rest = dict.fromkeys(("own", "also", "related"), plain)
    if shape.activity and not driven:
        for branch in rest:
            rest[branch] += _activity(shape, branch)
    if shape.mine:
        rest = {branch: conditions + " and s.authority = :mine" for branch, conditions in rest.items()}
        for branch, row in (("also", "s"), ("related", "r")):
            rest[branch] += (
                " and exists (select from statements.statements t"
                f" where t.store = :store and t.position = {row}.position and t.authority = :mine)"
            )
    return rest


def _activity(shape: Shape, branch: str) -> str:
    if not shape.related_activities:
        return " and s.activity = :activity"
    position, source = {"own": ("s.position", "s.position"), "also": ("s.position", "s.source")}.get(
        branch, ("r.position", "r.source")
    )
    return (
        " and (s.activity = :activity or exists ("
        "select from statements.related o where o.store = :store and o.key = :activity"
        f" and o.position = {position} and o.source = {source}))"
    )


def _end(shape: Shape, branch: str) -> str:
    """What every branch ends with: the window, no voided ones, the order and the limit."""
    row = "r" if branch.startswith(RELATED) else "s"
    return (
        f" and {row}.position > :after and {row}.position < :before"
        f" and not exists (select from statements.voided v where v.store = :store and v.position = {row}.position)"
        f" order by {row}.position {_order(shape)} limit :limit"
    )
