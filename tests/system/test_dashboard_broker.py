"""`streamgenre dashboard` on real terminals, before a real broker with nodes that are made up."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.fake_node import FakeNode, ago, fake_node
from tests.support.mosquitto import PASSWORDS, Broker
from tests.support.program import PROGRAM
from tests.support.terminal import OpenTerminal, Terminal

pytestmark = pytest.mark.system

ECHO = "stty -a | tr ' ;' '\\n\\n' | grep -x echo"
"""Says `echo` where the terminal echoes keys."""
Watch = Callable[..., Terminal]


@pytest.fixture
def password(mosquitto: Broker) -> Path:
    path = mosquitto.folder / "password-of-ha"
    path.write_text(PASSWORDS["ha"])
    return path


@pytest.fixture
def watch(mosquitto: Broker, password: Path, open_terminal: OpenTerminal) -> Watch:
    """Start the program on a terminal."""

    def start(*options: str, columns: int = 100, rows: int = 30, **environment: str) -> Terminal:
        command = [str(PROGRAM), "dashboard", "--broker", mosquitto.url, "--username", "ha", *options]
        environment["STREAMGENRE_MQTT__PASSWORD_FILE"] = str(password)
        return open_terminal(command, columns=columns, rows=rows, environment=environment)

    return start


@pytest.fixture
def nodes(mosquitto: Broker) -> Iterator[tuple[FakeNode, FakeNode]]:
    """A bar with two sources, and a studio with one that went offline."""
    with ExitStack() as stack:
        bar, studio = (stack.enter_context(fake_node(mosquitto, name)) for name in ("bar", "studio"))
        bar.status("online")
        bar.state("counter", title="Nora Lind Trio - Blue Hour")
        bar.state("garden", genre="reggae", confidence=0.44, since=7.0, stability="provisional")
        studio.status("offline")
        studio.state("antenne", genre="pop", told=1000.0, since=1300.0)
        for node, source in ((bar, "counter"), (bar, "garden"), (studio, "antenne")):
            node.available(source)
        yield bar, studio


@pytest.mark.usefixtures("nodes")
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 60), (40, 12)])
def test_the_table_shows_every_source_of_every_node(watch, columns: int, rows: int) -> None:
    terminal = watch(columns=columns, rows=rows)
    screen = terminal.wait_for("studio/ant.*offline")
    lines = screen.splitlines()
    assert len(lines) <= rows
    assert max(map(len, lines)) <= columns
    assert re.search(r"● bar/counter +♪ +jazz +80 %", screen)
    assert re.search(r"● bar/garden +♪ +reggae \? +44 %", screen)
    assert "3 sources" in lines[0]
    assert "▲ 1 in trouble" in lines[0]
    if columns >= 80:
        assert re.search(r"~0:\d\d", screen)
        assert "−18.3" in screen
        assert re.search(r"offline +was pop", screen)


@pytest.mark.usefixtures("nodes")
def test_keys_go_from_the_table_to_a_source_and_back(watch) -> None:
    terminal = watch()
    terminal.wait_for("› . bar/counter")
    terminal.press("Down")
    terminal.wait_for("› . bar/garden")
    terminal.press("k")
    terminal.wait_for("› . bar/counter")
    terminal.press("Enter")
    assert "Nora Lind Trio" in terminal.wait_for("bar / counter .*● online")
    terminal.press("n")
    terminal.wait_for("bar / garden .*● online")
    terminal.press("Left", "Left")
    assert "last told: pop" in terminal.wait_for("studio / antenne .*✕ offline")
    terminal.press("Escape")
    terminal.wait_for("› . studio/antenne")
    terminal.press("?")
    assert "provisional" in terminal.wait_for("previous, next source")
    terminal.press("Space")
    terminal.wait_for("› . studio/antenne")
    terminal.press("q")
    assert terminal.wait_for_end() == 0


def test_the_sound_is_asked_for_while_a_source_is_in_view(watch, nodes) -> None:
    bar, _ = nodes
    terminal = watch()
    terminal.wait_for("› . bar/counter")
    terminal.press("Enter")
    bar.client.wait(lambda: {"live": 10} in bar.asked("counter"), "the lease")
    bar.live("counter", 1)
    terminal.wait_for(r"−21\.4 dBFS +peak +−7\.3")
    bar.client.wait(lambda: bar.asked("counter").count({"live": 10}) > 1, "its renewal")
    assert bar.asked("garden") == []
    terminal.press("n")
    bar.client.wait(lambda: {"live": 10} in bar.asked("garden"), "the next lease")
    bar.client.wait(lambda: bar.asked("counter")[-1] == {"live": 0}, "the end of the first")
    terminal.press("q")
    bar.client.wait(lambda: bar.asked("garden")[-1] == {"live": 0}, "the end of the second")
    assert terminal.wait_for_end() == 0


def test_what_changes_is_seen_and_told(watch, nodes) -> None:
    bar, studio = nodes
    terminal = watch(columns=120)
    terminal.wait_for("studio/antenne .*offline")
    sides = {"from": {"status": "music", "genre": "jazz"}, "to": {"status": "silence", "genre": None}}
    bar.event("counter", "change", previous_seconds=60.0, **sides)
    bar.event("counter", "alarm", kind="dead_air", active=True, since=ago(31.0), level_dbfs=-120.0)
    bar.state("counter", since=31.0, status="silence", genre=None, alarms=["dead_air"], level_dbfs=-120.0)
    screen = terminal.wait_for("▲ bar/counter .*○ silence .*▲ dead air 0:")
    assert "jazz → silence, after 1:00" in screen
    assert "dead air begins" in screen
    bar.event("garden", "source", state="reconnecting", reason="connection refused")
    terminal.wait_for("bar/garden .*reconnecting: connection refused")
    bar.available("counter", "offline")
    terminal.wait_for("bar/counter .*unavailable")
    studio.status("online")
    assert "node online" in terminal.wait_for("studio/antenne .*stale: nothing told for 1")
    studio.client.send(studio.topic("antenne", "state"), "", retain=True)
    terminal.wait_for(r"streamgenre · 2 sources")


@pytest.mark.usefixtures("nodes")
def test_a_broker_that_goes_is_told_and_comes_back(watch, mosquitto: Broker) -> None:
    terminal = watch()
    terminal.wait_for("bar/counter")
    mosquitto.stop()
    terminal.wait_for("no broker: .*(lost|nothing listens)")
    mosquitto.start()
    terminal.wait_for("(?s)\\A(?!.*no broker).*bar/counter", 90)
    terminal.press("q")
    assert terminal.wait_for_end() == 0


def test_the_picture_stands_still_and_goes_on(watch, nodes) -> None:
    bar, _ = nodes
    terminal = watch()
    terminal.wait_for("bar/counter .*jazz")
    terminal.press("Space")
    terminal.wait_for("the picture stands still")
    bar.state("counter", genre="blues", since=1.0)
    terminal.press("Space")
    assert "the picture stands still" not in terminal.wait_for("bar/counter .*blues")


@pytest.mark.usefixtures("nodes")
def test_another_size_is_filled(watch) -> None:
    terminal = watch(columns=120, rows=40)
    terminal.wait_for("bar/counter")
    for columns, rows in ((40, 12), (200, 60), (80, 24)):
        terminal.resize(columns, rows)
        screen = terminal.wait_for(rf"^(?=.{{{columns}}}$).*3 sources .*\d\d:\d\d:\d\d$")
        assert len(screen.splitlines()) == rows


@pytest.mark.usefixtures("nodes")
def test_without_colour_none_is_sent(watch) -> None:
    terminal = watch(NO_COLOR="1")
    terminal.wait_for("bar/counter .*jazz")
    codes = set(re.findall(r"\x1b\[([\d;]*)m", terminal.screen(styled=True)))
    assert {code for group in codes for code in group.split(";")} <= {
        "",
        "0",
        "1",
        "2",
        "7",
        "22",
        "27",
        "39",
        "49",
    }


@pytest.fixture
def shell(mosquitto: Broker, password: Path, nodes, open_terminal: OpenTerminal) -> Terminal:
    """The program as somebody starts it."""
    del nodes
    environment = {"PS1": "ready> ", "HISTFILE": "", "STREAMGENRE_MQTT__PASSWORD_FILE": str(password)}
    opened = open_terminal(["bash", "--norc"], environment=environment)
    opened.wait_for("^ready>")
    opened.type(f"{PROGRAM} dashboard --broker {mosquitto.url} -u ha; echo code=$?; {ECHO}\n")
    return opened


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(shell: Terminal) -> None:
    shell.wait_for("bar/counter")
    assert shell.shows_alternate_screen
    shell.press("C-z")
    shell.wait_for("Stopped")
    assert not shell.shows_alternate_screen
    assert shell.cursor_is_visible
    shell.type(f"{ECHO}; fg\n")
    assert "bar/garden" in shell.wait_for("bar/counter")
    assert shell.shows_alternate_screen
    shell.press("j")
    shell.wait_for("› . bar/garden")
    shell.press("q")
    shell.wait_for("^code=")
    assert not shell.shows_alternate_screen


def pid_of_dashboard(shell: Terminal) -> int:
    """Of the only one that was started there."""
    looked_at = [shell.pid]
    for pid in looked_at:
        folder = Path(f"/proc/{pid}")
        if b"dashboard\0--broker" in (folder / "cmdline").read_bytes():
            return pid
        looked_at += map(int, (folder / "task" / str(pid) / "children").read_text().split())
    raise AssertionError(f"no dashboard among {looked_at}")


@pytest.mark.parametrize(("how", "code"), [("C-c", 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_any_end_gives_the_terminal_back(shell, how, code: int) -> None:
    shell.wait_for("bar/counter")
    assert shell.shows_alternate_screen
    if how == "C-c":
        shell.press(how)
    else:
        os.kill(pid_of_dashboard(shell), how)
    shell.wait_for(f"^code={code}\necho$")
    assert not shell.shows_alternate_screen
    assert shell.cursor_is_visible


def test_off_a_terminal_every_message_is_a_line(mosquitto, password, nodes) -> None:
    bar, _ = nodes
    process = subprocess.Popen(
        [PROGRAM, "dashboard", "--broker", mosquitto.url, "--username", "ha", "--node", "bar"],
        env=os.environ | {"STREAMGENRE_MQTT__PASSWORD_FILE": str(password)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    seen = [json.loads(process.stdout.readline()) for _ in range(5)]
    assert {(one["type"], one["node"], one.get("source")) for one in seen} == {
        ("status", "bar", None),
        ("state", "bar", "counter"),
        ("state", "bar", "garden"),
        ("availability", "bar", "counter"),
        ("availability", "bar", "garden"),
    }
    bar.event("counter", "title", title="Two", previous="One")
    assert json.loads(process.stdout.readline())["title"] == "Two"
    process.stdout.close()
    bar.event("counter", "title", title="Three", previous="Two")
    assert process.wait(60) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()


BLOCKED = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"sounddevice", "av", "numba", "llvmlite", "onnxruntime", "soxr"}:
            raise ImportError(f"{name} is not installed")

sys.meta_path.insert(0, Blocker())
from streamgenre.cli.main import main
main()
"""


