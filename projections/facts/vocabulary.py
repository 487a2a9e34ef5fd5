"""The words of a mapping: its named sets, and IRIs in their normal form."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from lrs.reference.mapping import Mapping as Rules

REMEMBERED: Final = 20_000
LIS: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership"


class Vocabulary:
    """The named sets of a mapping, and IRIs in their normal form."""

    def __init__(self, rules: Rules) -> None:
        self._prefixes = rules.normalize
        self._memory: dict[str, str] = {}
        self.longest = rules.longest_minutes
        self._sets = {
            concept: {name: frozenset(map(self.normal, iris)) for name, iris in sets.items()}
            for concept, sets in rules.concepts.items()
        }

    def normal(self, iri: str) -> str:
        """An IRI with its prefixes rewritten; any other text stays as it is."""
        found = self._memory.get(iri)
        if found is None:
            found = iri
            for old, new in self._prefixes:
                if found.startswith(old):
                    found = new + found[len(old) :]
            if len(self._memory) < REMEMBERED:
                self._memory[iri] = found
        return found

    def members(self, concept: str, names: Sequence[str]) -> frozenset[str]:
        """The IRIs of some sets, normal; a name with a colon is an IRI itself."""
        found: set[str] = set()
        for name in names:
            found |= {self.normal(_whole(name))} if ":" in name else self._sets[concept][name]
        return frozenset(found)

    def extensions(self, names: Sequence[str], rules: Rules) -> Sequence[str]:
        """The keys of some extensions, in the order of the file."""
        sets = rules.concepts["extension"]
        return [iri for name in names for iri in ((name,) if ":" in name else sets[name])]

    def table(self, table: Mapping[str, Any]) -> Mapping[str, Any]:
        """A table by literal values and by each IRI of the sets that its keys name."""
        found: dict[str, Any] = {}
        for key, value in table.items():
            for sets in self._sets.values():
                for iri in sets.get(key, ()):
                    found.setdefault(iri, value)
            found.setdefault(self.normal(key), value)
        return found


def _whole(name: str) -> str:
    """An IRI, or a role of LIS by its short name: `lis:Mentor`, `lis:Instructor#Grader`."""
    if not name.startswith("lis:"):
        return name
    role = name.removeprefix("lis:")
    return f"{LIS}/{role}" if "#" in role else f"{LIS}#{role}"
