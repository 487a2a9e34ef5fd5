"""Voiding: the one verb that this standard gives a meaning to."""

from lrs.xapi import rules
from lrs.xapi.shapes import Statement
from lrs.xapi.versions import Version

VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def is_voiding(statement: Statement) -> bool:
    """It voids another, and so cannot be voided itself. (1.0.3 Data 2.3.2; 2.0 4.2.5)"""
    return statement["verb"]["id"] == VOIDED


def check(statement: Statement, version: Version) -> None:
    """A voiding statement refers to its target, which need not be here. (1.0.3 Data 2.3.2; 2.0 4.2.5)"""
    if is_voiding(statement) and statement["object"].get("objectType") != "StatementRef":
        raise rules.VOIDING.broken(version, "the object of a voiding statement must be a StatementRef", "/object")
