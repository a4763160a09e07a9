"""Questions to the sound server, PulseAudio or PipeWire, through its own program `pactl`."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import Any, cast

from streamgenre.capture.source_text import cut, printable
from streamgenre.errors import PermanentSourceError, SourceError, TransientSourceError

ANSWER_SECONDS = 5.0

_UNSAID = "(null)"
"""What pactl 16 writes into its JSON in place of words that are not all ASCII."""
_SINK_IN_WORDS = r"^Sink #(\d+)\n(?:\t.*\n)*?\tName: (.*)\n\tDescription: (.*)$"

Sink = dict[str, Any]
"""One sink as the server describes it: index, name, description, sample_specification and more."""


def list_sinks() -> list[Sink]:
    """Raises SourceError when there is no server, or no pactl."""
    sinks = cast("list[Sink]", _ask("list", "sinks"))
    if any(_UNSAID in (sink.get("name"), sink.get("description")) for sink in sinks):
        said = _names()
        for sink in sinks:
            sink.update(said.get(str(sink.get("index")), {}))
    return sinks


def default_sink_name() -> str | None:
    """Raises SourceError when there is no server, or no pactl."""
    return _said("get-default-sink").strip() or None


def subscription() -> subprocess.Popen[bytes]:
    """Start a pactl that tells, a line each, what changes at the server, until it is ended."""
    return subprocess.Popen(
        ["pactl", "subscribe"],  # noqa: S607 - found on the PATH, as any program of the desktop
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        start_new_session=True,  # Ctrl-C is for us, who then end it
    )


def missing(program: str) -> SourceError:
    return PermanentSourceError(
        f"{program} is missing, but monitors need it; install it, as with: apt-get install pulseaudio-utils"
    )


def _names() -> dict[str, Sink]:
    """Return name and description of each sink by its index, from the words that pactl prints for people."""
    said = re.findall(_SINK_IN_WORDS, _said("list", "sinks"), re.MULTILINE)
    return {index: {"name": name, "description": description} for index, name, description in said}


def _ask(*words: str) -> object:
    try:
        return json.loads(_said("--format=json", *words))
    except json.JSONDecodeError:
        raise _silent() from None


def _said(*words: str) -> str:
    try:
        answer = subprocess.run(  # noqa: S603 - fixed words only
            ["pactl", *words],  # noqa: S607 - found on the PATH, as any program of the desktop
            capture_output=True,
            check=False,
            timeout=ANSWER_SECONDS,
            env=_environment(),
        )
    except (FileNotFoundError, PermissionError):
        raise missing("pactl") from None
    except subprocess.TimeoutExpired:
        raise _silent() from None
    if answer.returncode == 0:
        return answer.stdout.decode("utf-8", "replace")
    said = answer.stderr.decode("utf-8", "replace").strip().splitlines()
    reason = cut(printable(said[-1])) if said else "pactl failed"
    raise TransientSourceError(f"no sound server to monitor ({reason}); start PipeWire or PulseAudio")


def _silent() -> SourceError:
    return TransientSourceError("the sound server does not answer pactl; restart PipeWire or PulseAudio")


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C.UTF-8"}  # decimal commas would break its JSON, translations its lines
