"""S-12 and S-29: what is logged meanwhile is one JSON object a line, and names neither secret nor person."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lrs.telemetry.logs import LOGGER, Json
from tests import serving

# What came in a header, a query or a body, and is nobody's to read in a log.
CANARIES: Final = (
    serving.SECRET,
    serving.basic(serving.KEY, serving.SECRET).partition(" ")[2],
    "mailto:",
    "<script>",
    "drop schema",
)


class Log(logging.Handler):
    """Keeps the faults of what is logged, as lines that would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines = 0
        self.faults: list[str] = []
        self.setFormatter(Json())

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a line."""
        line = self.format(record)
        self.lines += 1
        try:
            whole = json.loads(line)
        except ValueError:
            whole = {}
        if "\n" in line or "\r" in line or "\x1b" in line or not isinstance(whole, dict) or not whole:
            self.faults.append(f"log: no JSON in one line: {line[:300]!r}")
        if told := [canary for canary in CANARIES if canary in line]:
            self.faults.append(f"log: tells of {told}: {line[:300]!r}")
        if record.levelno >= logging.ERROR:
            self.faults.append(f"log: an error: {line[:1_000]!r}")


@contextmanager
def listening() -> Iterator[Log]:
    """All that is logged meanwhile, down to the last detail."""
    log = Log()
    level = LOGGER.level
    root = logging.getLogger()
    root.addHandler(log)
    LOGGER.setLevel(logging.DEBUG)
    try:
        yield log
    finally:
        root.removeHandler(log)
        LOGGER.setLevel(level)
