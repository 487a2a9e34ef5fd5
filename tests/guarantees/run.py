"""`make guarantees ID=R-03 LOOPS=50 SEED=7`: runs one row of the catalogue, or all that are built, in full length.

Each row prints one line of JSON. The exit status is 1 if any promise did not hold, 2 for an unknown row.
"""

import argparse
import asyncio
import signal
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson

from tests.guarantees import rows, sites
from tests.guarantees.rows import Row

STOPPED: Final = 143


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; see the module."""
    options = parse(arguments)
    known = rows.every()
    chosen = _chosen(known, options.id)
    if options.list:
        print("\n".join(f"{each.id}  loops {each.loops:>9}  {each.goal}" for each in known.values()))
        return 0
    if chosen is None:
        print(f"There is no row {options.id}; there are {', '.join(known)}.", file=sys.stderr)
        return 2
    done = _done(options.resume)
    try:
        return asyncio.run(_run([each for each in chosen if each.id not in done], options))
    except asyncio.CancelledError:
        return STOPPED


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make guarantees", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--id", default="", help="the row, such as R-03, or several with commas (default: all)")
    parser.add_argument("--loops", type=int, help="how often (default: the row's own number)")
    parser.add_argument("--seed", type=int, help="what the dice start from (default: drawn, and told)")
    parser.add_argument("--resume", type=Path, help="a file that lines are added to; rows that hold in it are left out")
    parser.add_argument("--list", action="store_true", help="tell what rows there are")
    return parser.parse_args(arguments)


def _chosen(known: Mapping[str, Row], ids: str) -> list[Row] | None:
    wanted = [id for id in ids.upper().split(",") if id] or list(known)
    return [known[id] for id in wanted] if set(wanted) <= set(known) else None


def _done(file: Path | None) -> Iterable[str]:
    if file is None or not file.exists():
        return ()
    lines = [orjson.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {line["id"] for line in lines if line["pass"]}


async def _run(chosen: Iterable[Row], options: argparse.Namespace) -> int:
    # Asked to end, we end the servers that we started too.
    current = asyncio.current_task()
    assert current is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, current.cancel)
    with rows.folder("standing") as folder:
        async with sites.STANDING.kept(folder):
            held = [await _tell(each, options) for each in chosen]
    return 0 if all(held) else 1


async def _tell(row: Row, options: argparse.Namespace) -> bool:
    """Run a row and print its line; a row that breaks has not held, and the others go on."""
    try:
        verdict = await rows.judge(row, loops=options.loops, seed=options.seed)
    except Exception:
        traceback.print_exc()
        print(
            orjson.dumps({"id": row.id, "figure": {"broken": True}, "goal": row.goal, "pass": False}).decode(),
            flush=True,
        )
        return False
    print(verdict.line(), flush=True)
    if options.resume is not None:
        _note(options.resume, verdict.line())
    return verdict.held


def _note(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as out:
        out.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
