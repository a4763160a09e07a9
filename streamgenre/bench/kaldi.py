"""Kaldi's filterbank, beside the nearest of ours: as many frames and bands, an FFT of the same size.

Kaldi fades out the mean of each frame, emphasises its treble, and transforms 400 samples padded to 512
under Povey's window; ours are 512 under Hann's. Its bands come one frame at a call.
"""

from __future__ import annotations

from types import ModuleType

from streamgenre.bench.timer import Run
from streamgenre.messages import Float32
from streamgenre.settings import LogMelSettings

NEAREST = LogMelSettings(16000, 512, 160, 80, 20.0, 8000.0, mel_scale="htk", mel_norm=None)
NOTE = "not the same numbers: Kaldi's frames have 400 samples, their mean removed and their treble emphasised"


def kaldi_fbank(kaldi: ModuleType, sound: Float32) -> Run:
    """A run over (samples,) float32 at 16 kHz."""
    options = kaldi.FbankOptions()
    options.frame_opts.dither = 0.0
    options.mel_opts.num_bins = NEAREST.n_mels
    samples = sound.tolist()

    def run() -> object:
        bank = kaldi.OnlineFbank(options)
        bank.accept_waveform(NEAREST.sample_rate_hz, samples)
        bank.input_finished()
        return [bank.get_frame(i) for i in range(bank.num_frames_ready)]

    return run
