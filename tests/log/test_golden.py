"""Events of every older version mean today what they meant when they were written."""

from collections import Counter
from datetime import date

from lrs.auth.people import Place, User
from lrs.auth.states import State
from lrs.events import Kind
from lrs.reference.applied import KINDS
from projections.facts.fact import Kind as FactKind
from tests import tree
from tests.guarantees import golden
from tests.guarantees.golden import READERS, Line

V1 = list(golden.lines(golden.FOLDER / "v1.jsonl"))
ADA = "mbox:mailto:ada@x.org"
UNIT = "https://example.org/units/1"


def of(kind: Kind) -> list[Line]:
    return [each for each in V1 if each.kind == kind.label]


def test_every_kind_that_is_written_has_golden_events() -> None:
    assert {each.kind for each in V1} == {kind.label for kind in Kind if kind not in golden.UNWRITTEN}
    assert set(READERS) == set(Kind) - golden.UNWRITTEN


def test_what_is_called_unwritten_is_written_nowhere() -> None:
    sources = [path for path in tree.files(".py") if tree.name(path).startswith(("lrs/", "projections/"))]
    assert len(sources) > 100
    for kind in golden.UNWRITTEN:
        named = [tree.name(path) for path in sources if f"kind=Kind.{kind.name}" in path.read_text(encoding="utf-8")]
        assert named == [], f"{kind.name} is written now: give it golden events"


def test_bytes_are_those_that_the_log_committed_itself_to() -> None:
    assert all(each.is_proven for each in V1)


def test_statements() -> None:
    first, second, void = (READERS[Kind.STATEMENT_STORED](each) for each in of(Kind.STATEMENT_STORED))
    assert first["timestamp"] == "2024-11-05T19:40:00.5-08:00"
    assert first["authority"]["account"]["name"] == "tests"
    assert "timestamp" in second
    assert void["object"]["id"] == second["id"]


def test_statements_are_mapped() -> None:
    found = golden.facts(V1)
    assert [(fact.kind, fact.subject, fact.unit) for fact in found] == [(FactKind.LEARN, ADA, UNIT)] * 2
    assert [fact.minutes for fact in found] == [10, None]
    assert found[0].observed_at.isoformat() == "2024-11-06T03:40:00.500000+00:00"


def test_documents() -> None:
    stored = [READERS[Kind.DOCUMENT_STORED](each) for each in of(Kind.DOCUMENT_STORED)]
    assert Counter(resource for resource, _ in stored) == {"state": 2, "agent_profile": 1, "activity_profile": 1}
    assert [each.content for each in of(Kind.DOCUMENT_STORED)][-1] == b"\0not json"
    (gone,) = of(Kind.DOCUMENT_DELETED)
    assert (READERS[Kind.DOCUMENT_DELETED](gone), gone.content) == (("state", "raw"), b"")


def test_reference_data_of_each_kind_is_folded() -> None:
    every = [READERS[Kind.REFERENCE_APPLIED](each) for each in of(Kind.REFERENCE_APPLIED)]
    assert Counter(each.kind for each in every) == Counter(KINDS)
    assert {each.effective_from for each in every} == {date(2024, 8, 1)}
    reference = golden.state(V1).reference()
    day = date(2025, 2, 10)
    assert reference.through == of(Kind.REFERENCE_APPLIED)[-1].position
    assert sorted(reference.people) == ["ada", "bob", "cy"]
    assert [each.person for each in reference.members("plc") if each.role == "member"] == ["ada"]
    assert reference.person("account:https://lms.example.org|ada1", day) == "ada"
    assert {each.educator: each.target_interval_days for each in reference.assignments_of_coach("cy")} == {
        "ada": 10,
        "bob": 14,
    }
    assert reference.is_paused(day, org="south", person="bob")
    assert reference.is_paused(date(2024, 12, 24), org="north", person="ada")
    assert reference.alignments(UNIT) == ("c1",)
    assert [criterion.id for criterion in reference.rubrics["r"].criteria] == ["c1", "c2"]
    assert reference.policy(day).cadence.default_target == 21
    assert str(reference.policy(day).timezone) == "America/Los_Angeles"
    assert reference.mapping is not None
    assert reference.mapping.startswith("mapping: ours")


def test_credentials() -> None:
    *_, issued = (State.parse(each.content) for each in of(Kind.CREDENTIAL_ISSUED))
    (rotated,) = (State.parse(each.content) for each in of(Kind.CREDENTIAL_ROTATED))
    (revoked,) = (State.parse(each.content) for each in of(Kind.CREDENTIAL_REVOKED))
    assert (issued.name, issued.scopes, len(issued.secrets)) == ("lms", ("statements/write",), 1)
    assert (len(rotated.secrets), rotated.secrets[0].expires is not None) == (2, True)
    assert (revoked.revoked, revoked.secrets) == (True, ())


def test_users_and_looks_and_stores() -> None:
    (user,) = (User.parse(each.content) for each in of(Kind.USER_CHANGED))
    assert (user.name, user.places) == ("cora", {1: Place(roles=("coach",), person="cy")})
    (read,), (exported,) = of(Kind.RECORDS_READ), of(Kind.RECORDS_EXPORTED)
    look = READERS[Kind.RECORDS_READ](read)
    assert (look.who, look.people, look.rows, look.format) == ("cora", ("ada", "bob"), 2, "json")
    assert READERS[Kind.RECORDS_EXPORTED](exported).format == "csv"
    assert [READERS[Kind.STORE_CHANGED](each) for each in of(Kind.STORE_CHANGED)] == ["default"]


def test_hooks() -> None:
    created, disabled = (READERS[Kind.HOOK_CHANGED](each) for each in of(Kind.HOOK_CHANGED))
    assert (created.kind, created.name, created.change, created.enabled) == ("webhook", "gradebook", "created", True)
    assert (disabled.hook, disabled.change, disabled.enabled) == (created.hook, "disabled", False)
