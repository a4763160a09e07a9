"""How much of a core the daemon's dashboard takes, drawing for real on a pseudo-terminal.

`python -m tests.bench.dashboard_load [COLUMNS ROWS [SOURCES]]`: eight sources decide twice a second; first
all are shown as a table, with the chosen one below it where there is room, then that one alone.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
import termios
import threading
import time
from datetime import UTC, datetime

import numpy as np
from rich.console import Console

from streamgenre.messages import Level
from streamgenre.publish.dashboard import NodeDashboard
from streamgenre.publish.payload import Payload, rfc3339
from tests.unit.publish.dashboard_board import TITLES, state

SECONDS = 15.0
HOP_SECONDS = 0.5
GENRES = tuple(TITLES)


def payloads(sources: int, step: int) -> list[Payload]:
    """One state of each source; every so often one changes its mind."""
    now = rfc3339(datetime.now(UTC))
    made: list[Payload] = []
    for number in range(sources):
        told = state("bar", f"source-{number}", 0.0, -60.0, "music", GENRES[(number + step // 20) % 8], 0.8)
        made.append(told | {"time": now, "since": now if step % 20 == 0 else told["since"]})
    return made


def terminal(columns: int, rows: int) -> tuple[int, Console, list[int]]:
    """Open a terminal that reads all it is sent, counting bytes."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    output = os.fdopen(theirs, "w", encoding="utf-8")
    sent = [0]

    def read() -> None:
        while data := os.read(ours, 65536):
            sent[0] += len(data)

    threading.Thread(target=read, daemon=True).start()
    os.dup2(theirs, 0)
    console = Console(file=output, force_terminal=True, color_system="truecolor", width=columns, height=rows)
    return ours, console, sent


def measure(columns: int, rows: int, sources: int) -> None:
    keyboard, console, sent = terminal(columns, rows)
    dashboard = NodeDashboard(console, "bar", lambda: None)
    dashboard.start()
    rng = np.random.default_rng(1)
    level = Level(-18.0, -6.0, silent=False, digital_zero=False)
    for view, key in (("table", b"\x1b"), ("detail", b"\r")):
        os.write(keyboard, key)
        time.sleep(0.5)
        began, cpu, bytes_before, step = time.monotonic(), time.process_time(), sent[0], 0
        while time.monotonic() - began < SECONDS:
            for payload in payloads(sources, step):
                dashboard.publish(payload)
            for _ in range(5):
                if dashboard.wants_meter("source-0"):
                    dashboard.meter("source-0", level, rng.uniform(-80, 0, 96).astype(np.float32))
                time.sleep(HOP_SECONDS / 5)
            step += 1
        share = (time.process_time() - cpu) / (time.monotonic() - began)
        rate = (sent[0] - bytes_before) / SECONDS / 1024
        sys.stderr.write(f"{view}: {100 * share:.1f} % of a core, {rate:.1f} KiB/s sent\n")
    dashboard.stop(1.0)


if __name__ == "__main__":
    measure(*(int(word) for word in (sys.argv[1:] + ["200", "60", "8"][len(sys.argv) - 1 :])))
