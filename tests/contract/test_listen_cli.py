"""`streamgenre listen` as scripts see it: exit codes, lines, interruptions."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.support.program import PROGRAM, json_lines, run
from tests.support.sounds import as_int16, silence, tune

FAST = ("--json", "--as-fast-as-possible")
STATE_KEYS = [
    *("schema", "type", "node", "source", "seq", "time", "audio_seconds"),
    *("status", "genre", "confidence", "stability", "since", "top", "tags", "level_dbfs"),
    *("title", "short", "lost_samples", "latency_ms", "model"),
]


def wav(path: Path, sound: np.ndarray, rate_hz: int, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, sound, rate_hz, subtype=subtype)
    return path


def states(done: subprocess.CompletedProcess[str]) -> list[dict]:
    return [line for line in json_lines(done.stdout) if line["type"] == "state"]


def test_lines_of_a_file(tmp_path):
    done = run("listen", wav(tmp_path / "a.wav", tune(6.2, 44100, channels=2), 44100), *FAST)
    assert (done.returncode, done.stderr) == (0, "")
    found = json_lines(done.stdout)
    assert [line["type"] for line in found][:2] == ["source", "state"]
    assert [line["type"] for line in found][-2:] == ["source", "diagnostics"]
    assert [line["audio_seconds"] for line in states(done)] == [*(k / 2 for k in range(1, 13)), 6.2]
    for line in states(done):
        assert [key for key in line if key != "reason"] == STATE_KEYS
        assert line["genre"] is None or line["status"] == "music"
    accounts = found[-1]["accounts"]
    assert accounts["captured"] == round(6.2 * 44100)
    assert accounts == accounts | {
        "analysed": accounts["captured"] - accounts["skipped"]["filling"],
        "pending": 0,
    }
    numbers = [line["seq"] for line in found if line["type"] in ("source", "change", "segment", "title")]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("missing.wav", lambda _path: None),
        ("empty.wav", lambda path: path.write_bytes(b"")),
        ("text.mp3", lambda path: path.write_text("not audio\n" * 99)),
        ("folder.wav", lambda path: path.mkdir()),
    ],
)
def test_what_is_no_audio_exits_4_with_a_line(tmp_path, name, make):
    make(tmp_path / name)
    done = run("listen", tmp_path / name, *FAST)
    assert done.returncode == 4
    assert [(line["type"], line.get("state")) for line in json_lines(done.stdout)] == [
        ("source", "failed"),
        ("diagnostics", None),
    ]
    assert name in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize(
    "source", ["gopher://x/y", "mic:no such microphone", "pcm:/tmp?rate=0", "-?format=s7le"]
)
def test_sources_that_cannot_be_exit_4(source):
    done = run("listen", source, *FAST)
    assert done.returncode == 4
    assert 1 <= len(done.stderr.splitlines()) <= 2


def test_usage_and_model_have_codes_of_their_own(tmp_path):
    song = wav(tmp_path / "a.wav", tune(2.0, 8000), 8000)
    assert run("listen", song, "--hop", "9", *FAST).returncode == 2
    assert run("listen", song, "--nonsense").returncode == 2
    refused = run("listen", song, "--model", "gnre", *FAST)
    assert refused.returncode == 5
    assert "genre" in refused.stderr


@pytest.mark.parametrize(
    ("rate_hz", "channels", "subtype"),
    [(8000, 1, "PCM_U8"), (192_000, 1, "PCM_24"), (44100, 8, "PCM_16"), (48000, 2, "DOUBLE")],
)
def test_odd_formats_are_heard(tmp_path, rate_hz, channels, subtype):
    done = run(
        "listen", wav(tmp_path / "a.wav", tune(3.6, rate_hz, channels=channels), rate_hz, subtype), *FAST
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert states(done)[-1]["audio_seconds"] == 3.6
    assert states(done)[-1]["top"]


def test_numbers_that_are_none_are_zeroed_counted_and_reported(tmp_path):
    sound = tune(4.0, 16000)
    sound[1000:1010], sound[2000] = np.nan, -np.inf
    done = run("listen", wav(tmp_path / "a.wav", sound, 16000, "FLOAT"), *FAST)
    assert done.returncode == 0
    assert json_lines(done.stdout)[-1]["not_finite_samples"] == 11


def test_digital_silence_is_silence(tmp_path):
    done = run("listen", wav(tmp_path / "a.wav", silence(5.0, 44100), 44100), *FAST)
    assert done.returncode == 0
    last = states(done)[-1]
    assert (last["status"], last["genre"], last["top"], last["reason"]) == (
        "silence",
        None,
        [],
        "digital zero",
    )
    assert last["level_dbfs"] == -120.0


def test_a_tenth_of_a_second_is_too_short(tmp_path):
    done = run("listen", wav(tmp_path / "a.wav", tune(0.1, 44100), 44100), *FAST)
    assert done.returncode == 0
    (only,) = states(done)
    assert (only["status"], only["genre"], only["confidence"], only["reason"]) == (
        "unknown",
        None,
        None,
        "too short",
    )


def test_two_seconds_are_tiled_and_say_so(tmp_path):
    done = run("listen", wav(tmp_path / "a.wav", tune(2.0, 44100), 44100), *FAST)
    assert [line["short"] for line in states(done)] == [False, False, False, False, True]
    assert states(done)[-1]["top"]


def test_a_reader_that_leaves_is_no_error(tmp_path):
    song = wav(tmp_path / "a.wav", tune(20.0, 8000), 8000)
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {PROGRAM} listen {song} --json --as-fast-as-possible | head -n 1"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_signals_end_in_order_and_at_once(tmp_path, ending, code):
    song = wav(tmp_path / "a.wav", tune(60.0, 8000), 8000)
    program = subprocess.Popen(
        [PROGRAM, "listen", song, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    first = [program.stdout.readline() for _ in range(3)]
    program.send_signal(ending)
    begin = time.monotonic()
    rest, errors = program.communicate(timeout=10)
    assert program.returncode == code
    assert time.monotonic() - begin < 5  # a bound against hanging; the time itself is measured elsewhere
    assert errors == ""
    found = json_lines("".join(first) + rest)
    assert found[-2] | {"seq": 0, "time": "", "audio_seconds": 0} == found[-2] | {
        "seq": 0, "time": "", "audio_seconds": 0, "state": "ended", "reason": "stopped",
    }  # fmt: skip


def test_files_are_paced_in_real_time(tmp_path):
    song = wav(tmp_path / "a.wav", tune(2.5, 8000), 8000)
    begin = time.monotonic()
    done = run("listen", song, "--json")
    assert done.returncode == 0
    assert time.monotonic() - begin >= 2.5


def test_a_fifo_is_heard_when_its_writer_comes(tmp_path):
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    program = subprocess.Popen(
        [PROGRAM, "listen", f"pcm:{fifo}?rate=8000&channels=1", *FAST], stdout=subprocess.PIPE, text=True
    )
    fifo.write_bytes(as_int16(tune(4.0, 8000)).tobytes())
    output, _ = program.communicate(timeout=60)
    assert program.returncode == 0
    assert json_lines(output)[-1]["accounts"]["captured"] == 32_000


def test_version_and_help():
    assert run("--version").stdout.startswith("streamgenre ")
    done = run("listen", "--help")
    assert done.returncode == 0
    assert "Examples" in done.stdout
