"""One stream of PortAudio, from before it is opened until it is let go; what hangs waits alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from streamgenre.capture.devices.portaudio import CLOSE_SECONDS, FoundDevice, PortAudio
from streamgenre.errors import TransientSourceError
from streamgenre.messages import Float32

OPEN_SECONDS = 8.0
MAX_HANGING = 4
"""Streams of one device left behind before it is not tried again until one of them has ended."""
_LATENCY_SECONDS = 0.1
"""What the device may gather before it calls: each call costs, and nothing here needs it sooner."""


class CallbackFlags(Protocol):
    """What PortAudio tells of the time before a callback."""

    input_overflow: bool

    def __bool__(self) -> bool: ...


class _InputStream(Protocol):
    """The part of sounddevice's InputStream used here; it ships no types."""

    active: bool

    def start(self) -> None: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


OnSamples = Callable[[Float32, int, object, CallbackFlags], None]


class DeviceStream:
    """Opens and closes on threads of its own; nobody waits longer for them than the time named here."""

    def __init__(
        self, portaudio: PortAudio, found: FoundDevice, channels: int, on_samples: OnSamples
    ) -> None:
        """Raises TransientSourceError when it cannot be opened, or not in time."""
        self.name = found.device.name
        self.end_reason: str | None = None
        self._portaudio = portaudio
        self._lock = threading.Lock()
        self._stream: _InputStream | None = None
        self._failure: Exception | None = None
        self._opened, self._closed = threading.Event(), threading.Event()
        self._finished = self._closing = False
        self._patient_until = time.monotonic() + OPEN_SECONDS
        if portaudio.hanging().count(self.name) >= MAX_HANGING:
            raise TransientSourceError(f"{self.name} hangs; restart the sound server, or plug it in again")
        portaudio.enter(self, found)
        self._start_thread(self._open, found, channels, on_samples)
        self._wait_until_open()

    @property
    def active(self) -> bool:
        """Whether PortAudio believes that it goes on; it does not notice a sound server that hangs."""
        with self._lock:  # a stream must not be asked while it is being freed
            if self._closing or self._finished or self._stream is None:
                return False
            return bool(self._stream.active)

    @property
    def hangs(self) -> bool:
        waits = not self._opened.is_set() or self._closing
        return waits and not self._closed.is_set() and time.monotonic() > self._patient_until

    def end(self, reason: str) -> None:
        """Begin to close it, and keep why for whoever reads it."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
            self.end_reason = reason
            self._patient_until = time.monotonic() + CLOSE_SECONDS
            opened = self._stream is not None
        if opened:
            self._start_thread(self._release)

    def close(self) -> None:
        """Wait for its end only so long: a sound server that hangs lets abort() hang too."""
        self.end(f"{self.name} was closed")
        self._closed.wait(CLOSE_SECONDS)

    def wait_until_closed(self, timeout_seconds: float) -> bool:
        return self._closed.wait(timeout_seconds)

    def _start_thread(self, run: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=run, args=arguments, name=f"{self.name} stream", daemon=True).start()

    def _wait_until_open(self) -> None:
        if not self._opened.wait(OPEN_SECONDS):
            self.end("it took too long to open")
            self._patient_until = time.monotonic()
            raise TransientSourceError(f"{self.name} does not answer; does the sound server hang?")
        if self._failure is not None:
            self._portaudio.doubt()
            raise TransientSourceError(
                f"{self.name} cannot be opened: {self._failure}; is it in use or gone?"
            ) from self._failure

    def _open(self, found: FoundDevice, channels: int, on_samples: OnSamples) -> None:
        try:
            stream: _InputStream = self._portaudio.library.InputStream(
                device=found.index,
                samplerate=found.device.sample_rate_hz,
                channels=channels,
                dtype="float32",
                latency=_LATENCY_SECONDS,
                callback=on_samples,
                finished_callback=self._on_finished,
            )
            self._begin(stream)
        except Exception as error:  # noqa: BLE001 - raised again where somebody waits for the stream
            self._failure = error
            self._let_go()
        finally:
            self._opened.set()

    def _begin(self, stream: _InputStream) -> None:
        try:
            stream.start()
        except BaseException:
            stream.close()
            raise
        with self._lock:
            self._stream = stream
            given_up = self._closing
        if given_up:
            self._release()

    def _on_finished(self) -> None:
        self._finished = True

    def _release(self) -> None:
        assert self._stream is not None
        try:
            self._stream.abort()
            self._stream.close()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        self._portaudio.leave(self)
        self._closed.set()
