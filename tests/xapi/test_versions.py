import pytest

from lrs.errors import Invalid
from lrs.xapi.versions import Version, choose, statement_version


@pytest.mark.parametrize("header", ["1.0", "1.0.0", "1.0.3", "1.0.9"])
def test_header_1_0_is_1_0_3(header: str) -> None:
    assert choose(header) is Version.V1_0_3


@pytest.mark.parametrize("header", ["2.0", "2.0.0", "2.0.7"])
def test_header_2_0_is_2_0_0(header: str) -> None:
    assert choose(header) is Version.V2_0_0


@pytest.mark.parametrize("header", ["", "0.9", "0.95", "1.1.0", "2.1.0", "3", "2", "1.0.x", "1.0.3\n", "١.0", "BAD"])
def test_other_headers_are_refused(header: str) -> None:
    with pytest.raises(Invalid) as refused:
        choose(header)
    assert refused.value.paragraph


def test_no_header_chooses_none() -> None:
    assert choose(None) is None


def test_missing_version_is_filled() -> None:
    assert [statement_version(version) for version in Version] == ["1.0.0", "2.0.0"]
