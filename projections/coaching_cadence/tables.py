"""The tables: every column with its sentence."""

from typing import Final

from projections.analytic import Column as C  # noqa: N817
from projections.analytic import Table

CONTACTS: Final = Table(
    "contacts",
    (
        C("contact_key", "text", "The id (statement/number) of the first of the facts that report it."),
        C("coach_id", "text", "The coach."),
        C("educator_id", "text", "The educator who was seen."),
        C("plan_id", "text", "The plan that it counts for: as reported, else that of the assignment; null for none."),
        C("at", "timestamptz", "When it began."),
        C("local_date", "date", "The day on which it began where the educator works."),
        C("period_ids", "text[]", "The school year and the term of that day."),
        C("minutes", "double precision", "How long it was, null where nothing tells."),
        C("minutes_basis", "text", "reported, paired (from start and end), planned (as booked) or unknown."),
        C("kind", "text", "conference, observation, modeling, co_teach, planning, virtual or message."),
        C("cycle_id", "text", "The coaching cycle: as reported, else the one with this coach that was going on."),
        C("phase", "text", "The phase of that cycle that it was reported with."),
        C("purpose", "text", "formative, evaluative or unspecified."),
        C("statement_ids", "uuid[]", "The statements that report it, in order of time."),
    ),
    ("educator_id", "at", "contact_key"),
    "Meetings of coaches and educators, each put together from all statements that report it.",
)

PAIRS: Final = Table(
    "pairs",
    (
        C("coach_id", "text", "The coach."),
        C("educator_id", "text", "The educator."),
        C("plan_id", "text", "The plan for which they meet; empty for none."),
        C("assigned_from", "date", "First day of the latest run of assignments; null: from ever, or never assigned."),
        C("assigned_to", "date", "First day after it; null: until further notice, or never assigned."),
        C("is_assigned", "boolean", "Whether the educator was ever assigned to the coach for this plan."),
        C("target_interval_days", "integer", "Every how many cadence days they are to meet, on the day next due."),
        C("contacts", "integer", "How often they met."),
        C("minutes", "double precision", "Minutes of those contacts whose length is known."),
        C("minutes_known", "integer", "Contacts whose length is known."),
        C("first_at", "timestamptz", "Start of the first contact."),
        C("last_at", "timestamptz", "Start of the last contact."),
        C("prev_at", "timestamptz", "Start of the contact before the last."),
        C("median_gap", "double precision", "Median of the cadence days between successive contacts."),
        C("mean_gap", "double precision", "Mean of the cadence days between successive contacts."),
        C("max_gap", "integer", "Most cadence days between two successive contacts."),
        C("gaps_on_time", "integer", "Gaps no longer than target and grace."),
        C("gaps_total", "integer", "Gaps: contacts less one."),
        C("on_time_ratio", "numeric(6,3)", "gaps_on_time of gaps_total; null without a gap."),
        C("next_due_on", "date", "The day on which the target is used up since the last contact, or since the "
          "assignment began; null where nothing is due."),
        C("scheduled", "integer", "Meetings that were booked."),
        C("cancelled", "integer", "Meetings that were cancelled and not booked again."),
        C("open_bookings", "text[]", "Planned starts (UTC) with neither contact nor cancellation. Those "
          "report_within_days past are missed; the first to come is next_scheduled_at."),
        C("open_steps", "integer", "Action steps set and not yet done."),
        C("closed_steps", "integer", "Action steps done."),
        C("median_step_days", "double precision", "Median of the cadence days from a step's setting to its end."),
        C("cycle_id", "text", "Of the coaching cycles that go on, the one opened last."),
    ),
    ("coach_id", "educator_id", "plan_id"),
    "Coaches and their educators by plan: how often they met and when they next should. Nothing here depends on today.",
)  # fmt: skip

SUPPORT: Final = Table(
    "support",
    (
        C("educator_id", "text", "The educator."),
        C("period_id", "text", "The school year or term."),
        C("contacts", "integer", "Contacts with any coach."),
        C("minutes", "double precision", "Minutes of those contacts whose length is known."),
        C("minutes_known_share", "numeric(6,3)", "Share of contacts whose length is known; null without a contact."),
        C("distinct_coaches", "integer", "Coaches she met."),
        C("last_contact_at", "timestamptz", "Start of the last contact of the period."),
        C("gaps_on_time", "integer", "Gaps between contacts, whoever the coach, within target and grace."),
        C("gaps_total", "integer", "Gaps whose later contact is in the period, and both in the same school year."),
        C("on_time_ratio", "numeric(6,3)", "gaps_on_time of gaps_total; null without a gap."),
        C("sessions_attended", "integer", "Meetings of cohorts that she attended."),
        C("learning_minutes", "double precision", "Minutes in learning units, each sitting once."),
        C("units_completed", "integer", "Units completed or waived, each once."),
    ),
    ("educator_id", "period_id"),
    "What support each educator had, whoever gave it: a change of coach neither makes nor hides a gap.",
)

LOAD: Final = Table(
    "load",
    (
        C("coach_id", "text", "The coach."),
        C("period_id", "text", "The school year or term, of the calendar that the educators go by."),
        C("assigned", "integer", "Educators assigned on any day of the period."),
        C("active", "integer", "Of the caseload, those with a contact."),
        C("schools", "integer", "Organisations of the caseload."),
        C("contacts", "integer", "Contacts, with whomever."),
        C("minutes", "double precision", "Minutes of those contacts whose length is known, an educator's each."),
        C("minutes_per_educator", "double precision", "Minutes with the caseload by its size."),
        C("contact_mix", "jsonb", "Contacts by kind."),
        C("median_gap", "double precision", "Median of the cadence days between successive contacts of a pair."),
        C("gaps_on_time", "integer", "Gaps within target and grace."),
        C("gaps_total", "integer", "Gaps whose later contact is in the period, and both in the same school year."),
        C("on_time_ratio", "numeric(6,3)", "gaps_on_time of gaps_total; null without a gap."),
        C(
            "spread",
            "numeric(6,3)",
            "Gini coefficient of minutes over the caseload: 0 all alike, towards 1 one has all.",
        ),
        C("cycles_open", "integer", "Cycles of the school year that are open at the end of the period."),
        C("cycles_closed", "integer", "Cycles closed in the period."),
    ),
    ("coach_id", "period_id"),
    "What each coach carries. The caseload is who is assigned, or who was seen where nobody is.",
)

CYCLES: Final = Table(
    "cycles",
    (
        C("educator_id", "text", "The educator."),
        C("cycle_id", "text", "The cycle, as its statements name it; of one educator."),
        C("coach_id", "text", "The coach named last; null where nobody is."),
        C("criterion_ids", "text[]", "The criteria that it is about."),
        C("opened_at", "timestamptz", "When it was opened, or is first heard of."),
        C("phase", "text", "The phase that it is in, or was in when it was closed."),
        C("phase_since", "timestamptz", "Since when."),
        C("days_by_phase", "jsonb", "Cadence days by phase, of the phases that ended."),
        C("contacts", "integer", "Contacts in the cycle."),
        C("closed_at", "timestamptz", "When it was closed; null while it goes on."),
        C("outcome", "text", "What came of it, as its closing says."),
        C("statement_ids", "uuid[]", "The statements that tell of it, in order of time."),
    ),
    ("educator_id", "cycle_id"),
    "Coaching cycles and the phases they went through. The days of a phase that goes on are counted when asked.",
)

ALL: Final = (CONTACTS, PAIRS, SUPPORT, LOAD, CYCLES)
