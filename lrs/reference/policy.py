"""What a district decides: every setting of a policy with its default, and which document holds on which day."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, Literal

import msgspec

Method = Literal["highest", "latest", "average", "n_mastery", "decaying_average", "standard_decaying_average"]
METHODS: Final[tuple[Method, ...]] = (
    "highest", "latest", "average", "n_mastery", "decaying_average", "standard_decaying_average",
)  # fmt: skip

# Roles of OneRoster 1.1 and 1.2 in our words. Any other role is taken as it is.
ROLES: Final[Mapping[str, str]] = {
    "teacher": "educator",
    "aide": "educator",
    "counselor": "educator",
    "administrator": "principal",
    "siteAdministrator": "principal",
    "districtAdministrator": "director",
    "systemAdministrator": "admin",
}


class Periods(msgspec.Struct, frozen=True, kw_only=True):
    """Where days outside of every session go, and which kinds of OneRoster sessions are terms; the smallest wins."""

    outside: Literal["previous", "next", "none"] = "previous"
    terms: tuple[Literal["term", "semester", "gradingPeriod"], ...] = ("term", "semester", "gradingPeriod")


class Dates(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an `endDate` of the roster is the first day after, or the last day."""

    end: Literal["exclusive", "inclusive"] = "exclusive"


class Mastery(msgspec.Struct, frozen=True, kw_only=True):
    """How scores become one. `threshold`: a score, the name of a level, or None: `Proficient`, else second highest.

    `int_` (in files: `int`) is the weight of the averages in percent, or the n of `n_mastery`; None: 65, or 5.
    """

    method: Method = "standard_decaying_average"
    int_: int | None = msgspec.field(name="int", default=None)
    threshold: float | str | None = None
    counts: tuple[str, ...] = ("coach", "evaluator")
    order_by: Literal["observed", "stored"] = "observed"
    min_evidence: int = 1
    follow_crosswalk: bool = False

    def parameter(self, method: Method | None = None) -> int:
        """The int of `method`, or of the policy's own: as set, else its default."""
        method = method or self.method
        if self.int_ is not None and method == self.method:
            return self.int_
        return 5 if method == "n_mastery" else 65


class Cadence(msgspec.Struct, frozen=True, kw_only=True):
    """How often a coach sees an educator and a cohort meets, in cadence days; minutes and days for pairing reports."""

    default_target: int = 28
    new_teacher_target: int = 14
    new_teacher_years: float = 3
    grace: int = 3
    due_soon: int = 3
    by_plan: Mapping[str, int] = msgspec.field(default_factory=lambda: {"plc": 14, "network": 61})
    by_phase: Mapping[str, int] = msgspec.field(default_factory=dict)
    report_within_days: int = 7
    merge_minutes: int = 90


class Followthrough(msgspec.Struct, frozen=True, kw_only=True):
    """Within how many days learning is to be applied, and applying to be shared."""

    window_days: int = 60


class Ties(msgspec.Struct, frozen=True, kw_only=True):
    """Which peer facts tie two members of a cohort."""

    kinds: tuple[Literal["reply", "reaction"], ...] = ("reply",)


class Memberships(msgspec.Struct, frozen=True, kw_only=True):
    """Who says who is in a cohort."""

    source: tuple[Literal["roster", "statements"], ...] = ("roster",)


class Identities(msgspec.Struct, frozen=True, kw_only=True):
    """Which identifiers follow from the roster: e-mail addresses, and accounts: by homePage, the column of the name."""

    email: bool = True
    accounts: Mapping[str, Literal["sourcedId", "username", "identifier", "email"]] = msgspec.field(
        default_factory=dict
    )


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """Below how many people a cell is hidden: of participation and support, and of ratings or any demographic split."""

    participation_k: int = 5
    performance_k: int = 10


class Purposes(msgspec.Struct, frozen=True, kw_only=True):
    """The purpose of what names none, and who may see formative and evaluative facts together."""

    default: Literal["formative", "evaluative", "unspecified"] = "unspecified"
    mix: bool = False
    principal_sees_formative: bool = False


class Privacy(msgspec.Struct, frozen=True, kw_only=True):
    """Who sees whom, beyond what is usual: whether directors see rows of people, and not sums alone."""

    director_sees_people: bool = False


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long records of a person are kept after her last post, in days; None: until somebody says otherwise."""

    days: int | None = None
    legal_hold: tuple[str, ...] = ()


class Support(msgspec.Struct, frozen=True, kw_only=True):
    """By what support is compared: `school`, `experience`, `cohort` or a dimension of the roster; bands in years."""

    dimensions: tuple[str, ...] = ("school", "level", "experience", "subject", "cohort")
    experience_bands: tuple[float, ...] = (3, 10)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """One policy document. `timezone` is an IANA name for everybody, or one per org id with `*` for the rest."""

    timezone: str | Mapping[str, str] = "UTC"
    periods: Periods = Periods()
    dates: Dates = Dates()
    mastery: Mastery = Mastery()
    freshness_days: int = 120
    cadence: Cadence = Cadence()
    followthrough: Followthrough = Followthrough()
    ties: Ties = Ties()
    membership: Memberships = Memberships()
    identities: Identities = Identities()
    suppression: Suppression = Suppression()
    support: Support = Support()
    roles: Mapping[str, str] = msgspec.field(default_factory=lambda: dict(ROLES))
    purposes: Purposes = Purposes()
    privacy: Privacy = Privacy()
    retention: Retention = Retention()

    def role(self, source: str) -> str:
        """Our word for a role of the roster; empty where the policy passes it over."""
        return self.roles.get(source, ROLES.get(source, source))

    @property
    def of_rows(self) -> tuple[object, ...]:
        """What stored rows depend on; the rest acts when a question is asked."""
        return (
            self.timezone, self.periods, self.mastery, self.cadence, self.followthrough, self.ties, self.membership,
            self.purposes,
        )  # fmt: skip

    @property
    def of_mapping(self) -> tuple[object, ...]:
        """What the reading of statements depends on."""
        return self.timezone, self.membership, self.purposes.default


DEFAULT: Final = Policy()


class Policies:
    """Policy documents by the day from which they hold; the first also holds for all days before it."""

    def __init__(self, documents: Iterable[tuple[date | None, Policy]] = ()) -> None:
        dated = {since or date.min: policy for since, policy in documents}
        self.dated: tuple[tuple[date, Policy], ...] = tuple(sorted(dated.items(), key=lambda each: each[0]))
        self._days = [since for since, _ in self.dated[1:]]
        self._policies = [policy for _, policy in self.dated] or [DEFAULT]

    def on(self, day: date) -> Policy:
        """The policy in force on a day."""
        return self._policies[bisect_right(self._days, day)]

    @property
    def last(self) -> Policy:
        """The latest document, by which files are read."""
        return self._policies[-1]

    def index(self, day: date) -> int:
        """A number that is the same for two days with the same policy."""
        return bisect_right(self._days, day)
