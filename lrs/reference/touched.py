"""What a change of reference data bears on, so that three changed people do not recompute the whole store."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from lrs.reference.criteria import uuid_in
from lrs.reference.model import Interval
from lrs.reference.policy import Policies, Policy
from lrs.reference.reference import Reference, Touched

R = TypeVar("R", bound=Hashable)
K = TypeVar("K")


def touched(old: Reference, new: Reference) -> Touched:
    """What may be different under `new`. `iris` has the exact IRIs, and the UUIDs in which some of them end: an IRI
    with a UUID at its end means what that UUID means (`lrs.reference.criteria.uuid_in`).
    """
    if old.records == new.records:
        return Touched()
    found = _Found(old, new)
    found.organisations()
    found.persons()
    found.cohorts_()
    found.identities()
    found.rubrics()
    found.policies()
    return found.touched()


class _Found:
    """Gathers what is touched, part by part."""

    def __init__(self, old: Reference, new: Reference) -> None:
        self.old, self.new = old, new
        self.both = (old, new)
        self.people: set[str] = set()
        self.ifis: set[str] = set()
        self.cohorts: set[str] = set()
        self.iris: set[str] = set()
        self.roles: set[str] = set()
        self.criteria: set[str] = set()
        self.everything = False
        self.mapping = old.mapping != new.mapping

    def touched(self) -> Touched:
        """All that was found; an IRI that ends in a UUID comes with it."""
        uuids = {uuid for iri in self.iris if (uuid := uuid_in(iri)) is not None}
        return Touched(
            people=frozenset(self.people), ifis=frozenset(self.ifis), cohorts=frozenset(self.cohorts),
            iris=frozenset(self.iris | uuids), roles=frozenset(self.roles), criteria=frozenset(self.criteria),
            everything=self.everything, mapping=self.mapping,
        )  # fmt: skip

    def organisations(self) -> None:
        """Who works, and which cohorts are, where an organisation, its terms or its pauses changed."""
        orgs = _keys_of_differences(self.old.orgs, self.new.orgs, lambda org: (org.parent, org.timezone))
        rezoned = _keys_of_differences(self.old.orgs, self.new.orgs, lambda org: org.timezone)
        dated: list[Any] = [
            *_differences(self.old.records.periods, self.new.records.periods),
            *(each for each in _pauses(self.both) if each.person is None),
        ]
        self.everything |= any(each.org is None for each in dated)
        orgs |= {each.org for each in dated if each.org is not None}
        if not orgs:
            return
        for reference in self.both:
            beneath = {org for org in reference.orgs if not orgs.isdisjoint(reference.ancestors(org))} | orgs
            self.people |= {post.person for post in reference.records.posts if post.org in beneath}
            for cohort in reference.cohorts.values():
                if cohort.org in beneath:
                    self.cohorts.add(cohort.id)
                    if rezoned:
                        self.iris |= {cohort.id, *cohort.iris}

    def persons(self) -> None:
        """Whose line, posts, cohorts, pairs or pauses changed."""
        old, new = self.old.records, self.new.records
        self.people |= _keys_of_differences(self.old.people, self.new.people, lambda person: dict(person.dimensions))
        posts = {each.person for each in _differences(old.posts, new.posts)}
        members = list(_differences(old.memberships, new.memberships))
        pairs = {who for each in _differences(old.assignments, new.assignments) for who in (each.coach, each.educator)}
        self.people |= posts | pairs | {each.person for each in members}
        self.people |= {each.person for each in _pauses(self.both) if each.person is not None}
        self.cohorts |= {each.cohort for each in members}
        candidates = posts | {each.person for each in members}
        self.roles |= pairs | {who for who in candidates if self.old.roles_of(who) != self.new.roles_of(who)}
        for who in self.people:
            if _zones(self.old, who) != _zones(self.new, who):
                self.ifis |= {*self.old.ifis(who), *self.new.ifis(who)}

    def cohorts_(self) -> None:
        """Cohorts that came, went or changed in more than their title, and the IRIs that name others now."""
        self.cohorts |= _keys_of_differences(
            self.old.cohorts, self.new.cohorts, lambda each: (each.org, each.plan, each.target_interval_days)
        )
        self.iris |= _keys_of_differences(self.old.cohort_names.exact, self.new.cohort_names.exact)
        for id_ in _keys_of_differences(self.old.cohorts, self.new.cohorts, lambda each: each.org):
            self.iris |= {iri for each in self.both if id_ in each.cohorts for iri in (id_, *each.cohorts[id_].iris)}

    def identities(self) -> None:
        """Identifiers that mean somebody else now, and all whom they meant."""
        old, new = self.old.directory.links, self.new.directory.links
        for ifi in _keys_of_differences(
            old, new, lambda links: [(each.person, each.since, each.until) for each in links]
        ):
            self.ifis.add(ifi)
            self.people.add(ifi)
            self.people |= {link.person for links in (old, new) for link in links.get(ifi, ())}

    def rubrics(self) -> None:
        """Criteria that changed or came, IRIs that name others now, activities that bear on others."""
        before, after = self.old.criteria, self.new.criteria
        self.criteria |= _keys_of_differences(before.places, after.places, _places)
        self.iris |= _keys_of_differences(before.names.exact, after.names.exact)
        self.iris |= _keys_of_differences(before.levels, after.levels)
        self.iris |= _keys_of_differences(before.aligned, after.aligned)

    def policies(self) -> None:
        """Whether rows follow other rules on some day, or statements are read by others."""
        old, new = self.old.policies, self.new.policies
        self.everything |= _steps(old, lambda policy: policy.of_rows) != _steps(new, lambda policy: policy.of_rows)
        self.mapping |= _steps(old, lambda policy: policy.of_mapping) != _steps(new, lambda policy: policy.of_mapping)


def _differences(old: Sequence[R], new: Sequence[R]) -> Iterable[R]:
    """What is in one of them alone."""
    return () if old == new else set(old) ^ set(new)


def _keys_of_differences(
    old: Mapping[K, Any], new: Mapping[K, Any], aspect: Callable[[Any], object] = lambda value: value
) -> set[K]:  # fmt: skip
    """Keys that only one of them has, or that have values of which `aspect` differs."""
    found = set(old.keys() ^ new.keys())
    for key, value in old.items():
        other = new.get(key)
        if other is not None and other is not value and aspect(other) != aspect(value):
            found.add(key)
    return found


def _pauses(both: tuple[Reference, Reference]) -> Iterable[Any]:
    return _differences(both[0].records.pauses, both[1].records.pauses)


def _places(places: Sequence[tuple[Any, Any]]) -> object:
    return [(rubric.id, rubric.version, _interval(rubric), criterion) for rubric, criterion in places]


def _interval(of: Interval) -> tuple[date | None, date | None]:
    return of.since, of.until


def _zones(reference: Reference, person: str) -> list[tuple[date, str]]:
    """The time zones in which a person works, by the first day of each."""
    homes = reference.homes(person)
    zones: list[tuple[date, str]] = []
    for since in sorted({date.min, *homes.days, *(since for since, _ in reference.policies.dated)}):
        zone = reference.zone(homes.on(since), since).key
        if not zones or zones[-1][1] != zone:
            zones.append((since, zone))
    return zones


def _steps(policies: Policies, aspect: Callable[[Policy], object]) -> list[tuple[date | None, object]]:
    """What `aspect` gives over all days, by the first day of each."""
    steps: list[tuple[date | None, object]] = [(None, aspect(policies.on(date.min)))]
    for since, policy in policies.dated[1:]:
        if aspect(policy) != steps[-1][1]:
            steps.append((since, aspect(policy)))
    return steps
