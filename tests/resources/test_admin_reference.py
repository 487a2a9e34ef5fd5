"""`/admin/v1/…` of reference data, over HTTP."""

from typing import Any, cast

import pytest

from lrs.auth.issuing import Issued
from tests import serving
from tests.conftest import Database
from tests.reference.given import ROSTER, criterion, csv, package, without, zipped
from tests.serving import Answer, Client


def told(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    return cast(dict[str, Any], answer.json)


async def test_roster_is_applied_and_told(client: Client) -> None:
    path = "/admin/v1/roster?effective_from=2024-08-01"
    dry = told(await client.send("PUT", f"{path}&dry_run=true", zipped(ROSTER)))
    assert (dry["dry_run"], dry["position"], dry["counts"]["people"]) == (True, None, {"added": 3})
    done = told(await client.send("PUT", path, zipped(ROSTER)))
    assert done["position"] > 0
    assert {"part": "people", "what": "added", "id": "ada", "words": "Ada Byron"} in done["changes"]
    again = told(await client.send("PUT", path, zipped(ROSTER)))
    assert (again["known_already"], again["position"]) == (True, None)
    now = told(await client.get("/admin/v1/roster"))
    assert (now["position"], now["effective_from"], now["counts"]["people"]) == (done["position"], "2024-08-01", 3)


async def test_one_file_names_itself(client: Client) -> None:
    users = without("users.csv", "bob,")["users.csv"]
    done = told(await client.send("PUT", "/admin/v1/roster?file=users.csv&dry_run=true", users))
    assert done["source"] == "users.csv"


async def test_rubric_is_put_by_its_id(client: Client) -> None:
    content = package(criterion("c"), rubric="craft")
    assert told(await client.send("PUT", "/admin/v1/rubrics/CRAFT", content))["counts"]["rubrics"] == {"added": 1}
    other = package(criterion("c", weight=2), rubric="craft", version="2")
    assert told(await client.send("POST", "/admin/v1/rubrics", other))["counts"]["rubrics"] == {
        "added": 1,
        "changed": 1,
    }
    rubrics = told(await client.get("/admin/v1/rubrics"))["rubrics"]
    assert [(each["id"], each["version"]) for each in rubrics] == [("craft", "1"), ("craft", "2")]
    versions = told(await client.get("/admin/v1/rubrics/craft"))["versions"]
    assert [each["criteria"][0]["weight"] for each in versions] == [1.0, 2.0]
    assert (await client.get("/admin/v1/rubrics/none")).status == 404
    wrong = await client.send("PUT", "/admin/v1/rubrics/else", content)
    assert (wrong.status, wrong.problem["rule"]) == (400, "rubric.id")


@pytest.mark.parametrize(
    ("kind", "content", "key"),
    [
        ("calendar", csv("org,from,to,kind", "d,2024-12-21,2025-01-06,holiday"), "rows"),
        ("identities", csv("person_sourcedId,ifi_type,value", "ada,mbox,a@x.org"), "rows"),
        ("alignments", csv("activity_id,criterion_id", "u:1,c"), "rows"),
        ("assignments", csv("coach,educator", "cy,bob"), "assignments"),
        ("mapping", b"mapping: ours\nversion: 1\nextends: [default]\n", "content"),
        ("policy", b"freshness_days: 9", "documents"),
    ],
)
async def test_other_kinds_are_put_and_told(client: Client, kind: str, content: bytes, key: str) -> None:
    assert (await client.get(f"/admin/v1/{kind}")).status == 404
    done = told(await client.send("PUT", f"/admin/v1/{kind}?effective_from=2024-08-01", content))
    now = told(await client.get(f"/admin/v1/{kind}"))
    assert (now["sha256"], now["kind"]) == (done["sha256"], kind)
    assert now[key]


async def test_faults_are_listed_in_the_problem(client: Client) -> None:
    content = csv("org,from,to,kind", "d,soon,,holiday", "d,2024-12-21,,")
    problem = (await client.send("PUT", "/admin/v1/calendar", content)).problem
    assert problem["status"] == 400
    assert problem["flaws"] == [
        {"file": "calendar.csv", "line": 2, "column": "from", "rule": "cell.date",
         "words": "'soon' is no date like 2024-08-31"},
        {"file": "calendar.csv", "line": 3, "column": "kind", "rule": "cell.empty", "words": "this must not be empty"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "query", ["dry_run=maybe", "effective_from=2024-02-30", "dryrun=true", "dry_run=true&dry_run=true"]
)
async def test_wrong_parameters_are_refused(client: Client, query: str) -> None:
    assert (await client.send("PUT", f"/admin/v1/policy?{query}", b"freshness_days: 9")).status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/v1/roster"), ("PUT", "/admin/v1/roster"), ("PUT", "/admin/v1/policy"),
        ("GET", "/admin/v1/rubrics"), ("GET", "/admin/v1/rubrics/r"), ("PUT", "/admin/v1/rubrics/r"),
        ("POST", "/admin/v1/rubrics"),
    ],
)  # fmt: skip
async def test_scope_admin_is_needed(module_database: Database, method: str, path: str) -> None:
    async with serving.lrs(module_database.dsn) as (client, core):
        if await core.issuing.find("lower") is None:
            store = (await core.issuing.get(serving.KEY)).store
            await core.issuing.issue(store, name="", scopes=("all",), given=Issued(key="lower", secret="s"))
        headers = {"Authorization": serving.basic("lower", "s")}
        assert (await client.send(method, path, b"{}" if method != "GET" else None, headers)).status == 403
        assert (
            await client.send(method, path, b"{}" if method != "GET" else None, {"Authorization": None})
        ).status == 401
