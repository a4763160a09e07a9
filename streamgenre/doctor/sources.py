"""Whether each source of the configuration can be opened, and sounds; nothing of it is kept."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from streamgenre.doctor.check import Check, Part
from streamgenre.doctor.running import Running
from streamgenre.errors import PermanentSourceError, SourceError
from streamgenre.settings import SourceSettings

OPENING_SECONDS = 10.0
SAMPLES_SECONDS = 8.0
"""Of these: for the first samples."""


def source_parts(sources: Iterable[SourceSettings], running: Running) -> list[Part]:
    return [
        Part(f"source {source.id}", partial(_source, source, running), OPENING_SECONDS) for source in sources
    ]


def _source(source: SourceSettings, running: Running) -> Iterator[Check]:
    name = f"source {source.id}"
    if not source.enabled:
        yield Check(name, "ok", "disabled in the configuration; not tried")
    elif running.follows(source.id):
        yield Check(name, "ok", "followed by the streamgenre that runs; not opened a second time")
    else:
        yield _tried(name, source.source)


def _tried(name: str, text: str) -> Check:
    from streamgenre.capture.source_spec import PcmSpec, parse_source

    try:
        spec = parse_source(text)
        if isinstance(spec, PcmSpec) and (told := _pipe(spec.path)):
            return Check(name, "ok", told)
        return _opened(name, text)
    except PermanentSourceError as error:
        return Check(name, "failed", str(error), "correct its `source` in the configuration")
    except SourceError as error:
        return Check(name, "failed", str(error), "`streamgenre run` goes on trying until it is there")


def _pipe(path: Path | None) -> str | None:
    """Tell what is not opened: it would take away what is meant for the daemon."""
    if path is None:
        return "standard input; it cannot be tried from here"
    try:
        is_pipe = stat.S_ISFIFO(path.stat().st_mode)
    except OSError:
        return None
    return "a named pipe is there; not opened, for that would take its sound" if is_pipe else None


def _opened(name: str, text: str) -> Check:
    from streamgenre.capture.open_source import open_source

    begun = time.monotonic()
    source = open_source(text)
    try:
        count = source.format.channels
        rate = f"{source.format.sample_rate_hz} Hz, {count} channel{'s' * (count != 1)}"
        while time.monotonic() - begun < SAMPLES_SECONDS:
            if source.read(0.1) is not None:
                told = f"opens, first samples after {time.monotonic() - begun:.1f} s, {rate}"
                return Check(name, "ok", told)
    except EOFError:
        return Check(name, "failed", "opens, but ends before its first sample", "give it some sound")
    finally:
        source.close()
    told = f"opens, but no samples came in {SAMPLES_SECONDS:.0f} s, {rate}"
    return Check(name, "failed", told, "look at its device or server")
