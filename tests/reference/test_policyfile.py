"""Policy files: every setting, unknown keys with their lines."""

import re
from datetime import date

import msgspec
import pytest

from lrs.errors import Invalid
from lrs.reference import policyfile, yamlfile
from lrs.reference.policy import DEFAULT, Policy
from tests import tree

WHOLE = """
policy: Alder
effective_from: 2024-08-01
timezone: {alder: America/Los_Angeles, "*": America/Chicago}
periods: {outside: next, terms: [semester]}
dates: {end: inclusive}
mastery:
  {method: n_mastery, int: 4, threshold: Able, counts: [coach], order_by: stored, min_evidence: 2,
   follow_crosswalk: true}
freshness_days: 90
cadence:
  default_target: 30
  new_teacher_target: 10
  new_teacher_years: 2.5
  grace: 2
  due_soon: 4
  by_plan: {intensive: 7}
  by_phase: {learn: 5}
  report_within_days: 5
  merge_minutes: 60
followthrough: {window_days: 45}
ties: {kinds: [reply, reaction]}
membership: {source: [roster, statements]}
identities: {email: false, accounts: {"https://lms.example.org": username}}
suppression: {participation_k: 6, performance_k: 12}
support: {dimensions: [school, grade], experience_bands: [1, 5]}
roles: {paraprofessional: educator}
purposes: {default: formative, mix: true, principal_sees_formative: true}
privacy: {director_sees_people: true}
retention: {days: 2000, legal_hold: [ada]}
"""


def test_every_setting_is_taken() -> None:
    found = policyfile.parse(WHOLE)
    assert found.effective_from == date(2024, 8, 1)
    for name in msgspec.structs.fields(Policy):
        assert getattr(found.policy, name.name) != getattr(DEFAULT, name.name), name.name
    assert (found.policy.mastery.int_, found.policy.mastery.threshold) == (4, "Able")
    assert found.policy.cadence.by_plan == {"plc": 14, "network": 61, "intensive": 7}
    assert [found.policy.role(each) for each in ("paraprofessional", "teacher", "nurse")] == [
        "educator",
        "educator",
        "nurse",
    ]


def test_schema_and_policy_have_the_same_keys() -> None:
    document = yamlfile.read(WHOLE)
    assert isinstance(document.value, dict)
    assert set(document.value) - {"policy", "effective_from"} == {each.name for each in msgspec.structs.fields(Policy)}


@pytest.mark.parametrize("text", ["", "{}", "policy: empty"])
def test_nothing_said_means_the_defaults(text: str) -> None:
    assert policyfile.parse(text).policy == DEFAULT


def test_default_int_is_that_of_the_method() -> None:
    assert DEFAULT.mastery.parameter() == 65
    assert DEFAULT.mastery.parameter("n_mastery") == 5
    assert policyfile.parse("mastery: {int: 80}").policy.mastery.parameter("decaying_average") == 65


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("timezone: UTC\nfreshnes_days: 3", "line 2: there is no key 'freshnes_days'; did you mean 'freshness_days'?"),
        ("mastery:\n  int: 60\n  methd: latest", "line 3: mastery: there is no key 'methd'; did you mean 'method'?"),
        ("timezone:\n  a: UTC\n  b: Mars/Olympus", "line 3: there is no time zone 'Mars/Olympus'"),
        ("timezone: ../../etc/passwd", "line 1: there is no time zone"),
        ("mastery: {method: n_mastery, int: 11}", "mastery.int: 11 is greater than the maximum of 10"),
        ("mastery: {int: 40}", "mastery.int: 40 is less than the minimum of 50"),
        ("cadence: {grace: soon}", "cadence.grace"),
        ("effective_from: 2024-02-30", "line 1: '2024-02-30' is no date"),
        ("support: {experience_bands: [5, 1]}", "line 1: the borders of the bands must rise"),
        ("dates: {end: exclusive}\ndates: {end: inclusive}", "line 2: 'dates' is there twice"),
        ("- a", "line 1"),
    ],
)
def test_wrong_setting_is_told_with_its_line(text: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        policyfile.parse(text)
    assert words in refused.value.detail


def test_example_of_the_readme_has_every_setting() -> None:
    text = (tree.ROOT / "lrs/reference/README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.S)
    value = yamlfile.read(example).value
    assert isinstance(value, dict)
    assert set(value) - {"effective_from"} == {each.name for each in msgspec.structs.fields(Policy)}
    for name in set(value) - {"effective_from", "timezone", "identities", "roles", "mastery"}:
        assert getattr(policyfile.parse(example).policy, name) == getattr(DEFAULT, name)
