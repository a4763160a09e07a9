"""Windows for golden vectors, of the project's own sound: nobody's recording is in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamgenre.capture.demonstration.programme import PROGRAMME, render
from streamgenre.capture.demonstration.synthesis import RATE_HZ
from streamgenre.messages import AudioBlock, AudioFormat
from streamgenre.pipeline import model_windows
from streamgenre.settings import FrontEndSettings, HandmadeSettings

_HOP_SECONDS = 3.0
_LARGE = 100_000
_STEPS_PER_UNIT = 4


def golden_windows(front_end: FrontEndSettings) -> NDArray[np.float32]:
    """Give (N, frames, bands) float32: the last window of each piece of the built-in programme.

    Large windows are two, and their values rounded to 1/4, so that they compress.
    """
    pieces = [stretch for stretch in PROGRAMME if stretch.piece is not None]
    windows = []
    for stretch in pieces:
        blocks, audio_format = [AudioBlock(render(stretch), 0)], AudioFormat(RATE_HZ, 2)
        windows.append(model_windows(blocks, audio_format, front_end, _HOP_SECONDS)[-1].features)
    if isinstance(front_end.frames, HandmadeSettings):
        return np.stack(windows)
    if windows[0].size > _LARGE:
        windows = windows[1:3]
    return (np.round(np.stack(windows) * _STEPS_PER_UNIT) / _STEPS_PER_UNIT).astype(np.float32)
