"""The Python API, and every Python snippet and command of README."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
import soundfile
import typer

import streamgenre
from streamgenre.classify import load_model
from streamgenre.cli.main import app
from streamgenre.errors import ModelError, PermanentSourceError
from streamgenre.features import LogMel, LogMelSettings
from streamgenre.pipeline import SourcePipeline
from tests.support.program import run
from tests.support.sounds import tune

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def song(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "song.wav", tune(7.0, 22050), 22050)
    (tmp_path / "song.wav").rename(tmp_path / "song.mp3")  # FFmpeg looks inside
    monkeypatch.chdir(tmp_path)
    return tmp_path / "song.mp3"


def test_snippets_of_the_readme_run(song):
    snippets = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(snippets) >= 2
    for snippet in snippets:
        exec(compile(snippet, "README.md", "exec"), {})
    assert song.exists()


def test_commands_of_the_readme_exist(song):
    """Each is parsed by the program itself; those that need no device and no network are also run."""
    commands = [line.split("#")[0].strip() for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
                for line in block.splitlines() if "streamgenre " in line]  # fmt: skip
    assert len(commands) >= 6
    for command in commands:
        words = shlex.split(command[command.index("streamgenre ") :].split("|")[0])
        assert parsed(words[1:]) == words[1]
        if words[2:3] in (["song.mp3"], ["show.flac"]):
            words[2] = str(song)
            words += ["--as-fast-as-possible"] if words[1] == "listen" else []
            assert run(*words[1:]).returncode == 0


def parsed(words: list[str]) -> str | None:
    """Parse words as the program does, all options and arguments of the command too; run nothing."""
    group = typer.main.get_command(app)
    with group.make_context("streamgenre", words) as context:
        name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        command.make_context(name, rest, parent=context)
        return name


def test_parsing_refuses_what_is_no_command():
    for words in (["listen", "--nonsense"], ["lisen"], ["classify", "a.wav", "--format", "xml"]):
        with pytest.raises(Exception, match=r"No such|xml"):
            parsed(words)


def test_listen_gives_states_as_they_are_due(song):
    states = list(streamgenre.listen(song, realtime=False, hop_seconds=1.0))
    assert [state.audio_seconds for state in states] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert states[-1].model.name == "genre"
    assert len(states[-1].top) == 11


def test_classify_gives_the_whole(song):
    result = streamgenre.classify(song)
    assert (result.seconds, result.short, result.path) == (7.0, False, str(song))
    assert sum(row.p for row in result.top) == pytest.approx(1.0)
    assert result.segments[-1].end_seconds == 7.0


def test_a_loaded_model_may_be_shared(song):
    model = load_model("genre")
    assert streamgenre.classify(song, model=model) == streamgenre.classify(song, model="genre")


def test_front_end_and_model_fit():
    model = load_model("genre")
    front = LogMel(model.front_end.frames)
    frames = front.process(tune(3.1, 16000)[:, 0])[: model.front_end.window_frames]
    scores = model.scores(frames[None])
    assert (scores.shape, scores.dtype) == ((1, len(model.labels)), np.float32)
    assert LogMelSettings() == LogMelSettings(22050, 2048, 512, 128)


def test_bad_input_is_named(song):
    with pytest.raises(PermanentSourceError, match="nowhere"):
        streamgenre.classify("nowhere.mp3")
    with pytest.raises(ModelError, match="gnre"):
        streamgenre.classify(song, model="gnre")
    with pytest.raises(ValueError, match=r"0\.1 and 3\.0"):
        streamgenre.listen(song, hop_seconds=5)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"duration_seconds": float("inf")}, "duration_seconds is inf"),
        ({"duration_seconds": float("nan")}, "duration_seconds is nan"),
        ({"duration_seconds": 0}, "more than 0"),
        ({"hop_seconds": float("nan")}, "hop_seconds is nan"),
        ({"smoothing": "median"}, "hmm, ema, vote, none"),
    ],
)
def test_listen_refuses_its_arguments_at_the_call(song, wrong, told):
    with pytest.raises(ValueError, match=told):
        streamgenre.listen(song, **wrong)


def test_classify_keeps_no_states(song, monkeypatch):
    """What a long file leaves in memory are its segments, not a state every hop."""
    alive = weakref.WeakSet()
    process = SourcePipeline.process

    class Remembered(list):
        pass

    def remembering(pipeline, block):
        assert len(alive) <= 1
        messages = Remembered(process(pipeline, block))
        alive.add(messages)
        return messages

    monkeypatch.setattr(Remembered, "__hash__", object.__hash__)
    monkeypatch.setattr(SourcePipeline, "process", remembering)
    assert streamgenre.classify(song, hop_seconds=0.1).segments
    assert not alive


def test_classify_counts_what_is_no_number(song):
    sound = tune(4.0, 16000)
    sound[1000:1010], sound[2000] = np.nan, -np.inf
    soundfile.write("broken.wav", sound, 16000, subtype="FLOAT")
    assert streamgenre.classify("broken.wav").not_finite == 11
    assert streamgenre.classify(song).not_finite == 0


def test_importing_is_quick_work(song):
    """Nothing heavy is imported before it is needed, and no research library ever."""
    script = (
        "import sys, streamgenre; early = set(sys.modules)\n"
        "list(streamgenre.listen('song.mp3', realtime=False)); late = set(sys.modules)\n"
        "print(*sorted({'numpy', 'numba', 'onnxruntime', 'av', 'rich', 'sounddevice'} & early), '|',"
        " *sorted({'scipy.signal', 'scipy.fft', 'librosa', 'sklearn', 'torch', 'soundfile'} & late))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), song.name) == ("|", "song.mp3")
