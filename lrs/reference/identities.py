"""Which person an identifier means on a day: normal forms, dated links, and addresses known only by their hash."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from lrs.reference.model import Link, Person
from lrs.reference.policy import Identities

MBOX: Final = "mbox:"
SHA1: Final = "mbox_sha1sum:"
ACCOUNT: Final = "account:"


@lru_cache(1 << 17)
def normal(ifi: str) -> str:
    """The one form of a canonical IFI: mbox in lower case, an account's homePage without a slash at its end."""
    if ifi.startswith(MBOX):
        return ifi.lower()
    if ifi.startswith(ACCOUNT):
        bar = _bar(ifi)
        return f"{ifi[:bar].rstrip('/')}{ifi[bar:]}" if bar > 0 and ifi[bar - 1] == "/" else ifi
    return ifi


def _bar(ifi: str) -> int:
    """Where the homePage ends: at the first `|` that is not escaped."""
    at = ifi.find("|")
    while at > 0 and (at - len(ifi[:at].rstrip("\\"))) % 2:
        at = ifi.find("|", at + 1)
    return at


def account(home_page: str, name: str) -> str:
    """The IFI of an account, normal."""
    escaped = home_page.replace("\\", "\\\\").replace("|", "\\|")
    return normal(f"{ACCOUNT}{escaped}|{name}")


def mbox(address: str) -> str:
    """The IFI of an e-mail address, with `mailto:` or without."""
    address = address.strip()
    return normal(MBOX + (address if address[:7].lower() == "mailto:" else f"mailto:{address}"))


def hashes(ifi: str) -> tuple[str, ...]:
    """The hashed forms in which an mbox may come instead: of the address as it is known, and in lower case."""
    if not ifi.startswith(MBOX):
        return ()
    written = "mailto:" + ifi.removeprefix(MBOX)[7:]
    return tuple(dict.fromkeys(SHA1 + _sha1(form) for form in (written.lower(), written)))


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


class Directory:
    """Persons by identifier as of a day, and all identifiers that ever were a person's.

    Links that were given come before those that follow from the roster: where a link was given for an identifier, the
    roster's is not used. An identifier that two persons of the roster have at once is nobody's.
    """

    def __init__(self, links: Iterable[Link], people: Mapping[str, Person], rules: Identities) -> None:
        given = list(links)
        self.links: Mapping[str, Sequence[Link]] = _by_ifi(given)
        implied = _implied(people, rules)
        self.links = {**{ifi: links for ifi, links in implied.items() if ifi not in self.links}, **self.links}
        self._of: dict[str, tuple[str, ...]] = {}
        for ifi, found in sorted(self.links.items()):
            for person in dict.fromkeys(link.person for link in found):
                self._of[person] = (*self._of.get(person, ()), ifi)

    def person(self, ifi: str, day: date) -> str:
        """Whose `ifi` is on `day`; an unlinked one stands for itself, in its normal form."""
        ifi = normal(ifi)
        for link in self.links.get(ifi, ()):
            if (link.since is None or link.since <= day) and (link.until is None or day < link.until):
                return link.person
        return ifi

    def always(self, ifi: str) -> str | None:
        """Whose `ifi` is whatever the day; None where that depends on it."""
        ifi = normal(ifi)
        links = self.links.get(ifi)
        if not links:
            return ifi
        first = links[0]
        return first.person if len(links) == 1 and first.since is None and first.until is None else None

    def ifis(self, person: str) -> tuple[str, ...]:
        """Every identifier that ever was the person's, normal, in order."""
        return self._of.get(person) or (person,)


def _by_ifi(links: Sequence[Link]) -> dict[str, list[Link]]:
    """Links under each form of their identifiers; the latest begun comes first, so a new owner beats an old one."""
    found: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        for ifi in dict.fromkeys((normal(link.ifi), *hashes(link.ifi))):
            found[ifi].append(link)
    for every in found.values():
        every.sort(key=lambda link: link.person)
        every.sort(key=lambda link: link.since or date.min, reverse=True)
    return dict(found)


def _implied(people: Mapping[str, Person], rules: Identities) -> dict[str, list[Link]]:
    """Links that follow from the roster, without dates."""
    owners: dict[str, set[str]] = defaultdict(set)
    written: dict[str, str] = {}
    for person in people.values():
        for ifi in of_roster(person, rules):
            owners[normal(ifi)].add(person.id)
            written[normal(ifi)] = ifi
    return _by_ifi([Link(person=min(who), ifi=written[ifi]) for ifi, who in owners.items() if len(who) == 1])


def of_roster(person: Person, rules: Identities) -> tuple[str, ...]:
    """The identifiers that a person's line in the roster tells of, by the rules of the policy; as written."""
    found: list[str] = []
    if rules.email and person.email and "@" in person.email:
        found.append(f"{MBOX}mailto:{person.email}")
    columns = {
        "sourcedId": person.id, "username": person.username, "identifier": person.identifier, "email": person.email
    }  # fmt: skip
    for home_page, column in rules.accounts.items():
        if name := columns[column]:
            found.append(account(home_page, name))
    return tuple(found)
