"""The built-in broadcast: a minute of our own sound, the same to the bit on every run."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from streamgenre.capture.demonstration.announcer import announcer
from streamgenre.capture.demonstration.repertoire import Piece, club, detuned, fingerpicked, shuffle, trio
from streamgenre.capture.demonstration.synthesis import RATE_HZ, Sound
from streamgenre.capture.pacing import Clock, Pacer, SystemClock
from streamgenre.messages import AudioBlock, AudioFormat, Float32, Status

PACED_BLOCK_SECONDS = 0.05
UNPACED_BLOCK_SECONDS = 0.5
MUSIC_RMS_DBFS = -17.0
CEILING = 0.89
"""Greatest sample, about −1 dBFS."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One item of the broadcast."""

    title: str
    kind: str
    """The style in a word or two."""
    style: str
    """What it was written as, in a listener's words; no label of any model."""
    start_seconds: float
    duration_seconds: float
    expected_status: Status
    piece: Piece | None
    """None: digital silence."""
    seed: int
    """Of what a player leaves to chance."""
    fade_out_seconds: float = 0.005
    """0: a hard cut."""
    fitting: tuple[str, ...] = ()
    """Labels a listener would let pass for it, set down before any model heard it."""

    @property
    def end_seconds(self) -> float:
        return self.start_seconds + self.duration_seconds

    @property
    def samples(self) -> int:
        """Its length at RATE_HZ."""
        return round(self.duration_seconds * RATE_HZ)


PROGRAMME: tuple[Stretch, ...] = (
    Stretch(
        "Four Lamps", "club music", "club music, four on the floor",
        0.0, 11.0, "music", club, 0, 0.3, ("electronic",),
    ),
    Stretch(
        "Six Strings at Noon", "guitars", "fingerpicked guitars that fade",
        11.0, 10.0, "music", fingerpicked, 11, 3.0, ("country",),
    ),
    Stretch("Nothing at All", "silent", "digital silence", 21.0, 7.0, "silence", None, 21),
    Stretch(
        "The Late Bus", "shuffle", "a blues-rock shuffle, cut off",
        28.0, 10.0, "music", shuffle, 28, 0.0, ("blues", "rock"),
    ),
    Stretch("News of Nowhere", "speech", "speech-like syllables", 38.0, 8.0, "speech", announcer, 63),
    Stretch("Between Stations", "noise", "noise", 46.0, 7.0, "noise", detuned, 38, 0.0),
    Stretch("Last Round", "jazz trio", "a jazz trio", 53.0, 10.0, "music", trio, 45, 1.0, ("jazz",)),
)  # fmt: skip


def render(stretch: Stretch) -> Float32:
    """Play a stretch: (samples, 2) float32 at RATE_HZ, on the grid of 16 bits, below CEILING."""
    if stretch.piece is None:
        return np.zeros((stretch.samples, 2), np.float32)
    rng = np.random.default_rng(stretch.seed)
    sound = _mastered(stretch.piece(rng, stretch.duration_seconds).channels)
    fade = min(stretch.samples, round(stretch.fade_out_seconds * RATE_HZ))
    sound[:, stretch.samples - fade :] *= np.linspace(1.0, 0.0, fade) ** 2
    return np.ascontiguousarray((np.round(sound * 32768.0) / 32768.0).T, np.float32)


def _mastered(sound: Sound) -> Sound:
    """Bring to one loudness and bend what would stick out under the ceiling."""
    sound = sound - sound.mean(axis=1, keepdims=True)
    sound *= 10.0 ** (MUSIC_RMS_DBFS / 20.0) / np.sqrt(np.mean(sound**2))
    return CEILING * np.tanh(sound / CEILING)


def _stretch_at(sample: int) -> Stretch:
    """Find the stretch a sample of the broadcast belongs to."""
    return next(stretch for stretch in PROGRAMME if sample < round(stretch.end_seconds * RATE_HZ))


class ProgrammeSource:
    """Plays PROGRAMME once; each stretch is made while the one before it plays."""

    damage = None
    backlog_seconds = 0.0
    reopens = False

    def __init__(
        self,
        *,
        paced: bool = True,
        haste: float = 1.0,
        block_samples: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`paced`: blocks come when they would sound, or `haste` times as soon.

        `block_samples` is for tests of chunking.
        """
        self._pacer = Pacer(RATE_HZ * haste, clock or SystemClock()) if paced else None
        block_seconds = PACED_BLOCK_SECONDS if paced else UNPACED_BLOCK_SECONDS
        self._block_samples = block_samples or round(block_seconds * RATE_HZ)
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="programme")
        self._coming: list[tuple[Stretch, Future[Float32]]] = []
        self._ordered = 0
        self._next_sample = 0
        self._closed = False
        self._order()

    @property
    def format(self) -> AudioFormat:
        return AudioFormat(RATE_HZ, 2)

    @property
    def live(self) -> bool:
        return False

    @property
    def title(self) -> str | None:
        """Title of the stretch the last block came from."""
        last = max(0, self._next_sample - 1)
        return _stretch_at(last).title

    def read(self, timeout_seconds: float) -> AudioBlock | None:
        """Give the next block; none spans two stretches. One in the making is waited for, if any time is."""
        if self._closed:
            raise ValueError("the programme is closed")
        if self._next_sample >= round(PROGRAMME[-1].end_seconds * RATE_HZ):
            raise EOFError
        stretch = _stretch_at(self._next_sample)
        offset = self._next_sample - round(stretch.start_seconds * RATE_HZ)
        count = min(self._block_samples, stretch.samples - offset)
        if self._pacer and not self._pacer.wait_until_due(self._next_sample + count, timeout_seconds):
            return None
        sound = self._sound(stretch)
        if timeout_seconds <= 0 and not sound.done():
            return None
        block = AudioBlock(sound.result()[offset : offset + count], self._next_sample)
        self._next_sample += count
        return block

    def close(self) -> None:
        self._closed = True
        self._maker.shutdown(wait=False, cancel_futures=True)

    def _sound(self, stretch: Stretch) -> Future[Float32]:
        """Find a stretch, made or in the making, and have the next one made."""
        while self._coming[0][0] is not stretch:
            self._coming.pop(0)
        self._order()
        return self._coming[0][1]

    def _order(self) -> None:
        if self._ordered < len(PROGRAMME) and len(self._coming) < 2:
            stretch = PROGRAMME[self._ordered]
            self._coming.append((stretch, self._maker.submit(render, stretch)))
            self._ordered += 1
