import io
import logging

import orjson
import pytest

from lrs.telemetry.logs import Json


@pytest.fixture
def written() -> tuple[logging.Logger, io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Json())
    logger = logging.Logger("lrs.test")  # noqa: LOG001 - that of this test alone
    logger.addHandler(handler)
    return logger, stream


def test_line_has_its_fields(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = written
    logger.info("something", extra={"store": 1})
    line = orjson.loads(stream.getvalue())
    assert {"event": "something", "store": 1, "level": "info", "logger": "lrs.test"}.items() <= line.items()


@pytest.mark.parametrize("text", ['a\r\nb"}', "\x1b[31m", "\u2028", "\ud800"])
def test_whatever_is_told_is_one_line(written: tuple[logging.Logger, io.StringIO], text: str) -> None:
    logger, stream = written
    logger.info("something", extra={"field": text})
    assert stream.getvalue().count("\n") == 1
    assert orjson.loads(stream.getvalue())["field"]


def test_error_says_where(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = written
    logger.error("broke", exc_info=ValueError("why"))
    assert orjson.loads(stream.getvalue())["error"] == "ValueError"
