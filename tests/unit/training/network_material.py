"""Small rows that a small network can learn."""

from __future__ import annotations

import numpy as np

from streamgenre.settings import FrontEndSettings, LogMelSettings
from training.systems.material import Material

LABELS = ("blues", "jazz", "rock")
FRONT_END = FrontEndSettings(frames=LogMelSettings(n_mels=24), window_frames=32, loudness=None)


def material(
    rows: int, seed: int = 0, front_end: FrontEndSettings = FRONT_END, frames: int | None = None
) -> Material:
    """Noise, louder in a part of the bands that tells the label."""
    generator = np.random.default_rng(seed)
    shape = (rows, frames or front_end.window_frames, front_end.frames.bands)
    labels = generator.integers(0, len(LABELS), rows)
    inputs = generator.normal(-20.0, 3.0, shape).astype(np.float32)
    for row, label in enumerate(labels):
        inputs[row, :, 4 * label : 4 * label + 4] += 6.0
    tracks = tuple(f"track {row}" for row in range(rows))
    nothing = ("",) * rows
    return Material(inputs, labels, LABELS, np.arange(rows), tracks, nothing, nothing, front_end)
