"""Raw PCM from stdin, a FIFO or a file."""

from __future__ import annotations

import errno
import fcntl
import os
import stat

from streamgenre.capture.pacing import Clock, Pacer, SystemClock
from streamgenre.capture.pcm_reader import PcmReader, enlarge_pipe
from streamgenre.capture.readable_path import require_readable
from streamgenre.capture.source_spec import PcmSpec
from streamgenre.capture.source_text import shown
from streamgenre.errors import PermanentSourceError, TransientSourceError, WriterGoneError
from streamgenre.messages import AudioBlock, AudioFormat

PACED_BLOCK_SECONDS = 0.05
UNPACED_BLOCK_SECONDS = 1.0
PACED_SPEED = 1.001
"""A writer whose clock runs this much fast is followed without falling behind; `cat` is held back."""

_LASTING_ERRORS = (errno.EBADF, errno.EISDIR, errno.EINVAL)


class PcmSource:
    """Raw samples as a source. `paced`: read hardly faster than they sound, so that a writer is held back.

    The end of stdin, of a file, or of a FIFO read as fast as it comes is the end. A FIFO that is paced
    outlives its writers: the end of one is a TransientSourceError, and opened again it waits for the next.
    """

    title = None
    reopens = False

    def __init__(self, spec: PcmSpec, *, paced: bool = True, clock: Clock | None = None) -> None:
        descriptor, self._owned = _opened(spec)
        kind = os.fstat(descriptor).st_mode
        is_file = stat.S_ISREG(kind)
        self._awaits_writers = paced and stat.S_ISFIFO(kind) and spec.path is not None
        self._broken: TransientSourceError | None = None
        enlarge_pipe(descriptor)
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

    @property
    def backlog_seconds(self) -> float:
        """What the pipe holds and is due: the rest is a writer who is held back, not a reader who is late."""
        began = self._reader.next_sample > 0
        if self._descriptor is None or self._pacer is None or not self._live or not began:
            return 0.0
        late_seconds = -self._pacer.seconds_until_due(self._reader.next_sample)
        return max(0.0, min(late_seconds, self._reader.waiting_seconds))

    def read(self, timeout_seconds: float) -> AudioBlock | None:
        if self._descriptor is None:
            raise ValueError("this PCM source is closed")
        if self._broken is not None:
            raise self._broken
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
        except EOFError:
            if not self._awaits_writers:
                raise
            self._broken = self._writer_gone()
            raise self._broken from None
        except OSError as error:
            lasting = error.errno in _LASTING_ERRORS or not self._live
            kind = PermanentSourceError if lasting else TransientSourceError
            raise kind(f"reading {self._shown} failed: {error.strerror}") from None

    def _writer_gone(self) -> WriterGoneError:
        count = self._reader.dropped_bytes
        midway = f" within a sample, of which {count} byte{'s' * (count > 1)} came" if count else ""
        return WriterGoneError(f"the writer of {self._shown} went away{midway}")


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
