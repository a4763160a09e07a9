"""Files to decode, written on the spot: the only place where the package encodes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np

from streamgenre.messages import Float32

if TYPE_CHECKING:
    from av.audio.stream import AudioStream

CODECS = {"mp3": "libmp3lame", "flac": "flac", "opus": "libopus"}
"""By the ending of the file's name."""
OPUS_RATE_HZ = 48000
_BIT_RATE = 192_000


def write_recording(path: Path, sound: Float32, rate_hz: int) -> None:
    """Encode (samples, 2) float32 by the codec of the file's name. Raises av.FFmpegError, ValueError."""
    codec = CODECS[path.suffix[1:]]
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.reshape(1, -1)), "flt", "stereo")
    frame.sample_rate = rate_hz
    with av.open(str(path), "w") as container:
        coded_hz = OPUS_RATE_HZ if codec == "libopus" else rate_hz
        stream = cast("AudioStream", container.add_stream(codec, rate=coded_hz, layout="stereo"))
        if codec != "flac":
            stream.bit_rate = _BIT_RATE
        resampler = av.AudioResampler(stream.format.name, "stereo", coded_hz)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
