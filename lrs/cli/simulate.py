"""`lrs simulate`: a realistic district, to try everything on."""

from pathlib import Path

import click
import msgspec
import orjson

from lrs.cli import options
from lrs.cli.progress import Progress
from lrs.simulation import writer
from lrs.simulation.simulation import Simulation


@click.command(epilog="Example: lrs simulate --years 3 --seed 7 --out district")
@click.option("--years", type=click.IntRange(1, 10), default=3, show_default=True, help="School years, up to 2024-25.")
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed gives the same district.")
@click.option(
    "--scale", type=click.FloatRange(0.1, 20), default=1.0, show_default=True, help="1 is 15 schools and 420 educators."
)  # fmt: skip
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("simulated"), show_default=True,
    metavar="DIR", help="The folder to write into.",
)  # fmt: skip
@options.as_json
def simulate(years: int, seed: int, scale: float, out: Path, as_json: bool) -> None:
    """Write a simulated district into DIR: roster, rubrics, calendar, statements, and what is to be found in them.

    The two districts, their people and their rubric are made up. expected.md there has questions with answers. Load it
    with `lrs roster import`, `lrs rubric import`, `lrs reference import` and `lrs load`, or see it all by `make demo`.
    """
    progress = Progress(str(out))
    count = 0

    def told(more: int) -> None:
        nonlocal count
        count += more
        progress.show(None, f"{count:,} statements")

    try:
        written = writer.write(Simulation(seed=seed, scale=scale, years=years), out, told)
    finally:
        progress.end()
    if as_json:
        click.echo(orjson.dumps(msgspec.to_builtins(written)).decode())
    else:
        click.echo(
            f"{out}: {written.statements:,} statements of {written.people:,} people in {written.cohorts} cohorts,"
            f" {written.questions} questions with answers; {progress.seconds:.1f} s"
        )
