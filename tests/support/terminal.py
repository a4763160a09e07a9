"""A real terminal of a chosen size, through a tmux server on a socket of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

TMUX = shutil.which("tmux")
CONFIGURATION = """\
set -g default-terminal tmux-256color
set -g status off
set -g remain-on-exit on
set -g remain-on-exit-format ""
set -g escape-time 0
set -g exit-empty on
"""

# tmux 3.3 does not always know how a command ended; the shell around it does, and outlives Ctrl-C.
KEEP_STATUS = 'trap : INT; "$@"; echo $? > "$0"'

OpenTerminal = Callable[..., "Terminal"]


class Terminal:
    """A command in a terminal: send keys, read the screen, resize it, see how the command ended."""

    def __init__(
        self,
        folder: Path,
        command: Sequence[str],
        columns: int = 100,
        rows: int = 30,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tmux.conf").write_text(CONFIGURATION)
        # A socket's path may have 107 bytes and pytest's folders are deep: it is named from inside.
        self._folder = folder
        # pytest-xdist sets COLUMNS and LINES, which programs believe before the terminal itself.
        inherited = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES", "TMUX"}}
        self._environment = {**inherited, "LC_ALL": "C.UTF-8"}
        size = ("-x", str(columns), "-y", str(rows))
        start_in = ("-c", str(Path.cwd()))
        own = (f"{name}={value}" for name, value in (environment or {}).items())
        keep_status = ("bash", "-c", KEEP_STATUS, str(folder / "status"), "env", *own)
        self._tmux("-f", "tmux.conf", "new-session", "-d", *size, *start_in, *keep_status, *command)
        self.pid = int(self._ask("pane_pid"))
        """Process id of the command."""

    def _tmux(self, *arguments: str) -> str:
        assert TMUX is not None
        done = subprocess.run(
            [TMUX, "-S", "socket", *arguments],
            cwd=self._folder,
            env=self._environment,
            check=True,
            capture_output=True,
            timeout=20,
        )
        return done.stdout.decode()

    def _ask(self, variable: str) -> str:
        return self._tmux("display-message", "-p", f"#{{{variable}}}").strip()

    def type(self, text: str) -> None:
        """Send text as it stands; a newline is the Enter key."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self.press("Enter")
            if line:
                self._tmux("send-keys", "-l", "--", line)

    def press(self, *keys: str) -> None:
        """Send keys by tmux's names: Enter, Escape, Up, C-c."""
        self._tmux("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self, *, styled: bool = False) -> str:
        """Return what is on the screen now; styled: with its colour sequences."""
        return self._tmux("capture-pane", "-p", *(["-e"] if styled else []))

    def wait_for(self, pattern: str, timeout_seconds: float = 30) -> str:
        """Wait until the screen matches a regular expression; return the screen."""
        give_up = time.monotonic() + timeout_seconds
        while time.monotonic() < give_up:
            screen = self.screen()
            if re.search(pattern, screen, re.MULTILINE):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"never saw {pattern!r} in {timeout_seconds} s; the screen is:\n{self.screen()}")

    def wait_for_end(self, timeout_seconds: float = 30) -> int:
        """Wait until the command has ended; return its exit status, 128 and more for a signal."""
        give_up = time.monotonic() + timeout_seconds
        status = self._folder / "status"
        while time.monotonic() < give_up:
            if status.is_file() and (text := status.read_text()):
                return int(text)
            time.sleep(0.02)
        raise AssertionError(f"still running after {timeout_seconds} s; the screen is:\n{self.screen()}")

    @property
    def cursor_is_visible(self) -> bool:
        return self._ask("cursor_flag") == "1"

    @property
    def shows_alternate_screen(self) -> bool:
        return self._ask("alternate_on") == "1"

    @property
    def echoes_keys(self) -> bool:
        """Whether it is as a command finds it: echo, line by line. A shell at its prompt turns both off."""
        tty = os.open(self._ask("pane_tty"), os.O_RDWR | os.O_NOCTTY)
        try:
            local_flags = termios.tcgetattr(tty)[3]
        finally:
            os.close(tty)
        return bool(local_flags & termios.ECHO and local_flags & termios.ICANON)

    @property
    def is_running(self) -> bool:
        """Whether the command still runs; a zombie, which not every init reaps, does not."""
        try:
            status = Path(f"/proc/{self.pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False
        return status.rpartition(")")[2].split()[0] != "Z"

    def close(self) -> None:
        """End the command and the server, whatever state they are in."""
        with suppress(subprocess.SubprocessError):
            running = self._ask("pane_dead") != "1"
            self._tmux("kill-server")
            if running:
                self._wait_until_gone()
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # what the command has started and left

    def _wait_until_gone(self) -> None:
        give_up = time.monotonic() + 3
        while self.is_running:
            if time.monotonic() > give_up:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.02)


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[OpenTerminal]:
    """Call with a command and `columns`, `rows`, `environment`; every terminal is closed after the test."""
    if TMUX is None:
        pytest.skip("tmux is not installed")
    opened: list[Terminal] = []

    def open_one(command: Sequence[str], **options: object) -> Terminal:
        opened.append(Terminal(tmp_path / f"terminal{len(opened)}", command, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()
