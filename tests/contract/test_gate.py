"""What passes as music, through the whole pipeline with the shipped model.

The gate learnt from these very clips, so this shows that it works, not how well: `docs/models.md` has the
figures on clips it did not know. Hum, hiss and noise are made here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.classify.registry import load_genre_model
from streamgenre.messages import AudioBlock, AudioFormat, State
from streamgenre.pipeline import SourcePipeline
from streamgenre.settings import PipelineSettings
from tests.support.shared import SHARED, needs_shared
from training.clip_windows import decode_clip
from training.datasets import Clip, read_clips
from training.mixing import kind, mixed

pytestmark = [pytest.mark.data, needs_shared]

RATE_HZ = 22_050
OF_EACH = 12


@pytest.fixture(scope="module")
def model() -> OnnxModel:
    return load_genre_model("genre")


@pytest.fixture(scope="module")
def clips() -> dict[str, list[Clip]]:
    """Every so many a clip of each kind, all longer than a window."""
    found = read_clips(SHARED / "data", ("music_speech", "esc10"))
    of_kind = {name: [clip for clip in found if kind(clip) == name] for name in ("music", "speech", "noise")}
    return {name: some[:: len(some) // OF_EACH][:OF_EACH] for name, some in of_kind.items()}


def last_status(model: OnnxModel, samples: np.ndarray, rate_hz: int) -> str:
    return _statuses(model, samples, rate_hz)[-1]


def last_kind(model: OnnxModel, samples: np.ndarray, rate_hz: int) -> str | None:
    """Give the last status the gate gave: a clip may end in silence."""
    found = _statuses(model, samples, rate_hz)
    return next((status for status in reversed(found) if status in {"music", "speech", "noise"}), None)


def _statuses(model: OnnxModel, samples: np.ndarray, rate_hz: int) -> list[str]:
    pipeline = SourcePipeline(AudioFormat(rate_hz, 1), model, PipelineSettings())
    messages = [*pipeline.process(AudioBlock(samples.astype(np.float32)[:, None], 0)), *pipeline.flush()]
    return [message.status for message in messages if isinstance(message, State)]


def kinds(model: OnnxModel, clips: Sequence[Clip]) -> Counter[str | None]:
    heard = [decode_clip(clip) for clip in clips]
    return Counter(last_kind(model, samples.mean(axis=1), form.sample_rate_hz) for samples, form in heard)


def mix_kinds(
    model: OnnxModel, view: str, above: Sequence[Clip], below: Sequence[Clip]
) -> Counter[str | None]:
    found = Counter[str | None]()
    for clip, added in zip(above, below, strict=True):
        (samples, form), (other, other_form) = decode_clip(clip), decode_clip(added)
        rates_hz = form.sample_rate_hz, other_form.sample_rate_hz
        mix = mixed(clip, view, samples, other, rates_hz)
        found[last_kind(model, mix[:, 0], form.sample_rate_hz)] += 1
    return found


@pytest.mark.parametrize("name", ["music", "speech", "noise"])
def test_each_kind_is_told(model, clips, name):
    assert len(clips[name]) == OF_EACH
    assert kinds(model, clips[name])[name] >= OF_EACH - 1


def test_music_with_speech_10_db_below_is_music(model, clips):
    assert mix_kinds(model, "over_speech_10", clips["music"], clips["speech"])["music"] >= OF_EACH - 1


def test_speech_with_music_10_db_below_is_speech(model, clips):
    assert mix_kinds(model, "over_music_10", clips["speech"], clips["music"])["speech"] >= OF_EACH - 2


@pytest.mark.parametrize("level_dbfs", [-90.0, -65.0])
@pytest.mark.parametrize("mains_hz", [50, 60])
def test_hum_of_a_dead_line_is_silence(model, mains_hz, level_dbfs):
    assert last_status(model, _at_level(_hum(mains_hz), level_dbfs), RATE_HZ) == "silence"


@pytest.mark.parametrize("level_dbfs", [-90.0, -65.0])
def test_hiss_of_a_dead_line_is_silence(model, level_dbfs):
    assert last_status(model, _at_level(_white(), level_dbfs), RATE_HZ) == "silence"


def test_hum_under_music_that_has_ended_is_silence_and_does_not_stay_music(model, clips):
    music, form = decode_clip(clips["music"][0])
    rate_hz = form.sample_rate_hz
    hum = _at_level(_hum(50, rate_hz=rate_hz), -90.0)
    assert last_status(model, np.concatenate([music.mean(axis=1), hum]), rate_hz) == "silence"


@pytest.mark.parametrize("level_dbfs", [-55.0, -40.0, -20.0])
@pytest.mark.parametrize("colour", ["white", "pink", "brown"])
def test_noise_that_can_be_heard_is_not_music(model, colour, level_dbfs):
    noise = {"white": _white, "pink": lambda: _coloured(0.5), "brown": lambda: _coloured(1.0)}[colour]()
    assert last_status(model, _at_level(noise, level_dbfs), RATE_HZ) != "music"


def _at_level(samples: np.ndarray, level_dbfs: float) -> np.ndarray:
    return samples / np.sqrt(np.mean(samples**2)) * 10 ** (level_dbfs / 20)


def _hum(mains_hz: int, seconds: float = 8.0, rate_hz: int = RATE_HZ) -> np.ndarray:
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return sum(np.sin(2 * np.pi * mains_hz * n * time) / n for n in (1, 2, 3, 5, 7))


def _white(seconds: float = 8.0) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 1, round(seconds * RATE_HZ))


def _coloured(slope: float) -> np.ndarray:
    """Noise whose amplitude falls as frequency to the slope, from 20 Hz on."""
    spectrum = np.fft.rfft(_white())
    hertz = np.fft.rfftfreq(round(8.0 * RATE_HZ), 1 / RATE_HZ)
    return np.fft.irfft(spectrum / np.maximum(hertz, 20.0) ** slope, round(8.0 * RATE_HZ))
