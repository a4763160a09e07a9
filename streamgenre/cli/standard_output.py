"""Stdout that remembers its loss: a full disk is told once and clearly, a reader that left not at all."""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from streamgenre.errors import StreamgenreError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

LOST = 1
SPELLED = "streamgenre.spelled"


class StdoutLostError(StreamgenreError):
    """Nothing more can be written to stdout."""


class StandardOutput(io.FileIO):
    """The descriptor of stdout. After its first failure all output goes nowhere."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.failure: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        """Write; raises BrokenPipeError where nobody reads, StdoutLostError otherwise."""
        try:
            return super().write(data)
        except OSError as error:
            self.failure = error
            self._go_nowhere()
            if error.errno == errno.EPIPE:
                raise
            raise StdoutLostError(_told(error)) from error

    def settle(self, code: int) -> int:
        """Write what is left, tell of a loss, and return the exit code that `code` becomes by it."""
        with suppress(BrokenPipeError, StdoutLostError):
            sys.stdout.flush()
        if self.failure is None:
            return code
        if self.failure.errno == errno.EPIPE:
            return 0 if code == LOST else code  # the libraries below make 1 of it
        print(f"streamgenre: {_told(self.failure)}", file=sys.stderr)  # noqa: T201  # where failures are told
        return LOST

    def _go_nowhere(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def take_standard_output() -> StandardOutput:
    """Put ours in the place of sys.stdout; leaves the program where stdout is closed."""
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]  # it is None when closed (2>&-)
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  # open to the end
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]  # likewise (>&-)
        print("streamgenre: cannot write to stdout: it is closed", file=sys.stderr)  # noqa: T201
        sys.exit(LOST)
    ours = StandardOutput(sys.stdout.fileno())
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(ours),
        *_encoding(sys.stdout.encoding, sys.stdout.errors or "strict"),
        line_buffering=sys.stdout.isatty(),
    )
    return ours


def _encoding(encoding: str, errors: str) -> tuple[str, str]:
    """UTF-8, or ASCII: what is neither is no JSON. No letter is an error."""
    if codecs.lookup(encoding).name != "utf-8":
        return "ascii", SPELLED
    return encoding, SPELLED if errors == "strict" else errors


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """Spell what cannot be written as JSON does, for it may be JSON."""
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(SPELLED, _spelled)


def _told(error: OSError) -> str:
    return f"cannot write to stdout: {error.strerror}"
