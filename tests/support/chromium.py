"""A real browser without a screen, told what to do through two pipes; it has no network."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_FOUND = shutil.which("chromium")
CHROMIUM = None if _FOUND is None or "/snap/" in f"{Path(_FOUND).resolve()}{_FOUND}" else _FOUND
"""Debian's; one in a snap sees no folder of the tests."""
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--disable-extensions", "--disable-breakpad",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip


class Browser:
    """One page in one Chromium: open files, ask the page, choose its width and colours."""

    def __init__(self, process: subprocess.Popen[bytes], orders: int, answers: int) -> None:
        self._process, self._orders, self._answers = process, orders, answers
        self._buffer, self._last, self._session = b"", 0, ""
        self.events: list[dict[str, Any]] = []
        """What the browser told by itself, since the page was opened."""
        target = self._call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self._call("Target.attachToTarget", {"targetId": target, "flatten": True})[
            "sessionId"
        ]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def open(self, path: Path) -> None:
        """Open a file and wait until all of it is there."""
        self.events.clear()
        self._call("Page.navigate", {"url": path.resolve().as_uri()})
        while not self.told("Page.loadEventFired"):
            self._read()

    def ask(self, expression: str) -> Any:
        """Return what a JavaScript expression is worth in the page."""
        answer = self._call("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def resize(self, width: int, height: int = 900) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self._call("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, colours: str, medium: str = "") -> None:
        """Choose a light or dark page; with the medium `print` as on paper."""
        features = [{"name": "prefers-color-scheme", "value": colours}]
        self._call("Emulation.setEmulatedMedia", {"media": medium, "features": features})

    def picture(self, *, whole: bool = False) -> bytes:
        """Return a PNG of what is in view, or of the whole page."""
        shot = self._call("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": whole})
        return base64.b64decode(shot["data"])

    def told(self, method: str) -> list[dict[str, Any]]:
        """Return the parameters of all events of this name."""
        return [event["params"] for event in self.events if event["method"] == method]

    def addresses(self) -> list[str]:
        """Return what the page asked for."""
        return [event["request"]["url"] for event in self.told("Network.requestWillBeSent")]

    def complaints(self) -> list[dict[str, Any]]:
        """Return what stands in the console."""
        return [
            *self.told("Log.entryAdded"),
            *self.told("Runtime.consoleAPICalled"),
            *self.told("Runtime.exceptionThrown"),
        ]

    def _call(self, method: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        self._last += 1
        order = {"id": self._last, "method": method, "params": parameters or {}}
        order |= {"sessionId": self._session} if self._session else {}
        os.write(self._orders, json.dumps(order).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._last:
                assert "error" not in answer, answer
                return answer["result"]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            more = os.read(self._answers, 1 << 16)
            assert more, f"chromium has ended: {self._process.poll()}"
            self._buffer += more
        text, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(text)
        if "method" in message:
            self.events.append(message)
        return message


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start Chromium with a profile of its own in the folder; end it, whatever happened."""
    assert CHROMIUM is not None
    (read_orders, orders), (answers, write_answers) = os.pipe(), os.pipe()
    environment = os.environ | {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "XDG_CACHE_HOME": str(folder),
    }
    # It reads from descriptor 3 and writes to 4.
    script = f'exec "$@" 3<&{read_orders} 4>&{write_answers}'
    process = subprocess.Popen(
        [
            "bash",
            "-c",
            script,
            "chromium",
            CHROMIUM,
            *FLAGS,
            f"--user-data-dir={folder / 'profile'}",
            "about:blank",
        ],
        pass_fds=(read_orders, write_answers),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    os.close(read_orders)
    os.close(write_answers)
    try:
        yield Browser(process, orders, answers)
    finally:
        _end(process)
        os.close(orders)
        os.close(answers)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and all it has started: they are one session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(15)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(15)
