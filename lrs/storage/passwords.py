"""The passwords of the embedded server's roles: drawn by us, kept in a file that is ours alone."""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from lrs.errors import CannotStart


def draw(roles: Iterable[str]) -> Mapping[str, str]:
    """A new password of 256 bits for each role, of letters, digits, `-` and `_`."""
    return {role: secrets.token_urlsafe(32) for role in roles}


def read(file: Path) -> Mapping[str, str]:
    """By role; empty where there is no file."""
    try:
        text = file.read_text()
    except FileNotFoundError:
        return {}
    try:
        return {str(role): str(password) for role, password in json.loads(text).items()}
    except (ValueError, AttributeError) as error:
        raise CannotStart(f"{file} is not what was written there: remove it, and new passwords are set") from error


def write(file: Path, passwords: Mapping[str, str]) -> None:
    """On disk when this returns, and never seen half written nor by anybody else."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w") as out:
        json.dump(passwords, out)
        out.flush()
        os.fsync(descriptor)
    new.replace(file)
