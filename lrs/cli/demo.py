"""`lrs demo`: a simulated district, loaded and served, and what to ask it."""

import json
import shlex
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import click

from lrs.cli.stage import KEY, Login, Stage

YEARS: Final = 3
SEED: Final = 7


@click.command(epilog="Example: lrs demo --port 8081")
@click.option("--port", type=click.IntRange(1, 65_535), default=8080, show_default=True, help="Port to listen on.")
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("var/demo"), show_default=True,
    metavar="DIR", help="Where district and record are kept; the next run serves them again.",
)  # fmt: skip
@click.option("--scale", type=click.FloatRange(0.1, 20), default=1.0, show_default=True, help="1 is 420 educators.")
@click.option("--years", type=click.IntRange(1, 10), default=YEARS, show_default=True, help="School years.")
@click.option("--check", is_flag=True, help="Stop when everything is loaded, having asked what would be shown.")
def demo(port: int, folder: Path, scale: float, years: int, check: bool) -> None:
    """Make a simulated district, load it into a record of its own, serve it, and say what to ask it.

    Your own record, in ./var, is left alone. Ctrl-C stops the server; DIR may be thrown away.
    """
    # The server of the stage ends with us, however we are asked to.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stage = Stage(folder, port)
    if not stage.is_loaded:
        _timed("simulated", lambda: _simulate(stage, years, scale))
    with stage.serving() as server:
        if not stage.is_loaded:
            _load(stage)
        else:
            # A newer version may have begun to project anew.
            stage.await_through()
        _tell(stage)
        if check:
            return
        try:
            server.wait()
        except KeyboardInterrupt:
            click.echo("stopping", err=True)


def _simulate(stage: Stage, years: int, scale: float) -> str:
    words = ("--years", str(years), "--seed", str(SEED), "--scale", str(scale), "--out", str(stage.district))
    return stage.command("simulate", *words).strip()


def _load(stage: Stage) -> None:
    """Reference data first, so that statements are mapped once."""
    _timed("applied", stage.reference)
    _timed("loaded", stage.load)
    _timed("projected", stage.await_through)
    known = stage.users()
    for login in logins(stage):
        if login.name not in known:
            stage.admit(login)
    stage.loaded()


def _timed(done: str, work: Callable[[], str]) -> None:
    begun = time.monotonic()
    said = work()
    click.echo(f"{done} in {time.monotonic() - begun:.1f} s: {said}", err=True)


def planted(stage: Stage) -> dict[str, Any]:
    """What the simulation planted to be found, by name."""
    expected: dict[str, Any] = json.loads((stage.district / "expected.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = expected["planted"]
    return found


def logins(stage: Stage) -> list[Login]:
    """One user of each role that the examples need."""
    known = planted(stage)
    return [
        _login(stage, "coach", person=known["overdue_coach"]),
        _login(stage, "facilitator", person=known["network_facilitator"]),
        _login(stage, "educator", person=known["growing_educator"]),
        _login(stage, "principal", org=known["neglected_school"]),
    ]


def _login(stage: Stage, role: str, *, person: str | None = None, org: str | None = None) -> Login:
    return Login(name=role, password=stage.secret, role=role, person=person, org=org)


def examples(stage: Stage) -> Iterator[tuple[str, Login | None, str, dict[str, str]]]:
    """What to try: a sentence, who asks (None: the credential), path and parameters."""
    known = planted(stage)
    coach, facilitator, educator, principal = logins(stage)
    yield (
        "Whom has this coach not seen in time, as it stood on 10 April 2025?", coach, "coaching/pairs",
        {"as_of": "2025-04-10", "person": known["overdue_educator"]},
    )  # fmt: skip
    yield (
        "Does the network meet, who comes, and how did it grow?", facilitator,
        f"cohorts/{known['network']}/participation", {},
    )  # fmt: skip
    yield (
        "How did this educator grow on one criterion of the rubric?", educator, "rubric-evidence",
        {"criterion": known["growing_criterion_id"]},
    )  # fmt: skip
    yield (
        "How much support did the educators of this school get in 2024-25?", principal, "support",
        {"period": "sy-2024", "limit": "5"},
    )  # fmt: skip
    yield "Is support spread evenly over schools?", None, "support", {"period": "sy-2024", "by": "org"}


def _tell(stage: Stage) -> None:
    """Each example as a curl, with how many rows it gives; they are asked first, so that none is shown that fails."""
    click.echo(f"\nServing {stage.url}. What to try:\n")
    for sentence, login, path, parameters in examples(stage):
        answer = stage.ask(path, parameters, login)
        user = f"{KEY}:{stage.secret}" if login is None else f"{login.name}:{login.password}"
        query = f"?{urlencode(parameters)}" if parameters else ""
        url = shlex.quote(f"{stage.url}/analytics/v1/{path}{query}")
        click.echo(f"# {sentence} ({len(answer['rows'])} rows)\ncurl -u {user} {url}\n")
    click.echo(f"Questions with their answers: {stage.district / 'expected.md'}. Ctrl-C stops the server.")
