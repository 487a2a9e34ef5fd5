"""Logs: one JSON object a line on standard error, with fields in place of prose.

No body, no query string, no secret and no header of a client is ever a field.
"""

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Final

import orjson

LOGGER: Final = logging.getLogger("lrs")
# What every record has; whatever else was given as `extra` is a field.
USUAL: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def begin(level: str) -> None:
    """Write what is logged from `level` on, by us and by libraries, to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    LOGGER.setLevel(level.upper())


def debug(event: str, **fields: object) -> None:
    """Something to follow when looking for a fault."""
    LOGGER.debug(event, extra=fields)


def info(event: str, **fields: object) -> None:
    """Something that an operator wants to know happened."""
    LOGGER.info(event, extra=fields)


def warning(event: str, **fields: object) -> None:
    """Something that works, yet not as it should."""
    LOGGER.warning(event, extra=fields)


def error(event: str, *, cause: BaseException | None = None, **fields: object) -> None:
    """Something that failed and that nobody else will tell."""
    LOGGER.error(event, exc_info=cause, extra=fields)


class Json(logging.Formatter):
    """A record as one line: time, level, event, its fields and, where something was raised, what and where."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end; whatever the fields hold, it is one line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "process": record.process,
        }
        if record.name != LOGGER.name:
            line["logger"] = record.name
        line |= {name: value for name, value in vars(record).items() if name not in USUAL}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["where"] = "".join(traceback.format_exception(record.exc_info[1]))
        try:
            return orjson.dumps(line, default=str).decode()
        except orjson.JSONEncodeError:
            # A lone surrogate in a field; what cannot be written is escaped rather than lost.
            return orjson.dumps({key: ascii(value) for key, value in line.items()}).decode()
