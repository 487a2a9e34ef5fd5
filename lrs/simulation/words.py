"""The IRIs that the systems of both districts use, and the parts of statements that they share."""

from datetime import datetime
from typing import Any, Final

from lrs.simulation.calendar import ZONES
from lrs.simulation.district import Cohort, Unit
from lrs.simulation.rubric import Criterion

ADL: Final = "http://adlnet.gov/expapi/verbs/"
ADL_TYPE: Final = "http://adlnet.gov/expapi/activities/"
TC: Final = "http://id.tincanapi.com/verb/"
TC_TYPE: Final = "http://id.tincanapi.com/activitytype/"
TC_EXT: Final = "http://id.tincanapi.com/extension/"
AS: Final = "http://activitystrea.ms/"
AS_OLD: Final = "http://activitystrea.ms/schema/1.0/"
TLA: Final = "https://w3id.org/xapi/tla/verbs/"
DOD: Final = "https://w3id.org/xapi/dod-isd/verbs/"
AX: Final = "https://w3id.org/xapi/acrossx/"
CMI5: Final = "https://w3id.org/xapi/cmi5/context/"
MENTOR: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor"
PHASE: Final = "https://schemas.daybook.example/xapi/extensions/phase"
ALIGNMENT: Final = f"{AX}extensions/alignment"
SESSION_ID: Final = f"{CMI5}extensions/sessionid"
LAUNCH_MODE: Final = f"{CMI5}extensions/launchmode"
CMI5_CATEGORY: Final = {"objectType": "Activity", "id": f"{CMI5}categories/cmi5"}
MOVE_ON: Final = {"objectType": "Activity", "id": f"{CMI5}categories/moveon"}

Json = dict[str, Any]


def verb(iri: str) -> Json:
    """A verb, displayed by its last word."""
    return {"id": iri, "display": {"en-US": iri.rsplit("/", 1)[1]}}


def activity(iri: str, type_: str, name: str = "", extensions: Json | None = None) -> Json:
    """An activity with its definition."""
    definition: Json = {"type": type_}
    if name:
        definition["name"] = {"en-US": name}
    if extensions:
        definition["extensions"] = extensions
    return {"objectType": "Activity", "id": iri, "definition": definition}


def unit(of: Unit) -> Json:
    """A unit; it names its criterion where the system can."""
    extensions = {ALIGNMENT: of.criteria[0].item_uri} if of.says else None
    return activity(of.iri, f"{ADL_TYPE}lesson", of.title, extensions)


def cohort(of: Cohort) -> Json:
    """A cohort, as a context names it."""
    return activity(of.iri, f"{AS}group", of.title)


def objective(of: Criterion) -> Json:
    """A criterion as the object of a score."""
    return activity(of.uri, f"{ADL_TYPE}objective", of.words)


def duration(minutes: int | None) -> str:
    """ISO 8601; systems that do not know say PT0S."""
    return f"PT{minutes}M" if minutes else "PT0S"


def utc(at: datetime) -> str:
    """A time in UTC, in milliseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def local(at: datetime, district: str) -> str:
    """A time with the offset of the district."""
    return at.astimezone(ZONES[district]).isoformat(timespec="milliseconds")
