"""The front end that makes rows of the tables from sound."""

from __future__ import annotations

from collections.abc import Sequence

from streamgenre.settings import FrontEndSettings, HandmadeSettings

WINDOW_SAMPLES = 661_500
"""30 s at 22,050 Hz."""
SHORT_WINDOW_SAMPLES = 66_150
"""3 s."""


def handmade_front_end(columns: Sequence[str], window_samples: int) -> FrontEndSettings:
    """Give the live front end of these columns, at the level the sound has."""
    frames = HandmadeSettings(window_samples=window_samples, columns=tuple(columns))
    return FrontEndSettings(frames=frames, window_frames=1, loudness=None)
