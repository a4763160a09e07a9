"""The edges of every command: stdout that goes away, Ctrl-C before it began, flags that go anywhere."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from streamgenre.cli import models
from streamgenre.doctor import examine
from streamgenre.errors import StreamgenreError
from tests.support.program import PROGRAM, run
from tests.support.sounds import tune
from tests.support.tiny_model import write_tiny_model

SILENT_READER = (("doctor",), ("models", "list"), ("devices", "--json"), ("--help",), ("--version",))


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    path = tmp_path_factory.mktemp("song") / "a.wav"
    soundfile.write(path, tune(4.0, 16000), 16000)
    return path


def shell(line: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which "$@" is the program with these words."""
    command = ["bash", "-o", "pipefail", "-c", line, "bash", str(PROGRAM), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def commands(song: Path) -> list[tuple[str | Path, ...]]:
    return [*SILENT_READER, ("classify", song), ("listen", song, "--as-fast-as-possible")]


def test_a_full_disk_is_one_clear_line(song):
    for words in commands(song):
        done = shell('"$@" >/dev/full', *words)
        told = [line for line in done.stderr.splitlines() if line.startswith("streamgenre:")]
        assert (done.returncode, told) == (
            1,
            ["streamgenre: cannot write to stdout: No space left on device"],
        ), words
        assert "internal error" not in done.stderr + done.stdout
        assert "Traceback" not in done.stderr


def test_closed_stdout_is_one_clear_line(song):
    for words in (("listen", song, "--as-fast-as-possible"), ("models", "list")):
        done = shell('"$@" >&-', *words)
        assert (done.returncode, done.stderr) == (1, "streamgenre: cannot write to stdout: it is closed\n")


def test_closed_stderr_changes_nothing(song):
    done = shell('"$@" 2>&-', "classify", song, song.with_name("none.wav"), "--format", "csv")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3


def test_a_reader_that_leaves_ends_every_command_quietly(song):
    for words in commands(song):
        done = shell('"$@" | true', *words)
        assert done.returncode == 0, words
        assert "Error" not in done.stderr
        assert "streamgenre:" not in done.stderr


def test_output_to_a_full_device_is_one_clear_line(song):
    done = run("classify", song, "-o", "/dev/full")
    assert (done.returncode, done.stderr) == (
        1,
        "streamgenre: cannot write to /dev/full: No space left on device\n",
    )
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("imported", ["typer.models", "rich.console", "numpy", "numba"])
def test_interrupted_while_it_imports(imported, song):
    """Python tells of each import as it ends; the signal follows at once, wherever that finds the program."""
    command = [sys.executable, "-X", "importtime", "-m", "streamgenre.cli", "listen", str(song)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.rpartition("|")[2].strip() == imported:
                break
        process.send_signal(signal.SIGINT)
        told = [line for line in process.stderr if not line.startswith("import time:")]
        assert process.wait(20) == 130, told
    assert told == []


def test_an_import_that_ctrl_c_broke_is_no_internal_error():
    """A C library turns what is raised while it is initialised into an ImportError."""
    script = (
        "import os, signal, sys\n"
        "from streamgenre.cli import main as program\n"
        "def broken(*_arguments, **_options):\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        for _ in range(10**7): pass\n"
        "    except BaseException: raise ImportError('initialization failed') from None\n"
        "program.app = broken\n"
        "program.main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize("number", ["inf", "nan", "-inf"])
@pytest.mark.parametrize("option", ["--duration", "--hop"])
def test_seconds_that_are_no_number_are_usage(song, option, number):
    done = run("listen", song, option, number, "--as-fast-as-possible")
    assert (done.returncode, done.stdout) == (2, "")
    assert option in done.stderr


@pytest.mark.parametrize(
    "words", [("listen", "--version"), ("models", "--version", "list"), ("classify", "x", "--version")]
)
def test_version_everywhere(words):
    done = run(*words)
    assert (done.returncode, done.stdout) == (0, run("--version").stdout)


def test_every_help_names_the_flags_that_go_anywhere():
    of_models = [("models", name) for name in ("list", "show", "verify", "add")]
    for words in (
        *[(name,) for name in ("listen", "classify", "demo", "devices", "doctor", "models")],
        *of_models,
    ):
        text = run(*words, "--help").stdout
        for flag in ("--version", "--debug", "--no-color"):
            assert flag in text, words


def test_models_list_gives_the_name_to_use_uncut_and_literally(tmp_path):
    long = tmp_path / ("[red]" + "long" * 40) / "data"
    write_tiny_model(long / "tiny").rename(long / "mine")
    (long / "odd[blue]").mkdir()
    (long / "odd[blue]" / "card.toml").write_text("format = 0")
    done = run("models", "list", STREAMGENRE_MODELS=str(long))
    assert done.returncode == 0
    assert "mine (its card says tiny)" in done.stdout
    assert str(long / "mine") in done.stdout
    assert "odd[blue]" in done.stdout


def test_models_verify_goes_on_and_names_every_failure(tmp_path):
    for name in ("one", "two", "three"):
        write_tiny_model(tmp_path / name)
    (tmp_path / "one" / "golden.npz").unlink()
    (tmp_path / "three" / "golden.npz").write_bytes(b"damaged")
    names = [str(tmp_path / name) for name in ("one", "two", "three")]
    done = run("models", "verify", *names)
    assert done.returncode == 5
    assert f"{names[1]}: genre: ok" in done.stdout
    assert names[0] in done.stderr
    assert names[2] in done.stderr
    assert names[1] not in done.stderr


def test_models_add_installs_what_is_then_found(tmp_path):
    model = write_tiny_model(tmp_path / "tiny")
    home = {"XDG_DATA_HOME": str(tmp_path / "home")}
    assert run("models", "add", model, **home).returncode == 0
    assert run("models", "verify", "tiny", **home).returncode == 0
    assert run("models", "add", model, **home).returncode == 2


def test_models_add_where_nothing_can_be_written(tmp_path):
    model = write_tiny_model(tmp_path / "tiny")
    (tmp_path / "file").write_text("no folder")
    done = run("models", "add", model, XDG_DATA_HOME=str(tmp_path / "file"))
    assert done.returncode == 1
    assert "cannot install" in done.stderr
    assert "XDG_DATA_HOME" in done.stderr
    assert "internal error" not in done.stderr


def test_models_add_that_fails_half_way_leaves_nothing(tmp_path, monkeypatch):
    model = write_tiny_model(tmp_path / "tiny")
    copy = shutil.copy2

    def full(source: Path, target: Path) -> None:
        if source.suffix == ".onnx":
            raise OSError(28, os.strerror(28))
        copy(source, target)

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(StreamgenreError, match="No space left"):
        models.add(model)
    assert list((tmp_path / "home" / "streamgenre" / "models").iterdir()) == []


def test_what_doctor_finds_broken_has_a_remedy(tmp_path):
    for name in ("gnre", str(tmp_path)):
        failed = [check for check in examine(name) if check.verdict == "failed"]
        assert [check.name for check in failed] == ["model"]
        assert all(check.remedy for check in failed)
