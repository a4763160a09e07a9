"""What many would write: the first window of a file through librosa and ONNX Runtime.

Run by its path, in a process of its own, so that nothing of this package is imported:
`python librosa_script.py FILE GRAPH RATE_HZ N_FFT HOP_SAMPLES BANDS FRAMES`.
"""

from __future__ import annotations

import sys
from typing import Any

import librosa
import numpy as np
import onnxruntime


def main() -> None:
    """Print the scores of the first window."""
    file, graph = sys.argv[1:3]
    rate_hz, n_fft, hop, bands, frames = map(int, sys.argv[3:])
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    seconds = (n_fft + (frames - 1) * hop) / rate_hz
    sound, _ = librosa.load(file, sr=rate_hz, duration=seconds + 0.1)
    power = librosa.feature.melspectrogram(
        y=sound, sr=rate_hz, n_fft=n_fft, hop_length=hop, n_mels=bands, center=False
    )
    window = np.log10(1e4 * power[:, :frames] + 1).T[None].astype(np.float32)
    inputs = {wanted.name: _given(wanted, window, frames) for wanted in session.get_inputs()}
    print(session.run(None, inputs)[0], flush=True)  # noqa: T201  # the answer


def _given(wanted: Any, window: np.ndarray, frames: int) -> np.ndarray:  # noqa: ANN401  # has no types
    """The window itself; for what a stream would know of the one before: nothing."""
    if wanted.type == "tensor(int64)":
        return np.array([frames])
    if wanted.shape[1:] == list(window.shape[1:]):
        return window
    return np.zeros([size if isinstance(size, int) else 1 for size in wanted.shape], np.float32)


if __name__ == "__main__":
    main()
