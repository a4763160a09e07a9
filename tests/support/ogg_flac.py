"""FLAC in Ogg, as stations send it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

FRAME_SAMPLES = 4096


def write_ogg_flac(
    path: Path, samples: NDArray[np.float32], rate_hz: int, metadata: dict[str, str] | None = None
) -> Path:
    """Encode (samples, 1) float32 in 16 bits."""
    values = (samples[:, 0] * 32767).astype(np.int16)
    with av.open(path, "w", format="ogg") as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream("flac", rate=rate_hz, layout="mono", format="s16")
        for at in range(0, len(values), FRAME_SAMPLES):
            frame = av.AudioFrame.from_ndarray(values[None, at : at + FRAME_SAMPLES], "s16", "mono")
            frame.sample_rate = rate_hz
            frame.pts = at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
