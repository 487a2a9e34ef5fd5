from pathlib import Path

import pytest

from lrs.auth import pepper
from lrs.config import Settings
from lrs.errors import CannotStart


def test_pepper_is_made_once(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    made = pepper.load(settings)
    assert len(made) >= pepper.BYTES
    assert pepper.load(settings) == made
    assert (tmp_path / "pepper").stat().st_mode & 0o777 == 0o600


def test_setting_goes_before_the_file(tmp_path: Path) -> None:
    assert pepper.load(Settings(data_dir=tmp_path, pepper="p")) == b"p"


def test_readable_by_others_is_refused(tmp_path: Path) -> None:
    pepper.load(Settings(data_dir=tmp_path))
    (tmp_path / "pepper").chmod(0o644)
    with pytest.raises(CannotStart, match="chmod 600"):
        pepper.load(Settings(data_dir=tmp_path))


def test_shared_database_needs_a_shared_pepper(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="LRS_PEPPER"):
        pepper.load(Settings(data_dir=tmp_path, database_url="postgresql://db/lrs"))
    with pytest.raises(CannotStart, match="LRS_PEPPER"):
        pepper.load(Settings(pepper_file=str(tmp_path / "none")))
