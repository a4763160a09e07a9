"""A running `parec`: a child process whose sound a thread gathers in a ring."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time

from streamgenre.capture.devices.capture_device import CaptureDevice
from streamgenre.capture.devices.pactl import missing
from streamgenre.capture.pcm_reader import PcmReader, enlarge_pipe
from streamgenre.capture.ring_buffer import RingBuffer
from streamgenre.capture.source_text import cut, printable
from streamgenre.errors import TransientSourceError
from streamgenre.messages import AudioBlock, AudioFormat

LATENCY_MILLISECONDS = 50
RING_SECONDS = 10.0
_GATHER_SECONDS = 0.1
_CLOSE_SECONDS = 0.3


class Parec:
    """Records the monitor of a sink.

    Its pipe is always emptied: what a slow reader loses is counted here, not dropped by the server unsaid.
    """

    def __init__(self, sink: CaptureDevice) -> None:
        self.format = AudioFormat(sink.sample_rate_hz, sink.channels)
        self._shown = sink.name
        self._ring = RingBuffer(round(sink.sample_rate_hz * RING_SECONDS), sink.channels)
        self._ending: str | None = None
        self._over = threading.Event()
        self._news = threading.Event()
        self._process = _started(sink)
        self._thread = threading.Thread(target=self._gather, name=f"monitor of {sink.name}", daemon=True)
        self._thread.start()

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def lost_samples(self) -> int:
        """Samples overwritten because the reader was too slow."""
        return self._ring.lost_samples

    @property
    def backlog_seconds(self) -> float:
        return min(self._ring.unread_samples / self.format.sample_rate_hz, RING_SECONDS)

    def read(self, max_samples: int, timeout_seconds: float) -> AudioBlock | None:
        """Wait for samples; None when the time passed without any. Raises TransientSourceError at its end."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            self._news.clear()
            over = self._over.is_set()
            block = self._ring.read(max_samples)
            if block is not None:
                return block
            if over:
                raise TransientSourceError(self._ending or f"monitor of {self._shown}: parec ended")
            if not self._news.wait(max(0.0, deadline - time.monotonic())):
                return None

    def end(self, reason: str) -> None:
        """Stop it; what it has recorded can still be read, then comes the reason."""
        self._ending = self._ending or reason
        self._process.kill()

    def close(self) -> None:
        """End it, by force if it does not go."""
        for stop in (self._process.terminate, self._process.kill):
            stop()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_CLOSE_SECONDS)
                break
        self._thread.join(_CLOSE_SECONDS)

    def _gather(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            enlarge_pipe(pipe.fileno())
            reader = PcmReader(pipe.fileno(), self.format, "f32le")
            max_samples = max(1, round(self.format.sample_rate_hz * _GATHER_SECONDS))
            with contextlib.suppress(EOFError):
                while True:
                    block = reader.read(max_samples, 1.0)
                    if block is not None:
                        self._ring.write(block.samples)
                        self._news.set()
        death = self._death()
        self._ending = self._ending or death
        self._over.set()
        self._news.set()

    def _death(self) -> str:
        self._process.kill()
        said = self._process.communicate()[1].decode("utf-8", "replace").strip().splitlines()
        reason = cut(printable(said[-1])) if said else f"exit code {self._process.returncode}"
        return f"monitor of {self._shown}: parec ended ({reason}); is the sound server running?"


def _started(sink: CaptureDevice) -> subprocess.Popen[bytes]:
    command = [
        "parec",
        "--raw",
        "--format=float32le",
        f"--rate={sink.sample_rate_hz}",
        f"--channels={sink.channels}",
        f"--latency-msec={LATENCY_MILLISECONDS}",
        f"--device={sink.name}.monitor",
        "--client-name=streamgenre",
        "--property=node.dont-reconnect=true",  # PipeWire would move us to another sink
    ]
    try:
        return subprocess.Popen(  # noqa: S603 - no shell; the sink's name comes from the server
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us, who then end it
        )
    except (FileNotFoundError, PermissionError):
        raise missing("parec") from None
