"""Which Python `make` takes, and what it says where there is none."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tree

# Runs what it is given as a Python would that was configured otherwise.
FAKE = """\
#!/bin/sh
exec {python} -c 'import sys, sysconfig
sysconfig.get_config_vars()["CONFIG_ARGS"] = "{told}"
sys.base_prefix = "/opt"
exec(sys.argv[1])' "$2"
"""
MAKE = shutil.which("make")
QUICK, SLOW = "--prefix=/opt --enable-optimizations", "--prefix=/opt"

pytestmark = pytest.mark.skipif(MAKE is None, reason="make is not installed")


def taken(folder: Path, **pythons: str) -> str:
    """What `make` takes where these are installed."""
    for name, told in pythons.items():
        file = folder / name.replace("_", ".")
        file.write_text(FAKE.format(python=sys.executable, told=told), encoding="utf-8")
        file.chmod(0o755)
    asking = folder / "asking.mk"
    asking.write_text("taken:; @echo $(PYTHON);\n", encoding="utf-8")
    words = ["-f", "Makefile", "-f", str(asking), "--no-print-directory", "taken", f"DISTRIBUTION={folder}/none/"]
    made = subprocess.run(
        [MAKE or "", *words], cwd=tree.ROOT, env={"PATH": str(folder)}, capture_output=True, text=True, check=True
    )
    return made.stdout.strip()


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


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("exit 1", "Python 3.11 or newer is needed"),
        ('case "$2" in *ensurepip*) exit 1;; esac', "cannot make virtual environments"),
    ],
    ids=["too-old", "no-venv"],
)
def test_make_says_what_python_lacks(tmp_path: Path, answers: str, words: str) -> None:
    python = tmp_path / "python3.99"
    python.write_text(f"#!/bin/sh\n{answers}\n")
    python.chmod(0o755)
    done = subprocess.run(
        ["make", "python", f"PYTHON={python}"], cwd=tree.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert words in done.stderr
