"""What statements of the benchmark are made of: people, units, verbs and cohorts, written as JSON once for all."""

import json
from collections.abc import Sequence
from typing import Final

ADL: Final = "http://adlnet.gov/expapi/verbs/"
TINCAN: Final = "http://id.tincanapi.com/"
VOIDED: Final = '{"id":"http://adlnet.gov/expapi/verbs/voided","display":{"en":"voided"}}'
HOME: Final = "https://lms.alder.example.org"
UNITS: Final = "https://units.example.org/coaching"

# How often each stands in a thousand: a few carry most, as in every record store.
VERBS: Final = (
    (f"{ADL}progressed", "progressed", 210),
    (f"{ADL}completed", "completed", 170),
    (f"{ADL}initialized", "initialized", 150),
    (f"{ADL}answered", "answered", 110),
    (f"{ADL}terminated", "terminated", 90),
    (f"{ADL}scored", "scored", 60),
    (f"{ADL}passed", "passed", 50),
    (f"{ADL}attended", "attended", 35),
    ("http://activitystrea.ms/schedule", "scheduled", 25),
    (f"{TINCAN}verb/mentored", "mentored", 20),
    (f"{ADL}shared", "shared", 18),
    (f"{ADL}commented", "commented", 15),
    ("https://w3id.org/xapi/dod-isd/verbs/applied", "applied", 12),
    ("https://w3id.org/xapi/dod-isd/verbs/observed", "observed", 10),
    (f"{TINCAN}verb/replied", "replied", 8),
    ("https://w3id.org/xapi/tla/verbs/planned", "planned", 6),
    (f"{ADL}failed", "failed", 5),
    ("http://activitystrea.ms/cancel", "cancelled", 3),
    (f"{TINCAN}verb/reviewed", "reviewed", 2),
    (f"{TINCAN}verb/earned", "earned", 1),
)
TYPES: Final = (
    "http://adlnet.gov/expapi/activities/lesson",
    "http://adlnet.gov/expapi/activities/module",
    "http://adlnet.gov/expapi/activities/media",
    "http://id.tincanapi.com/activitytype/tutor-session",
    "http://adlnet.gov/expapi/activities/meeting",
    "http://adlnet.gov/expapi/activities/objective",
)
TOPICS: Final = (
    "Wait time",
    "Cold call",
    "Exit tickets",
    "Number talks",
    "Close reading",
    "Growth mindset",
    "Routines",
)
FIRST: Final = ("Ada", "Bo", "Chidi", "Dana", "Eun-ji", "Fatima", "Grace", "Hiro", "Inés", "Jörg", "Kofi", "Lía")
LAST: Final = ("Adler", "Birch", "Castillo", "Dubois", "Eriksson", "Fischer", "García", "Haddad", "Ito", "Jansen")


def verbs() -> Sequence[str]:
    """A thousand verbs, each as often as it occurs."""
    return [
        _json({"id": iri, "display": {"en": name, "en-US": name}}) for iri, name, weight in VERBS for _ in range(weight)
    ]


def agents(count: int, kind: str = "educator") -> Sequence[str]:
    """Agents by their rank; most have accounts, some an mbox, an openid or an mbox_sha1sum."""
    return [_json(_agent(kind, number)) for number in range(count)]


def activities(count: int) -> Sequence[tuple[str, str]]:
    """Activities by their rank, each without and with its definition."""
    return [
        (_json({"id": f"{UNITS}/unit/{number:05}"}), _json(_defined(f"{UNITS}/unit/{number:05}", number)))
        for number in range(count)
    ]


def contexts(count: int, kind: str) -> Sequence[str]:
    """Activities that others stand in: courses, cohorts, schools."""
    return [
        _json({"id": f"{UNITS}/{kind}/{number:04}", "definition": {"type": f"{UNITS}/types/{kind}"}})
        for number in range(count)
    ]


def groups(count: int, members: Sequence[str]) -> Sequence[str]:
    """Cohorts as identified groups of three."""
    return [
        f'{{"objectType":"Group","name":"Cohort {number}","account":{{"homePage":"{HOME}/cohorts","name":"{number}"}},'
        f'"member":[{",".join(members[(number * 37 + step) % len(members)] for step in range(3))}]}}'
        for number in range(count)
    ]


def _agent(kind: str, number: int) -> dict[str, object]:
    name = f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST) % len(LAST)]}"
    match number % 20:
        case 3 | 8 | 13 | 18:
            return {"objectType": "Agent", "name": name, "mbox": f"mailto:{kind}.{number}@alder.example.org"}
        case 5:
            return {"objectType": "Agent", "name": name, "openid": f"https://id.example.org/{kind}/{number}"}
        case 6:
            return {"objectType": "Agent", "mbox_sha1sum": f"{number:040x}"}
        case _:
            own = {"homePage": HOME, "name": f"{kind}-{number:05}"}
            return {"objectType": "Agent", "name": name, "account": own}


def _defined(iri: str, number: int) -> dict[str, object]:
    topic = TOPICS[number % len(TOPICS)]
    definition = {
        "name": {"en-US": f"{topic} {number}"},
        "description": {"en-US": f"A unit of ten minutes on {topic.lower()}, to be tried in the next lesson."},
        "type": TYPES[number % len(TYPES)],
    }
    return {"objectType": "Activity", "id": iri, "definition": definition}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
