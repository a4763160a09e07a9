"""Records what the real daemon says into the message pages: python -m tests.support.recorded_messages.

Nothing is written while every recorded payload still has the shape of its old recording, unless --always
is given: numbers differ a little from one machine to the next.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from streamgenre.publish.payload import rfc3339
from tests.support.json_layout import layout
from tests.support.message_reference import DOCS, PAGES, blocks_in, with_blocks
from tests.support.mqtt_subscriber import Heard
from tests.support.recorded_venue import Recording, record

RECORDED_PAGES = (*PAGES, DOCS / "metrics.md")
NOON = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
"""When the recordings are said to have begun."""
SHA256 = "0123456789abcdef" * 4
_SHOWN_METRICS = re.compile('_source_(info|alive|stable|genre|confidence|level|changes).*"main"')
_FIGURE = re.compile(r'(?<=genre=")\w+| -?[0-9.]+$', re.MULTILINE)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def recorded_blocks(recording: Recording) -> dict[str, str]:
    """Return what is recorded, by name: payloads, and the table of requests with their results."""
    told = _Told(recording)
    return {
        "state": told.message("main", "state", status="music", stability="stable"),
        "state-in-silence": told.message("main", "state", alarms=["dead_air"]),
        "change": told.message("main", "event", type="change", to={"status": "silence", "genre": None}),
        "segment": told.message("main", "event", type="segment", status="music"),
        "title": told.message("main", "event", type="title"),
        "alarm": told.message("main", "event", type="alarm", active=True),
        "alarm-over": told.message("main", "event", type="alarm", active=False),
        "source": told.message("main", "event", type="source", state="reconnecting"),
        "source-ended": told.message("jingle", "event", type="source", state="ended"),
        "diagnostics": told.fenced(recording.line("diagnostics", "jingle")),
        "node-diagnostics": told.block(recording.first("streamgenre/bar/diagnostics")),
        "live": told.block(recording.live),
        "late": told.fenced(recording.late_title.json),
        "discovery": told.block(recording.first("homeassistant/device/streamgenre_bar/config")),
        "file": told.fenced(recording.file),
        "history": told.fenced(recording.row("main", "change", to={"status": "silence", "genre": None})),
        "results": told.results(),
        "metrics": told.metrics(),
    }


class _Told:
    """Puts a recording into words that do not change with machine and moment."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._retained = {one.topic for one in recording.retained}
        begun = datetime.fromisoformat(recording.lines[0]["time"])
        self._shift = NOON - begun

    def message(self, source: str, leaf: str, **wanted: Any) -> str:
        return self.block(self._recording.first(f"streamgenre/bar/{source}/{leaf}", **wanted))

    def block(self, heard: Heard) -> str:
        """Return the payload under a line that tells how it came."""
        facts = [f"`{heard.topic}`", f"QoS {heard.qos}"]
        facts += ["retained"] if heard.topic in self._retained else []
        if seconds := heard.properties.get("MessageExpiryInterval"):
            facts.append(f"expires after {seconds} s")
        if named := heard.user_properties:
            facts.append("user properties " + ", ".join(f"`{name}={value}`" for name, value in named.items()))
        return f"{' · '.join(facts)}\n\n{self.fenced(heard.json)}"

    def fenced(self, payload: Any) -> str:
        return f"```json\n{layout(self._normal(payload))}\n```"

    def results(self) -> str:
        rows = ["| request | result |", "| --- | --- |"]
        for topic, request, result in self._recording.results:
            where = "" if topic == "streamgenre/bar/main/set" else f" to `{topic}`"
            rows.append(f"| `{request}`{where} | `{json.dumps(result, ensure_ascii=False)}` |")
        return "\n".join(rows)

    def metrics(self) -> str:
        """Return the lines that docs/metrics.md greps."""
        lines = [line for line in self._recording.metrics.splitlines() if _SHOWN_METRICS.search(line)]
        text = re.sub(r'sha256="[0-9a-f]{12}"', f'sha256="{SHA256[:12]}"', "\n".join(lines))
        return f"```text\n{text}\n```"

    def _normal(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: SHA256 if key == "sha256" else self._normal(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._normal(one) for one in value]
        return self._normal_text(value) if isinstance(value, str) else value

    def _normal_text(self, text: str) -> str:
        for own, stand_in in self._recording.hidden.items():
            text = text.replace(own, stand_in)
        return _TIME.sub(lambda found: self._moved(found[0]), text)

    def _moved(self, time: str) -> str:
        shift: timedelta = self._shift
        return rfc3339(datetime.fromisoformat(time) + shift)


def blocks_of_pages() -> dict[str, str]:
    """Return what the pages show now."""
    found = [blocks_in(page.read_text(), "recorded") for page in RECORDED_PAGES]
    return {name: block for blocks in found for name, block in blocks.items()}


def payload_in(block: str) -> Any:
    """Return the payload of a recorded block; None: it is a table."""
    found = re.search(r"```json\n(.*?)\n```", block, re.DOTALL)
    return json.loads(found[1]) if found else None


def shape(value: Any) -> Any:
    """Return keys in order and kinds of values, but not what they are; counts by reason have none."""
    if isinstance(value, dict):
        return {key: {} if key == "skipped" else shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [json.loads(text) for text in sorted({json.dumps(shape(one)) for one in value})]
    return (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    )


def told_alike(one: str, other: str) -> bool:
    """Whether two blocks have the same shape, under the same line; of what is no JSON figures may differ."""
    payload, other_payload = payload_in(one), payload_in(other)
    if payload is None or other_payload is None:
        return _FIGURE.sub("", one).strip() == _FIGURE.sub("", other).strip()
    return json.dumps(shape(payload)) == json.dumps(shape(other_payload)) and _line(one) == _line(other)


def _line(block: str) -> str:
    """Return the line above a payload, without the seconds that were left of it."""
    return re.sub(r"after \d+ s", "", block.partition("```")[0]).strip()


def main() -> None:
    """Record, and write the pages if anything has another shape."""
    with tempfile.TemporaryDirectory() as folder:
        blocks = recorded_blocks(record(Path(folder)))
    changed = [name for name, block in blocks_of_pages().items() if not told_alike(block, blocks[name])]
    if not changed and "--always" not in sys.argv:
        sys.stdout.write("every payload has the shape it had: nothing is written\n")
        return
    for page in RECORDED_PAGES:
        page.write_text(with_blocks(page.read_text(), "recorded", blocks.get))
    sys.stdout.write(f"written anew for {', '.join(changed) or 'you asked for it'}\n")


if __name__ == "__main__":
    main()
