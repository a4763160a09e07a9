"""What a model costs where it listens."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from streamgenre.capture.demonstration.programme import PROGRAMME, render
from streamgenre.capture.demonstration.synthesis import RATE_HZ
from streamgenre.classify import load_model
from streamgenre.messages import AudioBlock, AudioFormat, Float32
from streamgenre.pipeline import SourcePipeline
from streamgenre.settings import PipelineSettings

MEASURED_SECONDS = 20.0
_BLOCK = RATE_HZ // 2


def live_cost(folder: Path) -> float:
    """Give CPU seconds a second of audio through the whole pipeline, hop 0.5 s, once the window is full."""
    model = load_model(folder)
    pipeline = SourcePipeline(AudioFormat(RATE_HZ, 2), model, PipelineSettings())
    ahead = round((model.front_end.window_seconds + 2.0) * 2) * _BLOCK
    sound = _music(ahead + round(MEASURED_SECONDS * RATE_HZ))
    for first in range(0, ahead, _BLOCK):
        pipeline.process(AudioBlock(sound[first : first + _BLOCK], first))
    began = time.process_time()
    for first in range(ahead, len(sound), _BLOCK):
        pipeline.process(AudioBlock(sound[first : first + _BLOCK], first))
    return (time.process_time() - began) / MEASURED_SECONDS


def _music(samples: int) -> Float32:
    """Give the built-in broadcast's music, over and over: (samples, 2) float32."""
    pieces = np.concatenate([render(stretch) for stretch in PROGRAMME if stretch.expected_status == "music"])
    return np.resize(pieces, (samples, 2))
