"""The tables of the projection: every column with what it says."""

from typing import Final

from projections.analytic import Column, Table

SESSIONS: Final = Table(
    "sessions",
    (
        Column("cohort_id", "text", "the cohort"),
        Column("org_id", "text", "the organisation that the cohort belongs to"),
        Column("session_key", "text", "the registration, else the occurrence, else the activity @ the local day"),
        Column("period_id", "text", "the school year (a term where the calendar has no year) of the local day"),
        Column("period_ids", "text[]", "the school year and the term of the local day"),
        Column("start_at", "timestamptz", "when the first came; of one not held, when it was planned last"),
        Column("local_date", "date", "the day of start_at where the cohort belongs"),
        Column("minutes", "double precision", "the longest known stay; null where none is known"),
        Column("modality", "text", "how they met, as reported"),
        Column(
            "status", "text", "scheduled, held or cancelled; whether one was not reported, the day asked for decides"
        ),
        Column("planned_start", "timestamptz", "when it was planned last"),
        Column("was_planned", "boolean", "whether it was announced, or called off"),
        Column("expected", "integer", "members on the local day"),
        Column("attended", "integer", "members who came"),
        Column("guests", "integer", "others who came, facilitators left out"),
        Column("attendance_rate", "numeric(6,3)", "attended / expected of one held; null of others"),
        Column("facilitator_id", "text", "who led it as reported, else the only facilitator of that day"),
        Column("statement_ids", "uuid[]", "the statements that tell of it, in order of time"),
    ),
    ("cohort_id", "session_key", "period_id"),
    "The meetings of cohorts.",
)

MEMBERS: Final = Table(
    "members",
    (
        Column("cohort_id", "text", "the cohort"),
        Column("person_id", "text", "the member or facilitator"),
        Column("period_id", "text", "the school year or term"),
        Column("role", "text", "member, or facilitator of one who facilitates and is no member in the period"),
        Column("member_from", "date", "first day in that role, of stays within the period; null from ever"),
        Column("member_to", "date", "the day after the last; null until further notice"),
        Column("sessions_expected", "integer", "meetings held on days on which she took part in the cohort"),
        Column("sessions_attended", "integer", "those of them that she came to"),
        Column("attendance_rate", "numeric(6,3)", "sessions_attended / sessions_expected"),
        Column("missed_in_a_row", "integer", "meetings missed since the last one she came to, within the period"),
        Column("last_attended_at", "timestamptz", "when she last came"),
        Column("posts", "integer", "threads that she opened"),
        Column("replies_given", "integer", "replies that she wrote"),
        Column("replies_received", "integer", "replies of others to what she shared"),
        Column("reactions_given", "integer", "likes, votes, applause of hers"),
        Column("ties_out", "integer", "members on whose threads she replied"),
        Column("ties_in", "integer", "members who replied on hers"),
        Column("reciprocal_ties", "integer", "members of both kinds"),
        Column("learning_minutes", "double precision", "known minutes of learning, once for each session of a unit"),
        Column("units_completed", "integer", "units completed or waived"),
        Column("applied", "integer", "statements that she applied something"),
        Column("shared", "integer", "statements that she shared something"),
        Column("active", "boolean", "whether she came, posted, replied or shared at least once"),
    ),
    ("cohort_id", "person_id", "period_id"),
    "Who takes part in cohorts, and how.",
)

PARTICIPATION: Final = Table(
    "participation",
    (
        Column("cohort_id", "text", "the cohort"),
        Column("period_id", "text", "the school year or term"),
        Column("org_id", "text", "the organisation that the cohort belongs to"),
        Column("members", "integer", "members on any day of the period"),
        Column("members_start", "integer", "members on the first day (of the cohort, where it began later)"),
        Column("members_end", "integer", "members on the last day"),
        Column("joined", "integer", "members of the period who were none on the first day"),
        Column("left", "integer", "members of the period who were none on the last day"),
        Column("net_growth", "integer", "members_end - members_start"),
        Column("retained", "integer", "members on the first and on the last day"),
        Column("retention_rate", "numeric(6,3)", "retained / members_start"),
        Column("sessions_planned", "integer", "meetings announced, whatever became of them"),
        Column("sessions_held", "integer", "meetings that a member, facilitator or guest came to"),
        Column("cancelled", "integer", "meetings called off"),
        Column("last_held_on", "date", "the day of the last meeting held"),
        Column("expected", "integer", "sum over the meetings held"),
        Column("attended", "integer", "sum over the meetings held"),
        Column("attendance_rate", "numeric(6,3)", "attended / expected"),
        Column("active_members", "integer", "members who came, posted, replied or shared at least once"),
        Column("active_rate", "numeric(6,3)", "active_members / members"),
        Column("median_interval_days", "double precision", "cadence days from one meeting held to the next"),
        Column("target_interval_days", "integer", "every how many cadence days it is to meet"),
        Column("interval_adherence", "numeric(6,3)", "share of intervals within target and grace"),
        Column("learning_minutes", "double precision", "sum over members"),
        Column("minutes_known_share", "numeric(6,3)", "share of units completed whose minutes are known"),
        Column("ties", "integer", "pairs (i, j) of members: i replied on a thread of j"),
        Column("density", "numeric(6,3)", "ties / (n (n - 1)), n = members"),
        Column("reciprocity", "numeric(6,3)", "share of ties that are returned"),
        Column("isolates", "integer", "members with no tie either way"),
        Column("facilitator_share", "numeric(6,3)", "share of replies written by facilitators"),
    ),
    ("cohort_id", "period_id"),
    "How cohorts do.",
)

FOLLOWTHROUGH: Final = Table(
    "followthrough",
    (
        Column("person_id", "text", "who learned"),
        Column("unit_id", "text", "what: the IRI of the unit"),
        Column("criteria", "text[]", "criteria that the unit bears on"),
        Column("period_ids", "text[]", "the school year and the term of learned_on"),
        Column("minutes", "double precision", "known minutes spent on the unit; null where none are known"),
        Column("learned_at", "timestamptz", "when it was completed first"),
        Column("learned_on", "date", "the local day of learned_at"),
        Column("window_ends", "date", "the last day on which applying it counts"),
        Column("applied_at", "timestamptz", "when it was applied first after learned_at, within the window"),
        Column(
            "shared_at", "timestamptz", "when it was shared first after that, else after learned_at, in a like window"
        ),
        Column("link", "text", "how applying is linked to learning: ref, unit or criterion"),
        Column("statement_ids", "uuid[]", "the statements of learned_at, applied_at and shared_at"),
    ),
    ("person_id", "unit_id"),
    "Whether learning turned into applying and sharing.",
)

TABLES: Final = (SESSIONS, MEMBERS, PARTICIPATION, FOLLOWTHROUGH)
