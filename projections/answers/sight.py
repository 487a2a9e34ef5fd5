"""Which rows a role sees, and which a filter means, as conditions on columns. No I/O."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec

from lrs.errors import Forbidden, Invalid
from lrs.reference.policy import Policy
from lrs.reference.reference import Reference
from projections.answers.asked import Asked
from projections.answers.asker import Asker, Role
from projections.answers.conditions import Alternative, Condition
from projections.answers.question import Filter, Grant, Question, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping

# Filters that pick no people.
UNNAMING: Final = frozenset({"period", "rubric", "criterion"})


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What an asker sees of a question: by each of the grants, the rows that meet one of its alternatives.

    A grant whose alternatives are None sees every row. `summary` is the grant that sees sums only, if there is one.
    """

    grants: tuple[tuple[Grant, tuple[Alternative, ...] | None], ...]
    summary: Grant | None

    @property
    def condition(self) -> Condition | None:
        """What rows must meet to be seen at all; None where every row is."""
        if any(alternatives is None for _, alternatives in self.grants):
            return None
        return [each for _, alternatives in self.grants for each in alternatives or ()]

    def is_sum(self, asked: Asked) -> bool:
        """Whether sums are told in place of rows."""
        return bool(asked.by) or not self.grants


def of(question: Question, asked: Asked) -> Sight:
    """What the asker sees; Forbidden where none of her roles sees anything."""
    policy = asked.reference.policy(asked.today)
    held = [
        _eased(role, question.sees[role], policy) for role in Role if role in asked.asker.roles & set(question.sees)
    ]
    if not held:
        roles = ", ".join(sorted(question.sees))
        raise Forbidden(f"this is for {roles}; you are {', '.join(sorted(asked.asker.roles))}")
    summed = [grant for grant in held if grant.rows is Rows.SUMMARY]
    seeing = [grant for grant in held if grant.rows is not Rows.SUMMARY]
    return Sight(
        grants=tuple((grant, _alternatives(question, grant, asked)) for grant in seeing),
        summary=summed[0] if summed else None,
    )


def _eased(role: Role, grant: Grant, policy: Policy) -> Grant:
    """What a role sees where the district has decided for more than is usual."""
    if role is Role.PRINCIPAL and policy.purposes.principal_sees_formative:
        return msgspec.structs.replace(grant, purposes=None)
    if role is Role.DIRECTOR and policy.privacy.director_sees_people and grant.rows is Rows.SUMMARY:
        return msgspec.structs.replace(grant, rows=Rows.ALL)
    return grant


def filters(question: Question, asked: Asked) -> list[Condition]:
    """What rows must meet by the parameters that were given."""
    return [
        [{each.column: reached(each, asked.values[name], asked)}]
        for name, each in question.filters.items()
        if name in asked.values
    ]


def guard(question: Question, asked: Asked, seen: Sight) -> None:
    """Forbidden where one who sees pseudonyms alone asks for named persons, or for so few that they could be told."""
    if not seen.grants or not all(grant.pseudonyms for grant, _ in seen.grants):
        return
    least = asked.reference.policy(asked.as_of).suppression.performance_k
    for name, each in question.filters.items():
        if name not in asked.values or name in UNNAMING:
            continue
        is_wide = each.reach in ("org-of-person", "members") and len(reached(each, asked.values[name], asked)) >= least
        if not is_wide:
            raise Forbidden(
                f"with pseudonyms nobody may be picked by {name}: ask for {least} people or more, or for all"
            )


def reached(filter_: Filter, values: Collection[str], asked: Asked) -> frozenset[str]:
    """What a column may hold so that it is meant by these values of a parameter."""
    reference = asked.reference
    if filter_.reach == "org":
        return beneath(reference, values)
    if filter_.reach == "org-of-person":
        return people_of(reference, beneath(reference, values), asked.as_of)
    if filter_.reach == "members":
        return members(reference, values, asked.as_of)
    if filter_.reach == "criterion":
        return frozenset(reference.criterion_of(value) or value for value in values)
    return frozenset(values)


def beneath(reference: Reference, orgs: Collection[str]) -> frozenset[str]:
    """These organisations and all beneath them."""
    wanted = frozenset(orgs)
    return wanted | {org for org in reference.orgs if not wanted.isdisjoint(reference.ancestors(org))}


def people_of(reference: Reference, orgs: Collection[str], day: date) -> frozenset[str]:
    """Who belongs to one of these organisations that day."""
    return frozenset(person for person in reference.people if reference.org_of(person, day) in orgs)


def members(reference: Reference, cohorts: Iterable[str], day: date) -> frozenset[str]:
    """Who is in one of these cohorts that day, facilitators too."""
    return frozenset(each.person for cohort in cohorts for each in reference.members(cohort) if each.covers(day))


def schools(asker: Asker, reference: Reference, day: date) -> frozenset[str]:
    """The organisations that a principal sees: those given to the user, else those of her posts, and all beneath."""
    posts = [each.org for each in reference.records.posts if each.person == asker.person and each.covers(day)]
    return beneath(reference, asker.orgs or posts)


def _alternatives(question: Question, grant: Grant, asked: Asked) -> tuple[Alternative, ...] | None:
    found = _rows(question, grant, asked)
    if grant.purposes is None or question.purpose is None:
        return found
    purposes: Mapping[str, frozenset[str]] = {question.purpose: grant.purposes}
    return ({**purposes},) if found is None else tuple({**each, **purposes} for each in found)


def _rows(question: Question, grant: Grant, asked: Asked) -> tuple[Alternative, ...] | None:
    if grant.rows is Rows.ALL:
        return None
    if grant.rows is Rows.SCHOOL:
        return _school(question, asked)
    person = asked.asker.person
    if person is None:
        raise Invalid(
            "this user is tied to no person of the roster, so that nothing is hers: an administrator says who she is by"
            " PUT /admin/v1/users/NAME with roles and person, or when she is made, by `lrs user create --person`",
            rule="person",
        )
    mine = frozenset({person})
    if grant.rows is Rows.OWN:
        return ({_needed(question.person): mine},)
    if grant.rows is Rows.CASELOAD:
        return _caseload(question, asked, mine)
    return _cohorts(question, grant, asked, person)


def _school(question: Question, asked: Asked) -> tuple[Alternative, ...]:
    orgs = schools(asked.asker, asked.reference, asked.today)
    if question.org is not None:
        return ({question.org: orgs},)
    return ({_needed(question.person): people_of(asked.reference, orgs, asked.as_of)},)


def _caseload(question: Question, asked: Asked, mine: frozenset[str]) -> tuple[Alternative, ...]:
    if question.coach is not None:
        return ({question.coach: mine},)
    (coach,) = mine
    assigned = asked.reference.assignments_of_coach(coach)
    return ({_needed(question.person): frozenset(each.educator for each in assigned if each.covers(asked.today))},)


def _cohorts(question: Question, grant: Grant, asked: Asked, person: str) -> tuple[Alternative, ...]:
    wanted = "facilitator" if grant.rows is Rows.COHORT else "member"
    memberships = asked.reference.memberships(person)
    cohorts = frozenset(each.cohort for each in memberships if each.role == wanted and each.covers(asked.today))
    if question.cohort is not None:
        return ({question.cohort: cohorts},)
    return ({_needed(question.person): members(asked.reference, cohorts, asked.as_of)},)


def _needed(column: str | None) -> str:
    if column is None:
        raise LookupError("a grant of this kind needs a question that names its column")
    return column
