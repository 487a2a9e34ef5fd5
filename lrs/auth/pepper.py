"""The pepper: a secret that credentials are hashed with and that the database never sees.

Who steals the database cannot try secrets against it; who loses the pepper must issue every credential anew.
"""

import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from lrs.config import Settings
from lrs.errors import CannotStart
from lrs.telemetry import logs

BYTES: Final = 32
FILE: Final = "pepper"


def load(settings: Settings) -> bytes:
    """The pepper of the settings, else of its file, which is made where the data directory has none."""
    if settings.pepper:
        return settings.pepper.encode()
    file = Path(settings.pepper_file) if settings.pepper_file else settings.data_dir / FILE
    try:
        return _read(file)
    except FileNotFoundError:
        if settings.pepper_file or settings.database_url:
            raise CannotStart(
                f"there is no pepper in {file}: set LRS_PEPPER or LRS_PEPPER_FILE, the same for every server"
            ) from None
        return _make(file)


def is_there(settings: Settings) -> bool:
    """Whether there is a pepper; what cannot be done without it is logged where there is none."""
    try:
        load(settings)
    except CannotStart as error:
        logs.warning("hooks are not followed here, as their secrets cannot be opened", reason=error.detail)
        return False
    return True


class Hasher:
    """Makes of a secret what is kept of it: 32 bytes, its HMAC-SHA-256 under the pepper.

    Secrets are random and long, so that a slow hash would add nothing. The keyed state is made once and copied, for to
    set it up anew takes three times as long.
    """

    def __init__(self, pepper: bytes) -> None:
        self._keyed = hmac.new(pepper, digestmod="sha256")

    def digest(self, secret: str) -> bytes:
        """What is kept of a secret."""
        mac = self._keyed.copy()
        mac.update(secret.encode("utf-8", "surrogatepass"))
        return mac.digest()


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        if os.fstat(opened.fileno()).st_mode & 0o077:
            raise CannotStart(f"{file} can be read by others: chmod 600 {file}")
        pepper = opened.read().strip()
    if len(pepper) < BYTES // 2:
        raise CannotStart(f"{file} is too short to be a pepper: it needs {BYTES // 2} bytes or more")
    return pepper


def _make(file: Path) -> bytes:
    """A new pepper, on disk before it is used; of two processes that make one, both get the first."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    opened = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(opened, "wb") as out:
        out.write(secrets.token_hex(BYTES).encode() + b"\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(unfinished, file)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
    return _read(file)
