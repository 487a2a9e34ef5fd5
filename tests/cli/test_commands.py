"""`lrs`: every command is found by its name, and costs nothing until it is used."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from lrs import cli

HEAVY = ("asyncpg", "aiohttp", "pyarrow", "cryptography", "yaml", "lrs.main", "projections", "lrs.simulation")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_is_in_the_module_of_its_name(name: str) -> None:
    found = cli.lrs.get_command(click.Context(cli.lrs), name)
    assert found is not None
    assert found.name == name


def test_help_names_every_command() -> None:
    told = CliRunner().invoke(cli.lrs, ["--help"]).output
    assert all(f"  {name} " in told and sentence in told for name, sentence in cli.COMMANDS.items())


def test_an_unknown_command_is_wrong_usage() -> None:
    answer = CliRunner().invoke(cli.lrs, ["pears"])
    assert answer.exit_code == 2
    assert "No such command 'pears'" in answer.output


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys; from lrs import cli; print([each for each in {HEAVY} if each in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("projections", "No such command 'projections'. Did you mean projection? `lrs --help` lists all."),
        ("hook creat", "Did you mean create?"),
        ("export coaching/pair", "No such export or question 'coaching/pair'. Did you mean coaching/pairs"),
        ("export pears", "No such export or question 'pears'. `lrs export --help` lists all."),
    ],
)
def test_an_unknown_command_is_answered_with_near_ones(words: str, told: str) -> None:
    answer = CliRunner().invoke(cli.lrs, words.split(), prog_name="lrs")
    assert answer.exit_code == 2
    assert told in " ".join(answer.output.split())
