"""`streamgenre config`, and `listen --config`, as a user calls them."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.support.audio_files import write_wav
from tests.support.json_schema import accepts
from tests.support.program import json_lines, run
from tests.support.sounds import tune

BAR = """
[node]
id = "bar"
[[sources]]
id = "tune"
source = "tune.wav"
hop_seconds = 1.0
[model]
name = "genre-light"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bar")
    write_wav(folder / "tune.wav", tune(5.0, 22_050), 22_050)
    (folder / "bar.toml").write_text(BAR)
    return folder


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_writes_a_file_that_check_takes(tmp_path):
    path = tmp_path / "bar.toml"
    done = run("config", "init", path)
    assert done.returncode == 0
    assert done.stdout == f"{path}: written, only you may read it; try: streamgenre config check {path}\n"
    assert permissions(path) == 0o600
    done = run("config", "check", path, STREAMGENRE_NODE__ID="bar")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"{path}: good; node bar; 1 source: main; told to: history, metrics; 1 from the environment\n"
    )


def test_init_never_overwrites_unasked(tmp_path):
    path = tmp_path / "bar.toml"
    path.write_text("mine")
    path.chmod(0o640)
    done = run("config", "init", path)
    assert (done.returncode, done.stderr) == (
        3,
        f"streamgenre: {path}: there is one already; --force writes over it\n",
    )
    assert path.read_text() == "mine"
    assert run("config", "init", path, "--force").returncode == 0
    assert path.read_text() == run("config", "init", "-").stdout
    assert permissions(path) == 0o640, "it keeps its permissions"


def test_init_where_it_cannot(tmp_path):
    done = run("config", "init", tmp_path / "none" / "a.toml")
    assert (done.returncode, "its folder does not exist" in done.stderr) == (3, True)
    done = run("config", "init", tmp_path, "--force")
    assert (done.returncode, "a folder; name a file" in done.stderr) == (3, True)


def test_the_usual_place_is_made_where_it_is_missing(tmp_path):
    path = tmp_path / "a" / "b" / "streamgenre.toml"
    assert run("config", "init", STREAMGENRE_CONFIG=str(path)).returncode == 0
    done = run("config", "check", STREAMGENRE_CONFIG=str(path))
    assert done.stdout.startswith(f"{path}: good; ")


