"""What tests of the change feed send, and how they read it."""

from typing import Any

from tests.serving import Client
from tests.world import statement


async def send(client: Client, count: int = 1, **changes: Any) -> list[str]:
    """Store statements; their ids."""
    answer = await client.send("POST", "/xAPI/statements", [statement(**changes) for _ in range(count)])
    assert answer.status == 200
    ids: Any = answer.json
    return list(ids)


async def page(client: Client, query: str = "", **headers: str | None) -> Any:
    answer = await client.get(f"/events/v1?{query}", **headers)
    assert answer.status == 200, answer.body
    return answer.json
