"""Whole samples out of a pipe, however it cuts them."""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import select
import termios
import time

from streamgenre.capture.sample_format import PCM_BYTES, PcmFormat, from_pcm_bytes
from streamgenre.messages import AudioBlock, AudioFormat

PIPE_BYTES = 1 << 20
"""The most an ordinary user may ask for; what a burst may wait in."""


class PcmReader:
    """Whole samples out of a file descriptor, without ever blocking longer than asked."""

    def __init__(self, descriptor: int, audio_format: AudioFormat, pcm_format: PcmFormat) -> None:
        self.format = audio_format
        self._descriptor = descriptor
        self._pcm_format: PcmFormat = pcm_format
        self._sample_bytes = PCM_BYTES[pcm_format] * audio_format.channels
        self._carried = b""
        self._next_sample = 0
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self.dropped_bytes = 0
        """Bytes at the end that were no whole sample."""

    @property
    def next_sample(self) -> int:
        """Absolute index one past the last sample given."""
        return self._next_sample

    @property
    def waiting_seconds(self) -> float:
        """Audio that waits in the pipe; 0.0 where the system does not tell."""
        waiting = array.array("i", [0])
        with contextlib.suppress(OSError):
            fcntl.ioctl(self._descriptor, termios.FIONREAD, waiting)
        return waiting[0] / self._sample_bytes / self.format.sample_rate_hz

    def read(self, max_samples: int, timeout_seconds: float) -> AudioBlock | None:
        """Return what is there, at most `max_samples`; None when the time passed without a whole sample.

        Raises EOFError after the last whole sample, OSError when the descriptor fails.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            wait_milliseconds = max(0.0, deadline - time.monotonic()) * 1000
            if not self._poll.poll(wait_milliseconds):
                return None
            try:
                data = os.read(self._descriptor, max_samples * self._sample_bytes - len(self._carried))
            except BlockingIOError:
                continue  # another reader of the same pipe was quicker
            if not data:
                self.dropped_bytes = len(self._carried)
                raise EOFError
            block = self._whole_samples(self._carried + data)
            if block is not None:
                return block

    def _whole_samples(self, data: bytes) -> AudioBlock | None:
        whole = len(data) - len(data) % self._sample_bytes
        self._carried = data[whole:]
        if not whole:
            return None
        samples = from_pcm_bytes(data[:whole], self._pcm_format, self.format.channels)
        block = AudioBlock(samples, self._next_sample)
        self._next_sample = block.end_sample
        return block


def enlarge_pipe(descriptor: int) -> None:
    """Let a pipe hold more, where it is one and that is allowed."""
    with contextlib.suppress(OSError):
        if fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ) < PIPE_BYTES:
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