def test_check_tells_every_error_and_exits_3(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text("[nod]\n[history]\nkeep_days = 0\n[mqtt]\nurl = 'mqtt://ann:hunter2@h'\n")
    done = run("config", "check", path, STREAMGENRE_LOG__LEVEL="loud")
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 5
    assert done.stderr.startswith("streamgenre: 4 errors in the configuration\n")
    assert "hunter2" not in done.stderr


def test_show_says_where_each_value_comes_from(folder):
    done = run("config", "show", folder / "bar.toml", STREAMGENRE_LOG__LEVEL="debug")
    lines = {" ".join(line.split()) for line in done.stdout.splitlines()}
    assert {
        'id = "bar" # file',
        f'source = "{folder}/tune.wav" # file',
        'level = "debug" # environment STREAMGENRE_LOG__LEVEL',
        "hold_seconds = 2.0 # default",
    } <= lines
    shown = json.loads(run("config", "show", folder / "bar.toml", "--json").stdout)
    assert shown["sources"][0]["hop_seconds"] == {"value": 1.0, "from": "file"}


def test_show_without_a_file_shows_what_holds(tmp_path):
    done = run("config", "show", STREAMGENRE_CONFIG=str(tmp_path / "none.toml"))
    assert done.returncode == 0
    assert "no such file; this is what holds without it" in done.stderr
    assert "hold_seconds = 2.0" in done.stdout
    assert run("config", "show", tmp_path / "none.toml").returncode == 3


def test_show_masks_what_is_secret(tmp_path):
    path = tmp_path / "a.toml"
    secret = tmp_path / "password"
    secret.write_text("hunter2")
    path.write_text(
        "[[sources]]\nid = 'a'\nsource = 'https://ann:hunter2@h/?token=hunter2'\n"
        "[mqtt]\nurl = 'mqtt://h'\npassword_file = 'password'\n"
    )
    for words in ((), ("--json",)):
        done = run("config", "show", path, *words)
        assert str(secret) in done.stdout
        assert "hunter2" not in done.stdout + done.stderr


def test_schema_is_printed_and_describes_the_file():
    schema = json.loads(run("config", "schema").stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert accepts(schema, {"sources": [{"id": "a", "source": "mic"}]})
    assert not accepts(schema, {"sources": [{"id": "a"}]})


@pytest.mark.parametrize("command", ["init", "check", "show", "schema"])
def test_each_help_has_an_example(command):
    assert f"streamgenre config {command}" in run("config", command, "--help").stdout


def listen(*words: str | Path, **environment: str):
    return run("listen", *words, "--json", "--as-fast-as-possible", **environment)


def states(done):
    assert done.returncode == 0, done.stderr
    return [line for line in json_lines(done.stdout) if line["type"] == "state"]


def test_listen_follows_the_source_of_the_file(folder):
    found = states(listen("--config", folder / "bar.toml"))
    assert {line["node"] for line in found} == {"bar"}
    assert [line["audio_seconds"] for line in found[:3]] == [1.0, 2.0, 3.0]
    assert {line["model"]["name"] for line in found} == {"genre-light"}


def test_flags_of_listen_go_before_the_file_and_the_environment_between(folder):
    found = states(
        listen("--config", folder / "bar.toml", "--hop", "2", "--model", "genre", STREAMGENRE_NODE__ID="desk")
    )
    assert {line["node"] for line in found} == {"desk"}
    assert [line["audio_seconds"] for line in found[:2]] == [2.0, 4.0]
    assert {line["model"]["name"] for line in found} == {"genre"}


def test_a_source_that_is_named_has_the_defaults_of_the_file(folder):
    found = states(listen(folder / "tune.wav", "--config", folder / "bar.toml"))
    assert [line["audio_seconds"] for line in found[:2]] == [0.5, 1.0]
    assert {line["model"]["name"] for line in found} == {"genre-light"}


def test_listen_asks_which_of_several_sources(folder, tmp_path):
    path = tmp_path / "two.toml"
    second = '[[sources]]\nid = "b"\nsource = "mic"\n'
    path.write_text(BAR + second)
    done = listen("--config", path)
    assert (done.returncode, "2 sources (tune, b); name a SOURCE" in done.stderr) == (2, True)
    path.write_text(BAR.replace('"tune.wav"', f'"{folder}/tune.wav"') + second + "enabled = false\n")
    assert states(listen("--config", path))


def test_names_that_a_shell_would_take_apart_are_told_so_that_they_can_be_used(tmp_path):
    spaced, odd = tmp_path / "the bar.toml", tmp_path / "\x1b[31mred\n.toml"
    assert run("config", "init", spaced).stdout.endswith(f"try: streamgenre config check '{spaced}'\n")
    told = [run("config", "init", odd).stdout, run("config", "check", odd).stdout]
    assert [(text.count("\n"), "\x1b" in text, "\\x1b[31mred" in text) for text in told] == [
        (1, False, True),
        (1, False, True),
    ]


def test_a_file_that_is_not_good_ends_listen_with_3(folder, tmp_path):
    done = listen(folder / "tune.wav", "--config", tmp_path / "none.toml")
    assert (done.returncode, done.stdout) == (3, "")
    done = listen(folder / "tune.wav", "--config", folder / "bar.toml", "--mqtt", "mqtt://ann:hunter2@h")
    assert done.returncode == 3
    assert done.stderr.startswith("streamgenre: command line: mqtt.url = ")
    assert "hunter2" not in done.stderr


def test_without_config_the_environment_changes_nothing(folder):
    environment = {
        "STREAMGENRE_NODE__ID": "desk",
        "STREAMGENRE_NONSENSE__X": "y",
        "STREAMGENRE_MODEL__NAME": "z",
    }
    found = states(listen(folder / "tune.wav", **environment))
    assert {line["node"] for line in found}.isdisjoint({"desk"})
    assert {line["model"]["name"] for line in found} == {"genre"}
    assert "STREAMGENRE_NODE__ID" not in os.environ
