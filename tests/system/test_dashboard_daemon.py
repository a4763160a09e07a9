"""The dashboard before the real daemon, and in a process as the daemon uses it."""

from __future__ import annotations

import json
import socket
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.audio_files import write_wav
from tests.support.daemon import daemon
from tests.support.mosquitto import PASSWORDS, Broker, mosquitto
from tests.support.program import PROGRAM, run
from tests.support.sounds import tune
from tests.support.terminal import OpenTerminal

__all__ = ["mosquitto"]
pytestmark = pytest.mark.system
RATE_HZ = 22_050
CHILD = """
import logging, sys, threading, time
import numpy as np
from rich.console import Console
from streamgenre.messages import Level
from streamgenre.publish.dashboard import NodeDashboard, noting_logs
from streamgenre.publish.publisher import SourceIdentity
from tests.bench.dashboard_load import payloads

logging.basicConfig(format="afterwards: %(message)s")
ended = threading.Event()
dashboard = NodeDashboard(Console(), "bar", ended.set)
dashboard.replace_sources(
    [SourceIdentity(f"source-{n}", f"Room {n}", "genre", ("jazz",)) for n in range(3)]
)
with noting_logs(dashboard.note):
    dashboard.start()
    try:
        logging.getLogger("streamgenre").warning("the disk is slow")
        metered = 0
        while not ended.wait(0.1):
            for payload in payloads(3, 1):
                dashboard.publish(payload)
            if dashboard.wants_meter("source-1"):
                metered += 1
                level = Level(-33.3, -11.1, silent=False, digital_zero=False)
                dashboard.meter("source-1", level, np.linspace(-70, -10, 96, dtype=np.float32))
    finally:
        dashboard.stop(1.0)
print("main was free, metered", metered > 0)
sys.exit(0)
"""


@pytest.mark.slow
def test_the_real_daemon_is_shown_with_its_sound(
    tmp_path: Path, mosquitto: Broker, open_terminal: OpenTerminal
) -> None:
    song = write_wav(tmp_path / "song.wav", tune(240, RATE_HZ), RATE_HZ)
    secret = tmp_path / "password"
    secret.write_text(PASSWORDS["streamgenre"])
    broker = f'url = "{mosquitto.url}"\nusername = "streamgenre"\npassword_file = "{secret}"\n'
    sources = "".join(
        f'[[sources]]\nid = "{name}"\nsource = {json.dumps(str(song))}\n' for name in ("counter", "garden")
    )
    with daemon(tmp_path, f'[node]\nid = "bar"\n{sources}[mqtt]\n{broker}') as node:
        terminal = open_terminal(
            [str(PROGRAM), "dashboard", "--config", str(node.config)], columns=100, rows=30
        )
        terminal.wait_for(r"● counter +♪", 120)
        assert "garden" in terminal.screen()
        terminal.press("Enter")
        screen = terminal.wait_for(r"level .*dBFS +peak +−\d", 60)
        assert "▀" in screen
        assert "bar / counter" in screen
        terminal.press("Escape")
        node.end()
        terminal.wait_for("bar offline", 60)
        assert "counter  ✕" not in terminal.wait_for("✕ counter +offline")
        terminal.press("q")
        assert terminal.wait_for_end() == 0


def test_a_process_shows_itself_and_its_main_thread_stays_free(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal([sys.executable, "-c", CHILD], columns=110, rows=24)
    screen = terminal.wait_for("● Room 0 +♪ +")
    assert "the disk is slow" in screen.splitlines()[-1]
    terminal.press("j", "Enter")
    assert "▀" in terminal.wait_for("−33.3 dBFS +peak +−11.1")
    assert "bar / Room 1" in terminal.screen()
    terminal.press("q")
    assert terminal.wait_for_end() == 0
    screen = terminal.wait_for("main was free, metered True")
    assert "afterwards: the disk is slow" in screen
    assert not terminal.shows_alternate_screen


def test_run_shows_its_sources_and_ends_with_a_key(tmp_path: Path, open_terminal: OpenTerminal) -> None:
    song = write_wav(tmp_path / "song.wav", tune(240, RATE_HZ), RATE_HZ)
    config = tmp_path / "streamgenre.toml"
    config.write_text(
        '[node]\nid = "bar"\n'
        f'[[sources]]\nid = "stage"\nname = "The stage"\nsource = "{song}"\n'
        f'[[sources]]\nid = "door"\nname = "At the door"\nsource = "{song}"\n'
    )
    command = ["env", f"STATE_DIRECTORY={tmp_path}/state", str(PROGRAM), "run", "--dashboard"]
    terminal = open_terminal([*command, "--config", str(config)], columns=100, rows=30)
    screen = terminal.wait_for("(?s)The stage.*At the door", 120)
    assert "bar" in screen
    terminal.press("Enter")
    terminal.wait_for("sure", 120)
    terminal.press("q")
    assert terminal.wait_for_end(60) == 0


def test_run_without_a_terminal_says_so(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("")
    refused = run("run", "--dashboard", "--config", tmp_path / "c.toml")
    assert refused.returncode == 2
    assert "--dashboard needs a terminal" in refused.stderr


def test_listen_tells_again_afterwards_what_it_warned_of(open_terminal: OpenTerminal) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/radio"
    terminal = open_terminal([str(PROGRAM), "listen", nobody], columns=100, rows=24)
    terminal.wait_for("connection refused", 120)
    terminal.press("q")
    assert terminal.wait_for_end(60) == 130
    assert "WARNING" in terminal.wait_for("connection refused")
    assert not terminal.shows_alternate_screen
