"""Is support spread evenly? Reads the analytics of a Daybook into pandas, and asks DuckDB for the last word.

    python docs/examples/support.py "$LRS" "$KEY" "$SECRET" [PERIOD]

LRS is the address of the server, such as http://127.0.0.1:8080, KEY a key with the scope analytics/read and SECRET its
secret: `lrs credential create --scope analytics/read` prints both.

Needs pandas, pyarrow and duckdb; all three come with Daybook's development dependencies.
"""

import io
import json
import sys
from base64 import b64encode
from urllib.error import HTTPError, URLError
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


def trouble(error: OSError | ValueError) -> str:
    """What went wrong, and which of LRS, KEY and SECRET to set otherwise."""
    if isinstance(error, HTTPError) and error.code == 401:
        return (
            "KEY and SECRET are unknown there: set them to what `lrs credential create --scope analytics/read` prints"
        )
    if isinstance(error, HTTPError):
        said = error.read().decode(errors="replace")
        return f"the server answered {error.code}: {json.loads(said)['detail'] if said.startswith('{') else said[:200]}"
    why = error.reason if isinstance(error, URLError) else error
    return f"nobody answers there ({why}): set LRS to the address of a server that runs, such as http://127.0.0.1:8080"


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5) or not all(sys.argv[1:4]):
        sys.exit('usage: support.py "$LRS" "$KEY" "$SECRET" [PERIOD]: set the variables LRS, KEY and SECRET first')
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError) as error:
        sys.exit(f"support.py: {trouble(error)}")
