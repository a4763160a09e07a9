"""How far our decibels lie from librosa's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from streamgenre.bench.effort import Effort
from streamgenre.bench.front_end import FRONT_ENDS
from streamgenre.bench.log_mel_peers import librosa_decibels
from streamgenre.bench.peers import HOW_TO_GET, peer
from streamgenre.bench.rows import Row, measured, missing
from streamgenre.bench.sounds import music, noise
from streamgenre.bench.subjects import Subject
from streamgenre.features.log_mel import LogMel
from streamgenre.messages import Float32
from streamgenre.settings import LogMelSettings

SECTION = "accuracy"
UNIT = "dB, greatest difference from librosa"
SECONDS = 2.0
HEARD_DB = -80.0
SLOPE_FROM_HZ = 200.0
FLOAT32_REACHES_DB = 90.0
"""So far below the frame's loudest band; beyond, librosa's float64 differs from any float32 transform."""

SOUNDS: dict[str, tuple[Callable[[float, int], Float32], float]] = {
    "music": (music, np.inf),
    "white noise": (noise, np.inf),
    "steep slope": (partial(noise, falling_from_hz=SLOPE_FROM_HZ), FLOAT32_REACHES_DB),
}
"""What is heard, and how far below a frame's loudest band it is compared."""


def subjects(_: Effort) -> Iterator[Subject]:
    """Three sounds through both front ends of the goals."""
    for front_end, settings in FRONT_ENDS.items():
        for sound in SOUNDS:
            label = f"{sound}, {front_end}"
            yield Subject(label, partial(_accuracy, label, sound, settings))


def _accuracy(label: str, sound: str, settings: LogMelSettings) -> Iterator[Row]:
    librosa = peer("librosa")
    if librosa is None:
        yield missing(SECTION, label, UNIT, "librosa", HOW_TO_GET)
        return
    make, reach_db = SOUNDS[sound]
    samples = make(SECONDS, settings.sample_rate_hz)
    ours, theirs = LogMel(settings).process(samples), librosa_decibels(librosa, settings, samples)
    heard = theirs > np.maximum(HEARD_DB, theirs.max(axis=1, keepdims=True) - reach_db)
    yield measured(SECTION, label, UNIT, [float(np.abs(ours - theirs)[heard].max())])
