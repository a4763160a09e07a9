"""Programs `pactl` and `parec` for a folder on the PATH: three sinks that play a ramp."""

from __future__ import annotations

import json
import sys
from pathlib import Path

SINKS = [
    {
        "index": 5,
        "name": "bar.analog",
        "description": "Bar Analog",
        "sample_specification": "s16le 2ch 44100Hz",
    },
    {
        "index": 6,
        "name": "bar.hdmi",
        "description": "Bar HDMI",
        "sample_specification": "float32le 8ch 48000Hz",
    },
    {"index": 7, "name": "stage", "description": "Bühne", "sample_specification": "s32le 1ch 8000Hz"},
]
PACTL = """\
import json, sys, time
answers = json.load(open({answers!r}))
words = [word for word in sys.argv[1:] if not word.startswith("--")]
if words == ["subscribe"]:
    events = open({events!r})
    while True:
        sys.stdout.write(events.readline())
        sys.stdout.flush()
        time.sleep(0.01)
answer = answers[" ".join(words)]
print(answer if isinstance(answer, str) else json.dumps(answer))
"""
PAREC = """\
import array, sys
wanted = dict(word[2:].partition("=")[::2] for word in sys.argv[1:])
assert wanted["format"] == "float32le" and wanted["device"].endswith(".monitor")
channels = int(wanted["channels"])
values = array.array("f", (index for index in range({samples}) for _ in range(channels)))
sys.stdout.buffer.write(values.tobytes())
sys.stdout.flush()
if {then_die}:
    sys.exit("Connection terminated")
sys.stdin.close()
import time
time.sleep(60)
"""


def install(folder: Path, *, samples: int = 1000, then_die: bool = False) -> None:
    """Write both programs into a folder."""
    answers, events = folder / "answers.json", folder / "events"
    events.touch()
    _answer(answers, "bar.hdmi")
    write_program(folder / "pactl", PACTL.format(answers=str(answers), events=str(events)))
    write_program(folder / "parec", PAREC.format(samples=samples, then_die=then_die))


def make_default(folder: Path, sink: str) -> None:
    """Let another sink be the default, and tell who has subscribed."""
    _answer(folder / "answers.json", sink)
    tell(folder, "Event 'change' on server #0")


def tell(folder: Path, event: str) -> None:
    """Print a line to who has subscribed."""
    with (folder / "events").open("a") as events:
        events.write(event + "\n")


def write_program(path: Path, text: str) -> None:
    path.write_text(f"#!{sys.executable} -S\n{text}")
    path.chmod(0o755)


def _answer(path: Path, default_sink: str) -> None:
    path.write_text(json.dumps({"get-default-sink": default_sink, "list sinks": SINKS}))
