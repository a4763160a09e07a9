"""Choosing the format, and taking logging over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Literal

from streamgenre.logs import lines
from streamgenre.logs.entry import Entry
from streamgenre.logs.handlers import FLUSH_SECONDS, BackgroundHandler, DirectHandler, Write
from streamgenre.logs.journal import Journal, stderr_is_journal
from streamgenre.logs.stderr import is_terminal, print_stderr, write_stderr
from streamgenre.settings import LogFormat, LogSettings

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

log = logging.getLogger(__name__)


def configure_logs(*, debug: bool, settings: LogSettings | None = None) -> None:
    """Send our lines, and the warnings of others, to where they belong.

    With settings, for a daemon: a thread of its own writes them, and what would be printed by
    warnings and dying threads is logged too. May be called again, with other settings.
    """
    told = settings or LogSettings()
    level = logging.DEBUG if debug else _LEVELS[told.level]
    root = logging.getLogger()
    write = _writer(told.format, debug=debug, background=settings is not None)
    before, root.handlers[:] = (
        root.handlers[:],
        [BackgroundHandler(write) if settings else DirectHandler(write)],
    )
    for handler in before:
        if isinstance(handler, BackgroundHandler | DirectHandler):
            handler.close()
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("streamgenre").setLevel(level)
    if settings:
        logging.captureWarnings(capture=True)
        threading.excepthook = _tell_dead_thread


def flush_logs(timeout_seconds: float = FLUSH_SECONDS) -> None:
    """Wait until what was logged is written, for no longer than this."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, BackgroundHandler):
            handler.flush(timeout_seconds)


def _writer(wanted: LogFormat, *, debug: bool, background: bool) -> Write:
    put = write_stderr if background else print_stderr
    match _found(wanted):
        case "journald":
            return _journal(put)
        case "terminal":
            from streamgenre.logs.terminal import TerminalLines  # noqa: PLC0415  # slow, and rarely needed

            return _put(put, TerminalLines(debug=debug))
        case "json":
            return _put(put, lines.as_json)
        case "text":
            return _put(put, lines.timed if background else lines.plain)


def _found(wanted: LogFormat) -> Literal["terminal", "text", "json", "journald"]:
    if wanted != "auto":
        return wanted
    if stderr_is_journal():
        return "journald"
    return "terminal" if is_terminal() else "text"


def _journal(put: Callable[[str], None]) -> Write:
    try:
        return Journal().write
    except OSError:
        return _put(put, lines.prefixed)


def _put(put: Callable[[str], None], form: Callable[[Entry], str]) -> Write:
    return lambda entry: put(form(entry))


def _tell_dead_thread(died: threading.ExceptHookArgs) -> None:
    if died.exc_value is not None and not isinstance(died.exc_value, SystemExit):
        name = died.thread.name if died.thread else "unknown"
        log.critical("the thread %r ended by an error: %s", name, died.exc_value, exc_info=died.exc_value)
