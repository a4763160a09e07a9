"""Raw PCM from stdin, a FIFO or a file."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import stat
import time

from streamgenre.capture.pacing import Clock, Pacer, SystemClock
from streamgenre.capture.readable_path import require_readable
from streamgenre.capture.sample_format import PCM_BYTES, PcmFormat, from_pcm_bytes
from streamgenre.capture.source_spec import PcmSpec
from streamgenre.capture.source_text import shown
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import AudioBlock, AudioFormat

PACED_BLOCK_SECONDS = 0.05
UNPACED_BLOCK_SECONDS = 1.0
PACED_SPEED = 1.001
"""A writer whose clock runs this much fast is followed without falling behind; `cat` is held back."""

_LASTING_ERRORS = (errno.EBADF, errno.EISDIR, errno.EINVAL)


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


class PcmSource:
    """Raw samples as a source. `paced`: read hardly faster than they sound, so that a writer is held back."""

    title = None

    def __init__(self, spec: PcmSpec, *, paced: bool = True, clock: Clock | None = None) -> None:
        descriptor, self._owned = _opened(spec)
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        self._descriptor: int | None = descriptor
        self._shown = "stdin" if spec.path is None else shown(spec.path)
        self._live = paced and not is_file
        self._format = AudioFormat(spec.sample_rate_hz, spec.channels)
        self._reader = PcmReader(descriptor, self._format, spec.format)
        speed = 1.0 if is_file else PACED_SPEED
        self._clock = clock or SystemClock()
        self._pacer = Pacer(spec.sample_rate_hz * speed, self._clock) if paced else None
        block_seconds = PACED_BLOCK_SECONDS if paced else UNPACED_BLOCK_SECONDS
        self._block_samples = max(1, round(spec.sample_rate_hz * block_seconds))
        self._held: AudioBlock | None = None

    @property
    def format(self) -> AudioFormat:
        return self._format

    @property
    def live(self) -> bool:
        """A pipe read at the pace of sound is live; a file, or a pipe read as fast as it comes, is not."""
        return self._live

    @property
    def damage(self) -> str | None:
        count = self._reader.dropped_bytes
        if not count:
            return None
        what = f"{count} trailing bytes that are" if count > 1 else "1 trailing byte that is"
        return f"{what} no whole sample dropped"

    def read(self, timeout_seconds: float) -> AudioBlock | None:
        if self._descriptor is None:
            raise ValueError("this PCM source is closed")
        asked_at = self._clock.monotonic()
        if self._held is None:
            self._held = self._next_block(timeout_seconds)
        block = self._held
        if block is None:
            return None
        remaining_seconds = timeout_seconds - (self._clock.monotonic() - asked_at)
        if self._pacer and not self._pacer.wait_until_due(block.end_sample, remaining_seconds):
            return None
        self._held = None
        return block

    def close(self) -> None:
        if self._descriptor is not None and self._owned:
            os.close(self._descriptor)
        self._descriptor = None

    def _next_block(self, timeout_seconds: float) -> AudioBlock | None:
        try:
            return self._reader.read(self._block_samples, timeout_seconds)
        except OSError as error:
            lasting = error.errno in _LASTING_ERRORS or not self._live
            kind = PermanentSourceError if lasting else TransientSourceError
            raise kind(f"reading {self._shown} failed: {error.strerror}") from None


def _opened(spec: PcmSpec) -> tuple[int, bool]:
    """Return a descriptor, and whether it is ours to close."""
    if spec.path is None:
        return _standard_input(), False
    require_readable(spec.path)
    try:
        # Without O_NONBLOCK the opening of a FIFO waits for its writer.
        return os.open(spec.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), True
    except OSError as error:
        raise PermanentSourceError(f"{shown(spec.path)} cannot be read: {error.strerror}") from None


def _standard_input() -> int:
    try:
        if os.isatty(0):
            raise PermanentSourceError(
                "stdin is a terminal; pipe raw samples in, as in `arecord -f cd | … -?rate=44100`"
            )
        if stat.S_ISDIR(os.fstat(0).st_mode):
            raise PermanentSourceError("stdin is a folder; pipe raw samples in")
        if fcntl.fcntl(0, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY:
            raise PermanentSourceError("stdin is not open for reading; pipe raw samples in")
    except OSError:
        raise PermanentSourceError("stdin is closed; pipe raw samples in") from None
    return 0
