"""Programs `pactl` and `parec` for a folder on the PATH: three sinks that play a ramp."""

from __future__ import annotations

import json
import sys
from pathlib import Path

SINKS = [
    {"name": "bar.analog", "description": "Bar Analog", "sample_specification": "s16le 2ch 44100Hz"},
    {"name": "bar.hdmi", "description": "Bar HDMI", "sample_specification": "float32le 8ch 48000Hz"},
    {"name": "stage", "description": "Bühne", "sample_specification": "s32le 1ch 8000Hz"},
]
PACTL = """\
import json, sys
answers = {answers}
words = [word for word in sys.argv[1:] if not word.startswith("--")]
print(json.dumps(answers[" ".join(words)]))
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
    answers = {"info": {"default_sink_name": "bar.hdmi"}, "list sinks": SINKS}
    write_program(folder / "pactl", PACTL.format(answers=json.dumps(answers)))
    write_program(folder / "parec", PAREC.format(samples=samples, then_die=then_die))


def write_program(path: Path, text: str) -> None:
    path.write_text(f"#!{sys.executable} -S\n{text}")
    path.chmod(0o755)
