"""Running one session in the foreground: as JSON lines, or in the dashboard."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console

from streamgenre.capture.source import AudioSource
from streamgenre.cli.endings import Terminated
from streamgenre.messages import SourceChange, Stamped, State
from streamgenre.pipeline import Classifier, SourcePipeline
from streamgenre.publish.payload import Encoder, to_json
from streamgenre.session import Meter, Session
from streamgenre.settings import MqttSettings, SessionSettings

if TYPE_CHECKING:
    from streamgenre.cli.broker import Broker
    from streamgenre.publish.dashboard import Dashboard

ORDERLY_SECONDS = 0.7
METER_SECONDS = 0.1

Opener = Callable[[], AudioSource]
Sink = Callable[[Stamped], None]


def follow(
    open_source: Opener,
    model: Classifier,
    settings: SessionSettings,
    *,
    node: str,
    shown_as: str,
    as_json: bool,
    mqtt: MqttSettings | None = None,
) -> None:
    """Follow one source to its end: as JSON lines on stdout, or in the dashboard as `shown_as`.

    `mqtt`: tell a broker, too.
    """
    with ExitStack() as undo:
        broker = undo.enter_context(_broker(mqtt, node, settings.name, shown_as, model)) if mqtt else None
        if as_json or not shows_dashboard():
            session = Session(open_source, model, settings, meter=broker.meter if broker else None)
            SessionThread(session, _also(broker, session, JsonLines(node, settings.name))).follow()
            return
        from streamgenre.publish.dashboard import Dashboard

        console = Console()
        dashboard = Dashboard(console, node, shown_as, model.identity.name, mel_column_seconds=METER_SECONDS)
        screen = Screen(dashboard)
        meters = [MeterFeed(dashboard), *([broker.meter] if broker else [])]
        session = Session(open_source, model, settings, meter=lambda pipeline: _show(meters, pipeline))
        try:
            with dashboard, logging_to(dashboard):
                SessionThread(session, _also(broker, session, screen)).follow()
        finally:
            if screen.heard_something:
                console.print(dashboard.summary())


def _broker(settings: MqttSettings, node: str, source: str, name: str, model: Classifier) -> Broker:
    from streamgenre.cli.broker import Broker

    return Broker(settings, node, source, name, model)


def _also(broker: Broker | None, session: Session, sink: Sink) -> Sink:
    """Hand each message to the broker before the sink, which may end the program."""
    if broker is None:
        return sink
    broker.follow(session)

    def both(stamped: Stamped) -> None:
        broker(stamped)
        sink(stamped)

    return both


def _show(meters: Sequence[Meter], pipeline: SourcePipeline) -> None:
    for meter in meters:
        meter(pipeline)


class Screen:
    """Shows each message; what was noted of an outage goes with it."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self.heard_something = False

    def __call__(self, stamped: Stamped) -> None:
        message = stamped.message
        if isinstance(message, SourceChange) and message.state == "online":
            self._dashboard.note(None)
        self._dashboard.update(message, stamped.latency_ms)
        self.heard_something |= isinstance(message, State)


def shows_dashboard() -> bool:
    """Whether stdout is a terminal that can be drawn on."""
    from streamgenre.publish.dashboard.terminal import can_show

    return can_show(Console())


@contextmanager
def logging_to(dashboard: Dashboard) -> Generator[None]:
    """Show log lines at the foot of the dashboard, which would else be written over."""
    ours = logging.getLogger("streamgenre")
    handler = NoteHandler(dashboard)
    ours.addHandler(handler)
    ours.propagate = False
    try:
        yield
    finally:
        ours.propagate = True
        ours.removeHandler(handler)


class NoteHandler(logging.Handler):
    """Shows the newest record as the dashboard's note."""

    def __init__(self, dashboard: Dashboard) -> None:
        super().__init__()
        self._dashboard = dashboard

    def emit(self, record: logging.LogRecord) -> None:
        """Replace the note."""
        self._dashboard.note(record.getMessage())


class MeterFeed:
    """Gives the dashboard level and spectrum once for every tenth of a second of audio."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self._last_seconds = 0.0

    def __call__(self, pipeline: SourcePipeline) -> None:
        level = pipeline.level
        new_seconds = pipeline.audio_seconds - self._last_seconds
        if level is not None and not 0 <= new_seconds < METER_SECONDS:
            self._last_seconds = pipeline.audio_seconds
            self._dashboard.meter(level, pipeline.last_rows(METER_SECONDS))


class JsonLines:
    """Writes each message as one line on stdout. A reader that went away ends the session."""

    def __init__(self, node: str, source: str) -> None:
        self._encoder = Encoder(node, source)

    def __call__(self, stamped: Stamped) -> None:
        sys.stdout.write(to_json(self._encoder.encode(stamped)) + "\n")
        sys.stdout.flush()


class SessionThread:
    """Iterates a session away from the main thread, which keeps signals and the screen."""

    def __init__(self, session: Session, sink: Sink) -> None:
        self._session = session
        self._sink = sink
        self._failure: BaseException | None = None
        self._ended = threading.Event()  # an interrupted Thread.join() takes the thread for dead
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    def follow(self) -> None:
        """Run to the end and raise what ended it, if anything did.

        On Ctrl-C or SIGTERM the session gets a moment to end in order; what hangs is left behind.
        """
        previous = signal.signal(signal.SIGTERM, _terminate)
        self._thread.start()
        try:
            self._ended.wait()
        except BaseException:
            self._session.stop()
            self._ended.wait(ORDERLY_SECONDS)
            raise
        finally:
            signal.signal(signal.SIGTERM, previous)
        if self._failure and not isinstance(self._failure, BrokenPipeError):
            raise self._failure

    def _run(self) -> None:
        try:
            for stamped in self._session:
                self._sink(stamped)
        except BrokenPipeError as error:
            _silence_stdout()
            self._failure = error
        except BaseException as error:  # noqa: BLE001  # it is raised again where the command waits
            self._failure = error
        finally:
            self._ended.set()


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def _silence_stdout() -> None:
    """Keep the interpreter from failing again when it flushes a pipe nobody reads."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
