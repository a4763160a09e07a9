"""Alarms as a program that reads `listen --json` sees them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tests.support.program import json_lines, run
from tests.support.sounds import as_int16, silence, tune

RATE_HZ = 16_000
ALARM_KEYS = [
    *("schema", "type", "node", "source", "seq", "time", "audio_seconds"),
    *("kind", "active", "since", "level_dbfs"),
]


def listened(path: Path, sound: np.ndarray) -> list[dict[str, Any]]:
    soundfile.write(path, as_int16(sound), RATE_HZ, subtype="PCM_16")
    done = run("listen", path, "--json", "--as-fast-as-possible", "--hop", "1")
    assert (done.returncode, done.stderr) == (0, "")
    return json_lines(done.stdout)


def alarms(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["type"] == "alarm"]


def test_dead_air_begins_after_thirty_seconds_and_ends_with_the_file(tmp_path: Path):
    lines = listened(tmp_path / "a.wav", np.concatenate([tune(6.5, RATE_HZ), silence(40.0, RATE_HZ)]))
    begun, ended = alarms(lines)
    assert list(begun) == list(ended) == ALARM_KEYS
    assert [(line["kind"], line["active"], line["audio_seconds"]) for line in (begun, ended)] == [
        ("dead_air", True, 37.0),
        ("dead_air", False, 46.5),
    ]
    assert begun["since"] == ended["since"]
    lasted = datetime.fromisoformat(begun["time"]) - datetime.fromisoformat(begun["since"])
    assert timedelta(0) < lasted <= timedelta(seconds=37.0 - 6.5)  # by the clock, and faster than it sounds
    assert begun["level_dbfs"] == -120.0
    assert [line["type"] for line in lines[-4:]] == ["segment", "alarm", "source", "diagnostics"]
    numbers = [line["seq"] for line in lines if line["type"] not in ("state", "diagnostics")]
    assert numbers == list(range(1, len(numbers) + 1))
    silent = [line for line in lines if line["type"] == "state" and line["audio_seconds"] > 8.0]
    assert {(line["status"], line.get("reason")) for line in silent} == {("silence", "digital zero")}


def test_sound_ends_dead_air(tmp_path: Path):
    parts = [silence(31.0, RATE_HZ), tune(3.0, RATE_HZ)]
    found = alarms(listened(tmp_path / "a.wav", np.concatenate(parts)))
    assert [(line["active"], line["audio_seconds"]) for line in found] == [(True, 30.0), (False, 32.0)]


def test_stereo_out_of_phase_alarms_and_is_named_as_its_mono_is(tmp_path: Path):
    sound = tune(12.0, RATE_HZ)
    mono = listened(tmp_path / "mono.wav", sound)
    opposite = listened(tmp_path / "opposite.wav", np.hstack([sound, -sound]))
    assert alarms(mono) == []
    assert [(line["kind"], line["active"], line["audio_seconds"]) for line in alarms(opposite)] == [
        ("out_of_phase", True, 5.0),
        ("out_of_phase", False, 12.0),
    ]

    def named(lines: list[dict[str, Any]]) -> list[tuple[object, ...]]:
        states = [line for line in lines if line["type"] == "state" and line["audio_seconds"] >= 5.0]
        return [(line["status"], line["genre"], line["level_dbfs"]) for line in states]

    assert named(opposite) == named(mono)
    assert len(named(mono)) == 8


def test_diagnostics_tell_dc_and_clipping(tmp_path: Path):
    sound = np.clip(tune(4.0, RATE_HZ) * np.float32(9) + np.float32(0.3), -1, 1)
    lines = listened(tmp_path / "a.wav", sound)
    assert 0.1 < lines[-1]["dc_offset"] < 0.5
    assert lines[-1]["clipped_samples"] > 1000
    assert [(line["kind"], line["active"]) for line in alarms(lines)] == [
        ("clipping", True),
        ("clipping", False),
    ]
