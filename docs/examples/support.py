"""Is support spread evenly? Reads the analytics of a Daybook into pandas, and asks DuckDB for the last word.

    python docs/examples/support.py http://127.0.0.1:8080 KEY SECRET [PERIOD]

Needs pandas, pyarrow and duckdb; all three come with Daybook's development dependencies.
"""

import io
import sys
from base64 import b64encode
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import duckdb
import pandas as pd


def ask(url: str, user: tuple[str, str], path: str, **parameters: str) -> pd.DataFrame:
    """The answer to one question, with its types: Parquet keeps dates, times, decimals and lists."""
    query = urlencode({**parameters, "format": "parquet"})
    token = b64encode(":".join(user).encode()).decode()
    request = Request(f"{url}/analytics/v1/{path}?{query}", headers={"Authorization": f"Basic {token}"})  # noqa: S310
    with urlopen(request) as answer:  # noqa: S310 - the address is the reader's own
        print(f"{path}: holds through position {answer.headers['Daybook-Through-Position']}")  # noqa: T201
        return pd.read_parquet(io.BytesIO(answer.read()))


def main(url: str, key: str, secret: str, period: str | None = None) -> None:
    """Print minutes of coaching per educator by school, and how many statements there were each month."""
    user = (key, secret)
    narrowed = {"period": period} if period else {}
    support = ask(url, user, "support", by="org", **narrowed)
    # Suppressed cells are null, never zero: leave them out, and say so.
    hidden = support[support["people"].isna()]
    shown = support.dropna(subset=["people"]).sort_values("mean_minutes")
    print(shown[["org", "people", "mean_minutes", "contacted_share"]].to_string(index=False))  # noqa: T201
    print(f"{len(hidden)} groups are too small to be told")  # noqa: T201

    days = ask(url, user, "statistics")  # noqa: F841 - DuckDB finds it by its name
    monthly = duckdb.sql(
        "select date_trunc('month', day) as month, sum(statements) as statements from days group by 1 order by 1"
    )
    print(monthly)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
