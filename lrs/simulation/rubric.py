"""An invented rubric of 4 domains, 22 components and 4 levels, and a small one of 5 levels, as CASE 1.0 packages."""

from typing import Final
from uuid import UUID, uuid5

NAMESPACE: Final = UUID("6d0f7d3a-5d1e-5a76-8b0b-6f7f0f2f6c11")
BASE: Final = "https://rubrics.example.org/case/"
CHANGED: Final = "2022-05-02T09:00:00Z"

DOMAINS: Final = (
    ("1", "Preparing for these learners", (
        "Knows the subject and how it is commonly misread", "Finds out what learners already can do",
        "Sets aims that can be seen to be met", "Chooses materials with a reason for each",
        "Orders a unit so that each step carries the next", "Plans how learning will show itself",
    )),
    ("2", "A room in which to learn", (
        "Treats everyone as able and welcome", "Makes effort and revision ordinary",
        "Runs routines that give time back", "Settles conflict fairly and quietly",
        "Uses room, tools and seating with purpose",
    )),
    ("3", "The lesson itself", (
        "Explains plainly and checks that it was heard", "Asks questions that open thinking",
        "Gets learners to talk with one another", "Gives work worth doing to everyone",
        "Listens for evidence and changes course", "Gives feedback that learners can use",
    )),
    ("4", "Growing as a colleague", (
        "Looks back on lessons with evidence", "Keeps records that others can rely on",
        "Talks with families as partners", "Gives to and takes from colleagues",
        "Tries what was learned, and tells how it went",
    )),
)  # fmt: skip
LEVELS: Final = (("Not yet", 1), ("Emerging", 2), ("Proficient", 3), ("Leading", 4))
LAB_LEVELS: Final = (("Novice", 1), ("Advanced beginner", 2), ("Proficient", 3), ("Skilled", 4), ("Expert", 5))
SAY: Final = {
    1: "hardly seen, even with help", 2: "seen at times, or with help", 3: "seen steadily and without help",
    4: "seen always, and passed on to others", 5: "seen always, and others learn it from here",
}  # fmt: skip


class Criterion:
    """A criterion as the simulation uses it: what statements call it, and its levels by score."""

    def __init__(self, code: str, words: str, domain: str, levels: tuple[tuple[str, int], ...]) -> None:
        self.code, self.words, self.domain = code, words, domain
        self.id = str(uuid5(NAMESPACE, f"criterion {code}"))
        self.item = str(uuid5(NAMESPACE, f"item {code}"))
        self.uri = f"{BASE}CFRubricCriteria/{self.id}"
        self.item_uri = f"{BASE}CFItems/{self.item}"
        self.levels = {score: str(uuid5(NAMESPACE, f"level {code} {score}")) for _, score in levels}
        self.names = levels

    def level_uri(self, score: int) -> str:
        """The IRI of the level with that score."""
        return f"{BASE}CFRubricCriterionLevels/{self.levels[score]}"


def _code(number: str, index: int) -> str:
    return f"{number}{'abcdef'[index]}"


CRITERIA: Final = tuple(
    Criterion(_code(number, index), words, domain, LEVELS)
    for number, domain, components in DOMAINS
    for index, words in enumerate(components)
)
LAB: Final = Criterion("L1", "Shows a new practice in the lab room", "Practice lab", LAB_LEVELS)
RUBRIC: Final = str(uuid5(NAMESPACE, "rubric practice"))
LAB_RUBRIC: Final = str(uuid5(NAMESPACE, "rubric lab"))


def package() -> dict[str, object]:
    """The rubric of both districts."""
    return _package(RUBRIC, "Everyday Practice Rubric", "A rubric made up for simulations.", CRITERIA)


def lab_package() -> dict[str, object]:
    """The rubric of one criterion with five levels, which a practice lab uses."""
    return _package(LAB_RUBRIC, "Practice Lab Scale", "A scale made up for simulations.", (LAB,))


def _package(rubric: str, title: str, description: str, criteria: tuple[Criterion, ...]) -> dict[str, object]:
    document = str(uuid5(NAMESPACE, f"document {rubric}"))
    head = {
        "identifier": document, "uri": f"{BASE}CFDocuments/{document}", "creator": "Daybook simulation",
        "title": title, "description": description, "lastChangeDateTime": CHANGED, "version": "1.0", "language": "en",
        "adoptionStatus": "Adopted", "CFPackageURI": _link("CFPackages", document, title),
    }  # fmt: skip
    items = [_item(each) for each in criteria] + [_domain(rubric, name) for name in _names(criteria)]
    return {
        "CFDocument": head,
        "CFItems": items,
        "CFAssociations": [_child(rubric, each) for each in criteria],
        "CFRubrics": [
            {
                "identifier": rubric,
                "uri": f"{BASE}CFRubrics/{rubric}",
                "title": title,
                "description": description,
                "lastChangeDateTime": CHANGED,
                "CFRubricCriteria": [_criterion(rubric, place, each) for place, each in enumerate(criteria, 1)],
            }
        ],
    }


def _names(criteria: tuple[Criterion, ...]) -> list[str]:
    return list(dict.fromkeys(each.domain for each in criteria))


def _link(kind: str, identifier: str, title: str) -> dict[str, str]:
    return {"title": title, "identifier": identifier, "uri": f"{BASE}{kind}/{identifier}"}


def _domain(rubric: str, name: str) -> dict[str, object]:
    identifier = str(uuid5(NAMESPACE, f"domain {rubric} {name}"))
    return {
        "identifier": identifier, "uri": f"{BASE}CFItems/{identifier}", "fullStatement": name,
        "CFItemType": "Domain", "lastChangeDateTime": CHANGED,
    }  # fmt: skip


def _item(criterion: Criterion) -> dict[str, object]:
    return {
        "identifier": criterion.item, "uri": criterion.item_uri, "fullStatement": criterion.words,
        "humanCodingScheme": criterion.code, "CFItemType": "Component", "lastChangeDateTime": CHANGED,
    }  # fmt: skip


def _child(rubric: str, criterion: Criterion) -> dict[str, object]:
    identifier = str(uuid5(NAMESPACE, f"child {criterion.code}"))
    domain = str(uuid5(NAMESPACE, f"domain {rubric} {criterion.domain}"))
    return {
        "identifier": identifier, "uri": f"{BASE}CFAssociations/{identifier}", "associationType": "isChildOf",
        "originNodeURI": _link("CFItems", criterion.item, criterion.words),
        "destinationNodeURI": _link("CFItems", domain, criterion.domain), "lastChangeDateTime": CHANGED,
    }  # fmt: skip


def _criterion(rubric: str, place: int, criterion: Criterion) -> dict[str, object]:
    return {
        "identifier": criterion.id, "uri": criterion.uri, "category": criterion.domain,
        "description": criterion.words, "CFItemURI": _link("CFItems", criterion.item, criterion.words),
        "weight": 1.0, "position": place, "rubricId": rubric, "lastChangeDateTime": CHANGED,
        "CFRubricCriterionLevels": [
            {
                "identifier": criterion.levels[score], "uri": criterion.level_uri(score), "quality": name,
                "score": float(score), "position": score, "rubricCriterionId": criterion.id,
                "description": f"{criterion.words}: {SAY[score]}.", "lastChangeDateTime": CHANGED,
            }
            for name, score in criterion.names
        ],
    }  # fmt: skip
