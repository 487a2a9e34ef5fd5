"""The error family: what went wrong, which status it has, and the words that say what to do next.

Every layer raises these and nothing else across its border; `http/middlewares.py` alone turns them into answers.
"""

from typing import ClassVar


class LrsError(Exception):
    """What a caller may be told. `detail` says what is wrong and what to do, `pointer` where (RFC 6901)."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(
        self, detail: str, *, pointer: str | None = None, rule: str | None = None, paragraph: str | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer
        self.rule = rule
        self.paragraph = paragraph

    @property
    def line(self) -> str:
        """All that may be told, in one line: the place, what is wrong, the rule and its paragraph."""
        place = f"{self.pointer}: " if self.pointer else ""
        named = "; ".join(filter(None, (self.rule and f"rule {self.rule}", self.paragraph)))
        return " ".join(f"{place}{self.detail}{f' ({named})' if named else ''}".split())


class Invalid(LrsError):
    """What was sent breaks a rule of the standard or of this server."""

    status = 400
    title = "Invalid request"


class Unauthorized(LrsError):
    """Nobody, or somebody unknown."""

    status = 401
    title = "Credentials needed"


class Forbidden(LrsError):
    """Known, but not allowed."""

    status = 403
    title = "Not allowed"


class NotFound(LrsError):
    """There is no such thing, or none that the caller may see."""

    status = 404
    title = "Not found"


class NotAcceptable(LrsError):
    """None of the forms that were asked for is there; the detail names those that are."""

    status = 406
    title = "Not acceptable"


class Conflict(LrsError):
    """It contradicts what is stored."""

    status = 409
    title = "Conflict"


class PreconditionFailed(LrsError):
    """An If-Match or If-None-Match did not hold; nothing was changed."""

    status = 412
    title = "Precondition failed"


class TooLarge(LrsError):
    """Over a limit, which the detail names with its setting."""

    status = 413
    title = "Too large"


class TooMany(LrsError):
    """Too many requests from one credential."""

    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(LrsError):
    """The database cannot be reached, is too slow or the queue is full: send the same again, with the same ids."""

    status = 503
    title = "Try again"

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class CannotStart(LrsError):
    """The server or a command cannot begin: the detail is one line that says why, and what to do."""
