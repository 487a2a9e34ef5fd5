"""The versions of xAPI that are spoken here, and how a request chooses one."""

import enum
import re

from lrs.errors import Invalid

_PATCH = re.compile(r"([12])\.0(?:\.[0-9]{1,9})?")


class Version(enum.Enum):
    """A version whose rules a request is answered by; its value is the header of every answer to it."""

    V1_0_3 = "1.0.3"
    V2_0_0 = "2.0.0"

    def paragraph(self, old: str, new: str) -> str:
        """The one of two paragraphs (of 1.0.3, of 2.0) that this version's text has, named with its document."""
        return f"1.0.3 {old}" if self is Version.V1_0_3 else f"2.0 {new}"


def choose(header: str | None) -> Version | None:
    """The version that X-Experience-API-Version asks for, None without the header; else Invalid.

    `1.0` and every `1.0.*` are answered as 1.0.3, `2.0` and every `2.0.*` as 2.0.0.
    (1.0.3 Communication 3.3; 2.0 4.1.7)
    """
    if header is None:
        return None
    match = _PATCH.fullmatch(header.strip(" \t"))
    if match is None:
        raise Invalid(
            "X-Experience-API-Version must be 1.0.x or 2.0.x; this server speaks 1.0.3 and 2.0.0",
            rule="a request's version must be one that the LRS implements",
            paragraph="1.0.3 Communication 3.3; 2.0 4.1.7",
        )
    return Version.V1_0_3 if match[1] == "1" else Version.V2_0_0


def statement_version(version: Version) -> str:
    """What a statement that came without `version` is stored as. (1.0.3 Data 2.4.10; 2.0 4.2.4.3)"""
    return "1.0.0" if version is Version.V1_0_3 else "2.0.0"
