"""Running one session in the foreground: as JSON lines, or in the dashboard."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from streamgenre.capture.source import AudioSource
from streamgenre.cli.foreground import Foreground
from streamgenre.messages import Stamped
from streamgenre.pipeline import Classifier, SourcePipeline
from streamgenre.publish.payload import Encoder, to_json
from streamgenre.session import Meter, Session
from streamgenre.settings import MqttSettings, SessionSettings

if TYPE_CHECKING:
    from streamgenre.cli.broker import Broker
    from streamgenre.publish.dashboard import Part

FRAMES_PER_SECOND = 5.0

Opener = Callable[[], AudioSource]
Sink = Callable[[Stamped], None]


@dataclass(frozen=True, slots=True)
class Programme:
    """What is known beforehand of what is played."""

    parts: tuple[Part, ...]
    listener: Sink
    """Is told every message, too; what was heard is told at the end by whoever gave it."""
    frames_per_second: float = FRAMES_PER_SECOND


def follow(  # noqa: PLR0913  # what is told of a source, and to whom
    open_source: Opener,
    model: Classifier,
    settings: SessionSettings,
    *,
    node: str,
    shown_as: str,
    as_json: bool,
    mqtt: MqttSettings | None = None,
    programme: Programme | None = None,
) -> None:
    """Follow one source to its end: as JSON lines on stdout, or in the dashboard as `shown_as`.

    `mqtt`: tell a broker, too.
    """
    with ExitStack() as undo:
        broker = undo.enter_context(_broker(mqtt, node, settings.name, shown_as, model)) if mqtt else None
        others = [programme.listener] if programme else []
        if as_json or not shows_dashboard():
            session = Session(open_source, model, settings, meter=broker.meter if broker else None)
            _iterate(session, broker, [*others, JsonLines(node, settings.name)])
            return
        from streamgenre.cli.on_screen import METER_SECONDS, MeterFeed, Screen
        from streamgenre.publish.dashboard import Dashboard, noting_logs

        console = Console()
        dashboard = Dashboard(
            console,
            node,
            shown_as,
            model.identity.name,
            parts=programme.parts if programme else (),
            frames_per_second=programme.frames_per_second if programme else FRAMES_PER_SECOND,
            mel_column_seconds=METER_SECONDS,
        )
        screen = Screen(dashboard)
        meters = [MeterFeed(dashboard), *([broker.meter] if broker else [])]
        try:
            with noting_logs(dashboard.note), dashboard:
                session = Session(
                    open_source, model, settings, meter=lambda pipeline: _show(meters, pipeline)
                )
                _iterate(session, broker, [*others, screen])
        finally:
            if screen.heard_something and not programme:
                console.print(dashboard.summary())


def _broker(settings: MqttSettings, node: str, source: str, name: str, model: Classifier) -> Broker:
    from streamgenre.cli.broker import Broker

    return Broker(settings, node, source, name, model)


def _iterate(session: Session, broker: Broker | None, sinks: Sequence[Sink]) -> None:
    """Hand each message to all; to the broker first, for a sink may end the program."""
    if broker is not None:
        broker.follow(session)
        sinks = [broker, *sinks]

    def work() -> None:
        for stamped in session:
            for sink in sinks:
                sink(stamped)

    Foreground(work, "session", session.stop).wait()


def _show(meters: Sequence[Meter], pipeline: SourcePipeline) -> None:
    for meter in meters:
        meter(pipeline)


def shows_dashboard() -> bool:
    """Whether stdout is a terminal that can be drawn on."""
    from streamgenre.publish.dashboard.terminal import can_show

    return can_show(Console())


class JsonLines:
    """Writes each message as one line on stdout. A reader that went away ends the session."""

    def __init__(self, node: str, source: str) -> None:
        self._encoder = Encoder(node, source)

    def __call__(self, stamped: Stamped) -> None:
        sys.stdout.write(to_json(self._encoder.encode(stamped)) + "\n")
        sys.stdout.flush()
