"""A reader's home: where the commands of one page run, with what the page takes for granted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.daemon import free_port, get
from tests.support.doc_belongings import NODE, lay_out_secrets, lay_out_songs, lay_out_what_is_named
from tests.support.doc_parts import encoded, open_broker, radio
from tests.support.mosquitto import Broker
from tests.support.pipewire import running_pipewire
from tests.support.terminal import TMUX, Terminal

PATIENCE_SECONDS = 120.0
TYPED = "secret\nsecret\n"
"""What whoever asks is told: a password, and once more."""
XDG_FOLDERS = {"CONFIG": ".config", "STATE": ".local/state", "DATA": ".local/share"}
SYSTEM_FOLDERS = re.compile(r"(?<![\w.~/-])/(?=(etc|var|srv|mnt|run/streamgenre)\b)")
STATION = re.compile(r"https?://((?:[^\s/@\"']+@)?)[\w.-]+\.example(?::\d+)?")
BROKER_HOST = r"(?:[\w-]+\.example|homeassistant\.local)"
BROKER_URL = re.compile(rf"(mqtts?|wss?)://((?:[^\s/@\"']+@)?){BROKER_HOST}(?::\d+)?")
BROKER_WORD = re.compile(rf"""(["']){BROKER_HOST}\1(, *1883\b)?""")
BROKER_FLAG = re.compile(rf"(-h|--host) {BROKER_HOST}(?: (?:-p|--port) \d+)?")
BROKER_SCHEMES = {"mqtt": "url", "mqtts": "tls_url", "ws": "websocket_url", "wss": "secure_websocket_url"}
NEEDS_SOUND = re.compile(r"\b(mic|monitor|arecord|devices|doctor)\b|config init")
SOUND_VARIABLES = ("PIPEWIRE_RUNTIME_DIR", "PULSE_SERVER", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")
INSTALLED = re.compile(r"\bsudo streamgenre\b|/etc/streamgenre/streamgenre\.toml")
INSTALLS = re.compile(r"sudo streamgenre config init|cat > */etc/streamgenre")
DAEMON = re.compile(r"\bstreamgenre run\b")
SAYS_LINES = re.compile(r"--json|\| *jq|mosquitto_sub")
LINE = re.compile(r"^( *[{\"\[]|null$|[\w-]+$|[\w-]+/[\w/-]+ )", re.MULTILINE)
STATUS = re.compile(r"\b(music|speech|noise|silence|unknown)\b")
# What runs is the program itself; only the folders of the system are the sandbox's.
SUDO = """\
#!/bin/bash
if [ "$1" = -u ]; then shift 2; fi
STREAMGENRE_CONFIG={folder}/etc/streamgenre/streamgenre.toml exec env "$@"
"""
# The one input here is the sound server's, which ALSA's own program would not find.
ARECORD = """\
#!/bin/bash
exec parec --raw --format=s16le --rate=48000 --channels=2
"""


class Sandbox:
    """A folder that is home, working directory and system of one page; parts start when spoken of."""

    def __init__(self, folder: Path, parts: ExitStack) -> None:
        self.folder = folder
        self.home = folder / "home"
        self._parts = parts
        self._radio = ""
        self._broker: Broker | None = None
        self._daemon: Terminal | None = None
        self._terminals = 0
        self.metrics_port = free_port()
        self.environment = self._make_home()

    def _make_home(self) -> dict[str, str]:
        for name in ("home/.config/streamgenre", "etc/streamgenre", "etc/mosquitto/conf.d", "bin"):
            (self.folder / name).mkdir(parents=True)
        for name, text in {"sudo": SUDO, "arecord": ARECORD}.items():
            (self.folder / "bin" / name).write_text(text.replace("{folder}", str(self.folder)))
            (self.folder / "bin" / name).chmod(0o755)
        lay_out_songs(self.home)
        lay_out_secrets(self.folder)
        return {
            "HOME": str(self.home),
            "PATH": f"{self.folder}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin",
            "STREAMGENRE_CONFIG": str(self.config),  # root's would be in /etc
            "STREAMGENRE_METRICS__LISTEN": f"127.0.0.1:{self.metrics_port}",
            **{f"XDG_{kind}_HOME": f"{self.home}/{place}" for kind, place in XDG_FOLDERS.items()},
            "LC_ALL": "C.UTF-8",
        }

    @property
    def config(self) -> Path:
        return self.home / ".config/streamgenre/streamgenre.toml"

    def path(self, name: str) -> Path:
        """Where a file lies that a page names from the reader's working directory."""
        return Path(self.moved(name)) if name.startswith("/") else self.home / name.removeprefix("~/")

    def prepare(self, text: str) -> None:
        """Start what the commands of a page take for granted."""
        if NEEDS_SOUND.search(text):
            server = self._parts.enter_context(running_pipewire())
            self.environment |= {name: server.environment[name] for name in SOUND_VARIABLES}
            (self.folder / "venue.wav").write_bytes(encoded(".wav"))
            server.play(self.folder / "venue.wav")
        lay_out_what_is_named(self.home, text, self.moved)
        self.moved(text)
        if INSTALLED.search(text) and not INSTALLS.search(text):
            self.install()

    def install(self) -> None:
        """Leave the configuration that `service install` and the Debian package leave."""
        config = self.path("/etc/streamgenre/streamgenre.toml")
        if not config.exists():
            self.run(f"streamgenre config init {config}").check_returncode()

    def moved(self, text: str) -> str:
        """Return the text of a page with its hosts and the system's folders as they are here."""
        text = SYSTEM_FOLDERS.sub(f"{self.folder}/", text)
        text = re.sub(r"\b9464\b", str(self.metrics_port), text).replace("-P …", "-P secret")
        text = STATION.sub(lambda found: self.radio.replace("://", f"://{found[1]}"), text)
        text = BROKER_URL.sub(self._broker_url, text)
        text = BROKER_WORD.sub(lambda _: f'"127.0.0.1", {self.broker.port}', text)
        return BROKER_FLAG.sub(lambda found: f"{found[1]} 127.0.0.1 -p {self.broker.port}", text)

    def _broker_url(self, found: re.Match[str]) -> str:
        scheme, _, place = str(getattr(self.broker, BROKER_SCHEMES[found[1]])).partition("://")
        return f"{scheme}://{found[2]}{place.partition('/')[0]}"

    @property
    def radio(self) -> str:
        """The address of a station."""
        self._radio = self._radio or self._parts.enter_context(radio())
        return self._radio

    @property
    def broker(self) -> Broker:
        """The broker of the house."""
        if self._broker is None:
            self._broker = self._parts.enter_context(open_broker(self.folder / "broker"))
            self.environment["SSL_CERT_FILE"] = str(self._broker.ca_file)
        return self._broker

    def run(self, words: str) -> subprocess.CompletedProcess[str]:
        """Run a command that ends by itself, in the shell as the one before it has left it."""
        shell = self._shell(words, "{ export -p; printf 'cd %q\\n' \"$PWD\"; } >")
        return subprocess.run(
            ["timeout", "--kill-after=5", str(PATIENCE_SECONDS), *shell],
            capture_output=True, text=True, input=TYPED, env=os.environ | self.environment, check=False,
        )  # fmt: skip

    def follow(self, words: str) -> None:
        """Run a command that goes on in a terminal until it shows life, then press Ctrl-C; a daemon stays."""
        if DAEMON.search(words):
            self._start_daemon(words)
            return
        terminal = self._open(words.removesuffix("&").rstrip())
        if SAYS_LINES.search(words):
            self._wait(terminal, lambda: LINE.search(terminal.screen()))
        else:
            self._wait(terminal, lambda: terminal.shows_alternate_screen and STATUS.search(terminal.screen()))
        end(terminal)

    def follow_reader(self, words: str) -> None:
        """Run a program that reads events until it has said something, from before the first of them on."""
        self.stop_daemon()
        terminal = self._open(words)
        self.need_daemon()
        self._wait(terminal, lambda: terminal.screen().strip())
        terminal.press("C-c")
        terminal.wait_for_end(60)

    def _start_daemon(self, words: str) -> None:
        self.stop_daemon()
        self._daemon = self._open(words.removesuffix("&").rstrip())
        self._wait(self._daemon, lambda: get(f"http://127.0.0.1:{self.metrics_port}/readyz")[0] == 200)

    def _open(self, words: str) -> Terminal:
        if TMUX is None:
            pytest.skip("tmux is not installed")
        self._terminals += 1
        place = self.folder / f"terminal{self._terminals}"
        terminal = Terminal(place, self._shell(words, ":"), 160, 50, os.environ | self.environment)
        self._parts.callback(terminal.close)
        return terminal

    def _wait(self, terminal: Terminal, holds: Callable[[], object]) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not holds() and terminal.is_running:
            assert time.monotonic() < give_up, f"no sign of life:\n{terminal.screen()}"
            time.sleep(0.1)
        assert terminal.is_running or terminal.wait_for_end() == 0, terminal.screen()
        assert terminal.is_running or holds(), f"it ended without a sign of life:\n{terminal.screen()}"

    def configure(self) -> None:
        """Leave a configuration for the reader's own program."""
        self.config.write_text(self.moved(NODE))

    def need_daemon(self) -> None:
        """Have one run, the page's own or another."""
        if self._daemon is None:
            config = self.folder / "node.toml"
            config.write_text(self.moved(NODE))
            self.follow(f"streamgenre run --config {config}")

    def stop_daemon(self) -> None:
        """End the one that runs, if there is one, as its reader would."""
        if self._daemon is not None:
            end(self._daemon)
            self._daemon = None

    def _shell(self, words: str, at_the_end: str) -> list[str]:
        state = self.folder / "shell"
        before = f"set -euo pipefail; cd '{self.home}'; [ ! -e '{state}' ] || . '{state}'"
        return ["bash", "-c", f"{before}\n{words}\n{at_the_end} '{state}'"]


def end(terminal: Terminal) -> None:
    """Press Ctrl-C; a command may have ended by itself before."""
    if terminal.is_running:
        terminal.press("C-c")
    status = terminal.wait_for_end(60)
    assert status in (0, 130), f"it ended with {status}:\n{terminal.screen()}"


@contextmanager
def sandbox(folder: Path) -> Generator[Sandbox]:
    """Make one; all that it has started ends with it, and if all went well the folder goes too."""
    with ExitStack() as parts:
        made = Sandbox(folder, parts)
        yield made
        made.stop_daemon()
    shutil.rmtree(folder)
