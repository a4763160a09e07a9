"""A clip's windows, made by the very pipeline that listens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamgenre.capture.file_source import FileSource
from streamgenre.messages import AudioBlock, AudioFormat
from streamgenre.pipeline import model_windows
from streamgenre.settings import FrontEndSettings
from training.datasets import Clip
from training.mixing import mixed
from training.views import make_view

Float32 = NDArray[np.float32]


def clip_windows(
    clip: Clip, view: str, front_end: FrontEndSettings, hop_seconds: float, added: Clip | None = None
) -> Float32:
    """Decode, change and window a clip: (N, frames, bands) float32; N is 0 where nothing can be classified.

    added: what a view that is a mix puts below the clip. Raises StreamgenreError where either cannot be read.
    """
    samples, audio_format = decode_clip(clip)
    if added is None:
        changed = make_view(samples, audio_format.sample_rate_hz, view, clip.key)
    else:
        below, other = decode_clip(added)
        rates_hz = audio_format.sample_rate_hz, other.sample_rate_hz
        changed = mixed(clip, view, samples, below, rates_hz)
        audio_format = AudioFormat(audio_format.sample_rate_hz, channels=1)
    windows = model_windows([AudioBlock(changed, 0)], audio_format, front_end, hop_seconds)
    shape = (0, front_end.window_frames, front_end.frames.bands)
    return np.stack([window.features for window in windows]) if windows else np.empty(shape, np.float32)


def decode_clip(clip: Clip) -> tuple[Float32, AudioFormat]:
    """Read a whole clip: (samples, channels) float32 and its format; raises StreamgenreError."""
    source = FileSource(clip.path, paced=False)
    blocks: list[Float32] = []
    try:
        while True:
            block = source.read(timeout_seconds=60.0)
            if block is not None:
                blocks.append(block.samples)
    except EOFError:
        return np.concatenate(blocks), source.format
    finally:
        source.close()
