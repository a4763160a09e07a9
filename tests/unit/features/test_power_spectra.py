"""Power spectra against NumPy's, compiled and interpreted."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from streamgenre.features.kernels.spectrum import PowerSpectra
from tests.support.sounds import hiss

SOUND = hiss(1.0, 22050)[:, 0]


@pytest.mark.parametrize("n_fft", [256, 512, 1024, 2048, 4096, 8192])
def test_power_is_that_of_numpy(n_fft):
    hop = n_fft // 3
    ours = PowerSpectra(n_fft, hop).of(SOUND, 2, 3)
    window = np.sin(np.pi * np.arange(n_fft) / n_fft) ** 2
    frames = np.stack([SOUND[hop * i : hop * i + n_fft] for i in (2, 3, 4)]) * window
    theirs = np.abs(np.fft.rfft(frames)) ** 2
    assert (ours.dtype, ours.shape) == (np.float32, theirs.shape)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-14 * theirs.max())


def test_a_frame_is_the_same_wherever_it_lies():
    spectra, moved = PowerSpectra(512, 100), np.concatenate((np.ones(3, np.float32), SOUND))
    whole = spectra.of(SOUND, 0, 50)
    assert np.array_equal(whole[7:30], spectra.of(SOUND, 7, 23))
    assert np.array_equal(whole, spectra.of(moved[3:], 0, 50))


SCRIPT = """
import sys
import numpy as np
from streamgenre.features.kernels.spectrum import PowerSpectra
sound = np.sin(np.arange(2000) ** 1.5 / 90).astype(np.float32)
np.save(sys.argv[1], PowerSpectra(256, 400).of(sound, 0, 4))
"""


def test_the_same_without_the_compiler(tmp_path):
    rows = []
    for disabled in "01":
        path = tmp_path / f"{disabled}.npy"
        environment = os.environ | {"NUMBA_DISABLE_JIT": disabled}
        subprocess.run([sys.executable, "-W", "error", "-c", SCRIPT, str(path)], env=environment, check=True)
        rows.append(np.load(path))
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-5, atol=1e-12 * rows[1].max())
