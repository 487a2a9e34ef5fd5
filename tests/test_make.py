"""Which Python `make` takes."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Runs what it is given as a Python would that was configured otherwise.
FAKE = """\
#!/bin/sh
exec {python} -c 'import sys, sysconfig
sysconfig.get_config_vars()["CONFIG_ARGS"] = "{told}"
sys.base_prefix = "/opt"
exec(sys.argv[1])' "$2"
"""
QUICK, SLOW = "--prefix=/opt --enable-optimizations", "--prefix=/opt"


def taken(folder: Path, **pythons: str) -> str:
    """What `make` takes where these are installed."""
    for name, told in pythons.items():
        file = folder / name.replace("_", ".")
        file.write_text(FAKE.format(python=sys.executable, told=told), encoding="utf-8")
        file.chmod(0o755)
    made = subprocess.run(
        ["make", "--no-print-directory", "--eval", "taken:; @echo $(PYTHON);", "taken", "DISTRIBUTION="],
        cwd=ROOT, env={"PATH": str(folder), "SHELL": "/bin/sh"}, capture_output=True, text=True, check=True,
        executable=_make(),
    )  # fmt: skip
    return made.stdout.strip()


def _make() -> str:
    return next(found for each in os.environ["PATH"].split(":") if os.access(found := f"{each}/make", os.X_OK))


def test_the_newest(tmp_path: Path) -> None:
    assert taken(tmp_path, python3_11=QUICK, python3_13=QUICK, python3=QUICK) == "python3.13"


def test_one_without_optimisations_comes_last(tmp_path: Path) -> None:
    assert taken(tmp_path, python3_13=SLOW, python3_11=QUICK) == "python3.11"
    (tmp_path / "python3.11").unlink()
    assert taken(tmp_path, python3_12=SLOW) == "python3.13"


def test_one_that_says_nothing_is_as_good(tmp_path: Path) -> None:
    assert taken(tmp_path, python3_13=SLOW, python3_12="") == "python3.12"


def test_none(tmp_path: Path) -> None:
    assert taken(tmp_path) == ""
