"""One record, made safe by the thread that logs it, so that any thread may write it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from streamgenre.logs.safe_text import one_line, some_lines

_FORMATTER = logging.Formatter()


@dataclass(frozen=True, slots=True)
class Entry:
    """What every format is made from."""

    time: float
    """Seconds since 1970, UTC."""
    level: int
    """As logging has them: 10 debug, 20 info, 30 warning, 40 error, 50 critical."""
    logger: str
    message: str
    """One printable line."""
    source: str | None = None
    """The id of the source it is about, where it is about one."""
    exception: str | None = None
    """The traceback, printable lines."""
    path: str = ""
    """Of the code that logged it."""
    line: int = 0
    function: str = ""

    @property
    def level_name(self) -> str:
        """DEBUG, INFO and so on."""
        return logging.getLevelName(self.level)

    @property
    def lines(self) -> list[str]:
        """The message, and the traceback set in, so that none of its lines looks like one of ours."""
        return [self.message, *(f"    {line}" for line in (self.exception or "").splitlines())]


def entry_of(record: logging.LogRecord) -> Entry:
    """Return what is to be written of a record."""
    source = getattr(record, "source", None)
    return Entry(
        record.created,
        record.levelno,
        record.name,
        one_line(_message(record)),
        None if source is None else one_line(str(source)),
        _exception(record),
        record.pathname,
        record.lineno,
        record.funcName or "",
    )


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # a mistake in a log call must not cost what it wanted to say
        return f"{record.msg} {record.args!r}"


def _exception(record: logging.LogRecord) -> str | None:
    traced = record.exc_info[1] if record.exc_info else None
    if traced is None:
        return None
    return some_lines(_FORMATTER.formatException((type(traced), traced, traced.__traceback__)))