@pytest.mark.usefixtures("nodes")
def test_no_audio_library_is_needed(mosquitto: Broker, password: Path, open_terminal: OpenTerminal) -> None:
    options = ["dashboard", "--broker", mosquitto.url, "--username", "ha"]
    environment = {"STREAMGENRE_MQTT__PASSWORD_FILE": str(password)}
    terminal = open_terminal([sys.executable, "-c", BLOCKED, *options], environment=environment)
    terminal.wait_for("bar/counter .*jazz")
    terminal.press("q")
    assert terminal.wait_for_end() == 0


def refused(*options: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [PROGRAM, "dashboard", *options],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=120,
    )
    return done.returncode, done.stderr


def test_a_broker_that_refuses_is_told_with_its_remedy(mosquitto: Broker, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("guess")
    code, told = refused(
        "--broker", mosquitto.url, "--username", "ha", STREAMGENRE_MQTT__PASSWORD_FILE=str(wrong)
    )
    assert code == 6
    assert "refuses user and password" in told or "does not let us in" in told
    mosquitto.stop()
    code, told = refused("--broker", mosquitto.url)
    assert code == 6
    assert "nothing listens at" in told
    assert "Traceback" not in told
    code, told = refused("--broker", "mqtt://me:secret@127.0.0.1")
    assert code == 3
    assert "secret" not in told
    assert "password_file" in told


def test_a_broker_that_has_not_answered_yet_is_waited_for_in_words(open_terminal: OpenTerminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mqtt://127.0.0.1:{silent.getsockname()[1]}"
        seen = open_terminal([str(PROGRAM), "dashboard", "--broker", url], columns=80, rows=24)
        seen.wait_for(f"connecting to {url}")
        seen.press("C-c")
        assert seen.wait_for_end() == 130


@pytest.mark.usefixtures("nodes")
def test_the_broker_may_be_that_of_a_configuration(mosquitto, password, open_terminal) -> None:
    config = mosquitto.folder / "streamgenre.toml"
    config.write_text(
        f'[mqtt]\nurl = "{mosquitto.tls_url}"\nusername = "ha"\npassword_file = "{password}"\n'
        f'ca_file = "{mosquitto.ca_file}"\n'
    )
    terminal = open_terminal([str(PROGRAM), "dashboard", "--config", str(config), "--node", "bar"])
    terminal.wait_for("● counter .*jazz")
    assert "studio" not in terminal.screen()
    config.write_text('[node]\nid = "bar"\n')
    code, told = refused("--config", str(config))
    assert code == 3
    assert "has no [mqtt] section" in told
