"""The daemon as its users have it: real files and pipes, a real broker, signals, crashes, a changed mind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamgenre.classify.registry import find_model
from tests.support.audio_files import write_wav
from tests.support.daemon import daemon, free_port, get
from tests.support.mosquitto import PASSWORDS, Broker, mosquitto
from tests.support.mqtt_subscriber import subscriber
from tests.support.program import run
from tests.support.sounds import tune

__all__ = ["mosquitto"]
pytestmark = pytest.mark.system
RATE_HZ = 22_050


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("song") / "song.wav", tune(300, RATE_HZ), RATE_HZ)


def source(ident: str, path: Path | str, **keys: Any) -> str:
    further = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return f'[[sources]]\nid = "{ident}"\nsource = {json.dumps(str(path))}\n{further}'


def configuration(folder: Path, *sources: str, more: str = "") -> str:
    return "\n".join(['[node]\nid = "bar"', *sources, f'[json_lines]\npath = "{folder}/lines"', more])


def broker_section(folder: Path, broker: Broker) -> str:
    secret = folder / "password"
    secret.write_text(PASSWORDS["streamgenre"])
    secret.chmod(0o600)
    return f'[mqtt]\nurl = "{broker.url}"\nusername = "streamgenre"\npassword_file = "{secret}"\n'


def balanced(accounts: dict[str, Any]) -> bool:
    skipped = sum(accounts["skipped"].values())
    return accounts["captured"] == accounts["analysed"] + skipped + accounts["lost"] + accounts["pending"]


@contextmanager
def played(fifo: Path) -> Iterator[threading.Event]:
    """Feed a pipe with 16-bit mono at 8 kHz, faster than it sounds, for as long as the block lasts."""
    ending = threading.Event()
    noise = (np.random.default_rng(1).standard_normal(8000) * 3000).astype("<i2").tobytes()

    def feed() -> None:
        with fifo.open("wb", buffering=0) as pipe:
            while not ending.wait(0.2):
                try:
                    pipe.write(noise[: 2 * 1600])
                except BrokenPipeError:
                    return

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    try:
        yield ending
    finally:
        ending.set()
        thread.join(30)


def test_everything_that_is_configured_runs_and_ends_in_order(tmp_path: Path, song: Path, mosquitto: Broker):
    port = free_port()
    more = broker_section(tmp_path, mosquitto) + f'[history]\n[metrics]\nlisten = "127.0.0.1:{port}"\n'
    text = configuration(
        tmp_path, source("stage", song, name="The stage"), source("door", song, hop_seconds=1.0), more=more
    )
    with subscriber(mosquitto, "streamgenre/#", "homeassistant/#") as here, daemon(tmp_path, text) as running:
        here.wait_for("streamgenre/bar/status", "online")
        for name in ("stage", "door"):
            here.wait_for(f"streamgenre/bar/{name}/availability", "online")
            here.wait(
                lambda name=name: [
                    one for one in here.on(f"streamgenre/bar/{name}/state") if one.json["top"]
                ],
                "a classified state",
            )
            assert here.on(f"homeassistant/device/streamgenre_bar_{name}/config")
        status, body = get(f"http://127.0.0.1:{port}/readyz")
        assert (status, json.loads(body)["ready"]) == (200, True)
        assert 'streamgenre_source_alive{source="stage"} 1.0' in get(f"http://127.0.0.1:{port}/metrics")[1]
        here.send("streamgenre/bar/stage/set", '{"live": 60}')
        live = here.wait_for("streamgenre/bar/stage/live").json
        assert (live["type"], live["source"]) == ("live", "stage")
        here.wait(
            lambda: [
                one
                for one in here.on("streamgenre/bar/stage/live")
                if one.json["mel"] and one.json["state"] and one.json["level_dbfs"] is not None
            ],
            "level, spectrum and state",
        )
        assert running.end() == 0
        here.wait_for("streamgenre/bar/status", "offline")
        events = [one.json for one in here.heard if one.topic == "streamgenre/bar/stage/event"]
        assert [one["seq"] for one in events] == list(range(1, len(events) + 1))
        assert events[-1]["state"] == "ended"
    for name in ("stage", "door"):
        assert balanced(running.lines("diagnostics", name)[-1]["accounts"])
    listed = run("history", "list", "--database", running.history, "--format", "json")
    assert {row["source"] for row in json.loads(listed.stdout)} == {"stage", "door"}


def test_a_reload_leaves_alone_what_did_not_change(tmp_path: Path, song: Path):
    kept, gone = source("kept", song), source("gone", song)
    text = configuration(tmp_path, kept, gone, source("other", song, hop_seconds=0.5))
    with daemon(tmp_path, text) as running:
        for name in ("kept", "gone", "other"):
            running.wait(
                lambda name=name: [one for one in running.lines("state", name) if one["top"]], f"{name} heard"
            )
        running.configure(
            configuration(
                tmp_path,
                kept,
                source("other", song, hop_seconds=1.0, model="genre-light"),
                source("new", song),
                more=f'[metrics]\nlisten = "127.0.0.1:{free_port()}"\n',
            )
        )
        running.send(signal.SIGHUP)
        running.wait_log("sources: 1 added, 1 removed, 1 changed")
        running.wait_line("source", "gone", state="ended")
        running.wait(lambda: [one for one in running.lines("state", "new") if one["top"]], "the new one")
        running.wait(
            lambda: [
                one
                for one in running.lines("state", "other")
                if one["model"]["name"] == "genre-light" and one["top"]
            ],
            "the other model",
        )
        assert running.end() == 0
    for name in ("kept", "other"):
        assert [one["state"] for one in running.lines("source", name)] == ["online", "ended"]
        accounts = running.lines("diagnostics", name)[-1]["accounts"]
        assert balanced(accounts)
        assert accounts["lost"] == 0
    assert set(running.lines("diagnostics", "kept")[-1]["accounts"]["skipped"]) <= {"filling", "stopped"}
    times = [round(one["audio_seconds"] * 2) for one in running.lines("state", "kept")]
    assert times == list(range(1, len(times) + 1))
    assert [one["reason"] for one in running.lines("segment", "other")].count("reconfigured") == 1


def test_a_bad_new_configuration_is_refused_and_the_old_one_stays(tmp_path: Path, song: Path):
    good = configuration(tmp_path, source("main", song))
    with daemon(tmp_path, good) as running:
        running.wait_line("source", "main", state="online")
        running.configure(good.replace("[node]", "[nod]").replace("[json_lines]", "[json_lines]\ncolour = 1"))
        running.send(signal.SIGHUP)
        running.wait_log("the new configuration is refused, the old one stays in force")
        assert "did you mean" in running.log
        heard = len(running.lines("state", "main"))
        running.wait(lambda: len(running.lines("state", "main")) > heard, "more states")
        running.configure(good.replace("[[sources]]", '[[sources]]\nmodel = "nothing-of-the-kind"'))
        running.send(signal.SIGHUP)
        running.wait_log("nothing-of-the-kind")
        running.configure(good.replace('"bar"', '"elsewhere"'))
        running.send(signal.SIGHUP)
        running.wait_log("node.id will change with the next restart")
        assert running.end() == 0
    assert [one["state"] for one in running.lines("source", "main")] == ["online", "ended"]
    assert {one["node"] for one in running.lines()} == {"bar"}


def test_numbers_go_on_after_a_crash_and_what_was_open_is_closed(tmp_path: Path, song: Path):
    with daemon(tmp_path, configuration(tmp_path, source("main", song), more="[history]\n")) as running:
        running.wait(lambda: [one for one in running.lines("state", "main") if one["top"]], "a decision")
        assert running.end(signal.SIGKILL) == -signal.SIGKILL
        before = [one["seq"] for one in running.lines() if one["type"] not in ("state", "diagnostics")]
        running.start()
        closed = running.wait_line("segment", "main", reason="restart")
        running.wait(lambda: len(running.lines("source", "main", state="online")) == 2, "online again")
        assert running.end() == 0
    events = [one["seq"] for one in running.lines() if one["type"] not in ("state", "diagnostics")]
    assert events == list(range(1, len(events) + 1))
    assert closed["seq"] == before[-1] + 1


def test_what_was_switched_off_stays_off_until_the_configuration_says_otherwise(
    tmp_path: Path, song: Path, mosquitto: Broker
):
    more = broker_section(tmp_path, mosquitto)
    text = configuration(tmp_path, source("main", song), more=more)
    with subscriber(mosquitto, "streamgenre/#") as here, daemon(tmp_path, text) as running:
        running.wait_line("source", "main", state="online")
        here.wait_for("streamgenre/bar/status", "online")
        here.send("streamgenre/bar/main/set", '{"enabled": false}')
        running.wait_line("source", "main", state="disabled")
        here.wait_for("streamgenre/bar/main/availability", "offline")
        assert running.end() == 0
        told = len(running.lines("source", "main", state="disabled"))
        running.start()
        running.wait(lambda: len(running.lines("source", "main", state="disabled")) > told, "still off")
        running.configure(text.replace('id = "main"', 'id = "main"\nenabled = false'))
        running.send(signal.SIGHUP)
        running.wait_log("configuration read again")
        running.configure(text)
        running.send(signal.SIGHUP)
        running.wait(lambda: len(running.lines("source", "main", state="online")) == 2, "on again")
        assert running.end() == 0


def test_a_broker_may_come_and_go_with_the_configuration(tmp_path: Path, song: Path, mosquitto: Broker):
    alone = configuration(tmp_path, source("main", song))
    with daemon(tmp_path, alone) as running, subscriber(mosquitto, "streamgenre/#") as here:
        running.wait_line("source", "main", state="online")
        running.configure(alone + broker_section(tmp_path, mosquitto))
        running.send(signal.SIGHUP)
        here.wait_for("streamgenre/bar/main/availability", "online")
        running.configure(alone)
        running.send(signal.SIGHUP)
        here.wait_for("streamgenre/bar/status", "offline")
        assert running.end() == 0
    assert [one["state"] for one in running.lines("source", "main")] == ["online", "ended"]


def test_files_alone_end_the_daemon_when_they_have_ended(tmp_path: Path):
    short = write_wav(tmp_path / "short.wav", tune(3, RATE_HZ), RATE_HZ)
    text = configuration(tmp_path, source("short", short), source("missing", tmp_path / "missing.wav"))
    with daemon(tmp_path, text) as running:
        assert running.process is not None
        assert running.process.wait(90) == 0
    assert running.lines("source", "short")[-1]["state"] == "ended"
    assert running.lines("source", "missing")[-1]["state"] == "failed"
    assert "missing.wav" in running.log


def test_a_source_that_fails_for_good_leaves_the_others_alone_and_is_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    pcm = f"pcm:{tmp_path}/pipe?rate=8000&channels=1&format=s16le"
    nowhere = f"pcm:{tmp_path}/nowhere?rate=8000&channels=1&format=s16le"
    with (
        daemon(tmp_path, configuration(tmp_path, source("pipe", pcm), source("nowhere", nowhere))) as running,
        played(tmp_path / "pipe"),
    ):
        running.wait_line("source", "nowhere", state="failed")
        running.wait(lambda: [one for one in running.lines("state", "pipe") if one["top"]], "the pipe")
        assert running.end(signal.SIGINT) == 130
    assert balanced(running.lines("diagnostics", "pipe")[-1]["accounts"])


def test_what_cannot_be_started_is_told_at_once(tmp_path: Path, song: Path):
    missing = run("run", "--config", tmp_path / "none.toml")
    assert missing.returncode == 3
    assert "none.toml" in missing.stderr
    path = tmp_path / "c.toml"
    path.write_text(configuration(tmp_path, source("main", song, model="nothing-of-the-kind")))
    model = run("run", "--config", path, STATE_DIRECTORY=str(tmp_path / "state"))
    assert model.returncode == 5
    assert "source main: no model is called 'nothing-of-the-kind'" in model.stderr


def test_a_second_daemon_does_not_take_the_first_ones_state(tmp_path: Path, song: Path):
    text = configuration(tmp_path, source("main", song))
    with daemon(tmp_path, text) as running:
        running.wait_line("source", "main", state="online")
        second = run("run", "--config", running.config, STATE_DIRECTORY=str(tmp_path / "state"))
        assert second.returncode == 3
        assert "outbox.sqlite" in second.stderr
        assert running.end() == 0


def test_an_address_that_is_taken_is_told(tmp_path: Path, song: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        path = tmp_path / "c.toml"
        more = f'[metrics]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"\n'
        path.write_text(configuration(tmp_path, source("main", song), more=more))
        refused = run("run", "--config", path, STATE_DIRECTORY=str(tmp_path / "state"))
    assert refused.returncode == 3
    assert "metrics.listen" in refused.stderr


def test_a_reload_that_cannot_be_had_whole_changes_nothing(tmp_path: Path, song: Path):
    text = configuration(tmp_path, source("main", song))
    with daemon(tmp_path, text) as running:
        running.wait_line("source", "main", state="online")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            running.configure(f'{text}{source("new", song)}[metrics]\nlisten = "127.0.0.1:{port}"\n')
            running.send(signal.SIGHUP)
            running.wait_log("the new configuration is refused, the old one stays in force: metrics.listen")
        assert not running.lines(source="new")
        running.send(signal.SIGHUP)
        running.wait_log("sources: 1 added, 0 removed, 0 changed; metrics")
        assert get(f"http://127.0.0.1:{port}/healthz")[0] == 200
        running.wait_line("source", "new", state="online")
        assert running.end() == 0


def test_a_model_that_was_replaced_on_disk_is_taken_at_a_reload(tmp_path: Path, song: Path):
    own = tmp_path / "own"
    shutil.copytree(find_model("genre-light"), own)
    text = configuration(tmp_path, source("own", song, model=str(own)), source("kept", song))
    with daemon(tmp_path, text) as running:
        for name in ("own", "kept"):
            running.wait(
                lambda name=name: [one for one in running.lines("state", name) if one["top"]], f"{name} heard"
            )
        shutil.rmtree(own)
        shutil.copytree(find_model("genre"), own)
        running.send(signal.SIGHUP)
        running.wait_log("other models")
        running.wait(
            lambda: [
                one for one in running.lines("state", "own") if one["model"]["name"] == "genre" and one["top"]
            ],
            "the other model",
        )
        (own / "card.toml").write_text("rubbish")
        running.send(signal.SIGHUP)
        running.wait_log("the new configuration is refused, the old one stays in force: source own: ")
        heard = len(running.lines("state", "own"))
        running.wait(lambda: len(running.lines("state", "own")) > heard, "more states")
        assert running.end() == 0
    for name in ("own", "kept"):
        assert [one["state"] for one in running.lines("source", name)] == ["online", "ended"]
        assert balanced(running.lines("diagnostics", name)[-1]["accounts"])
    assert not [one for one in running.lines("segment", "kept") if one["reason"] == "reconfigured"]


def test_a_playlist_that_leads_nowhere_ends_nothing(tmp_path: Path, song: Path):
    segments = tmp_path / "segments.m3u8"
    segments.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nseg1.ts\n")
    text = configuration(tmp_path, source("list", segments), source("main", song))
    with daemon(tmp_path, text) as running:
        failed = running.wait_line("source", "list", state="failed")
        assert "give the address it was loaded from" in failed["reason"]
        running.wait_line("source", "main", state="online")
        assert running.end() == 0
