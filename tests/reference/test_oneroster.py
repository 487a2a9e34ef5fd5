"""OneRoster files: what is kept, what is refused and where, bulk and delta."""

import pytest

from lrs.errors import Invalid
from lrs.reference import oneroster
from lrs.reference.flaws import Flawed
from tests.reference.given import CLASSES, ENROLLMENTS, ROSTER, USERS, csv

NEW_USERS = (
    "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,"
    "userMasterIdentifier,primaryOrgSourcedId"
)
ROLES = "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId"


def flaw(**files: bytes) -> str:
    with pytest.raises(Flawed) as refused:
        oneroster.parse({f"{name}.csv": content for name, content in files.items()})
    return refused.value.detail


def manifest(*lines: str) -> bytes:
    return csv("propertyName,value", *lines)


def test_password_is_not_kept() -> None:
    body = oneroster.parse(ROSTER)
    assert body.parts["users"].rows["ada"]["email"] == "ada@x.org"
    assert not [cell for row in body.parts["users"].rows.values() for cell in row.values() if "secret" in cell]
    assert "password" not in body.parts["users"].rows["ada"]


def test_version_is_told_by_manifest_or_roles() -> None:
    assert oneroster.parse(ROSTER).version == "1.1"
    assert oneroster.parse({"users.csv": csv(NEW_USERS), "roles.csv": csv(ROLES)}).version == "1.2"
    said = {**ROSTER, "manifest.csv": manifest("oneroster.version,1.2", "file.users,bulk")}
    assert oneroster.parse(said).version == "1.2"


def test_byte_order_mark_and_lists_in_cells() -> None:
    content = b"\xef\xbb\xbf" + csv(USERS, 'ada,,,true,"north,south",teacher,a,Ada,"Byron, Countess",,')
    cells = oneroster.parse({"Users.CSV": content}).parts["users"].rows["ada"]
    assert (cells["orgSourcedIds"], cells["familyName"]) == ("north,south", "Byron, Countess")


def test_columns_are_found_by_header() -> None:
    users = csv("familyName,email,sourcedId,metadata.pd.level,metadata.x.secret", "Byron,a@x.org,ada,high,no")
    assert oneroster.parse({"users.csv": users}).parts["users"].rows == {
        "ada": {"familyName": "Byron", "email": "a@x.org", "metadata.pd.level": "high"}
    }


def test_delta_names_what_is_gone() -> None:
    files = {
        "manifest.csv": manifest("file.users,delta", "file.enrollments,delta"),
        "users.csv": csv(
            USERS, "ada,active,2025-01-06T00:00:00Z,true,north,teacher,a,A,B,,", "bob,tobedeleted" + "," * 9
        ),
        "enrollments.csv": csv(ENROLLMENTS, "e1,tobedeleted,plc,north,ada,student,,2024-12-20"),
    }
    body = oneroster.parse(files)
    assert body.parts["users"].mode == "delta"
    assert set(body.parts["users"].rows) == {"ada"}
    assert body.parts["users"].gone == {"bob": ""}
    assert body.parts["enrollments"].gone == {"e1": "2024-12-20"}


def test_absent_file_says_nothing() -> None:
    files = {**ROSTER, "manifest.csv": manifest("file.users,bulk", "file.orgs,absent")}
    assert "orgs" not in oneroster.parse(files).parts


def test_year_of_teaching_is_its_august() -> None:
    users = csv("sourcedId,metadata.pd.teachingSince", "ada,2023", "bob,2020-02-01")
    rows = oneroster.parse({"users.csv": users}).parts["users"].rows
    assert [row["metadata.pd.teachingSince"] for row in rows.values()] == ["2023-08-01", "2020-02-01"]


def test_unmarked_classes_are_cohorts_where_nobody_marks() -> None:
    plain = oneroster.parse({"classes.csv": csv("sourcedId,title", "c,PLC")})
    marked = oneroster.parse({"classes.csv": csv(CLASSES, "c,,Algebra 1,north,,,", "d,,PLC,north,Cohort,,")})
    assert plain.parts["classes"].rows["c"][oneroster.KIND] == "cohort"
    assert oneroster.KIND not in marked.parts["classes"].rows["c"]
    assert marked.parts["classes"].rows["d"][oneroster.KIND] == "cohort"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (",,,true,north,teacher,a,A,B,,", "users.csv, line 2, column sourcedId: this must not be empty"),
        (
            "a,gone,,true,north,teacher,a,A,B,,",
            "column status: 'gone' is none of active, tobedeleted, inactive",
        ),
        ("a,,,true,north,teacher,a,A,B,nonsense,", "line 2, column email: 'nonsense' is no e-mail address"),
        ("a,,,true", "users.csv, line 2: the header has 11 columns, this line 4"),
        ('a,,,true,north,teacher,a,A,B,,"x\ny', "users.csv, line 3: this is no CSV"),
        (f"a,,,true,north,teacher,a,A,{'B' * 10_001},,", "column familyName: a cell has at most 10,000 characters"),
    ],
)
def test_bad_cell_of_users_is_told(line: str, words: str) -> None:
    assert words in flaw(users=csv(USERS, line))


def test_bad_dates_are_told() -> None:
    assert "line 2, column beginDate: '09/01/2024' is no date like 2024-08-31" in flaw(
        enrollments=csv(ENROLLMENTS, "e,,c,s,u,student,09/01/2024,")
    )
    assert "line 2, column endDate: '2024-01-01' is before the beginDate '2024-09-01'" in flaw(
        enrollments=csv(ENROLLMENTS, "e,,c,s,u,student,2024-09-01,2024-01-01")
    )


def test_bad_target_is_told() -> None:
    assert "column metadata.pd.targetIntervalDays: '2 weeks' is no whole number from 1 to 3660" in flaw(
        classes=csv(CLASSES, "c,,PLC,north,cohort,2 weeks,")
    )


def test_repeated_id_names_the_first_line() -> None:
    assert "users.csv, line 4, column sourcedId: 'ada' is in line 2 already" in flaw(
        users=csv("sourcedId,email", "ada,", "bob,", "ada,")
    )


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Flawed) as refused:
        oneroster.parse({"users.csv": csv("sourcedId,email", *(f"u{n},nonsense" for n in range(9)))})
    assert len(refused.value.flaws) == 9
    assert refused.value.detail.endswith("; and 4 more")


def test_missing_column_is_told_once() -> None:
    assert flaw(enrollments=csv("sourcedId,classSourcedId", "e,c")) == (
        "enrollments.csv, line 1: the header lacks userSourcedId, role; it has 'sourcedId, classSourcedId'"
    )


def test_delta_without_status_is_refused() -> None:
    files = {"manifest": manifest("file.users,delta"), "users": csv("sourcedId,email", "ada,")}
    assert "users.csv, line 1: the header lacks status" in flaw(**files)


def test_file_that_the_manifest_promises_must_be_there() -> None:
    assert "it says that orgs.csv is there (bulk), and it is not" in flaw(
        manifest=manifest("file.orgs,bulk"), users=csv(USERS)
    )


def test_other_encodings_are_refused_with_their_line() -> None:
    assert "users.csv, line 2: the file must be UTF-8" in flaw(users=csv("sourcedId,givenName") + b"ada,Zo\xeb\r\n")


def test_no_roster_at_all_is_refused() -> None:
    with pytest.raises(Invalid, match=r"there is no OneRoster file here.*there is notes\.csv"):
        oneroster.parse({"notes.csv": b"a,b\r\n"})
