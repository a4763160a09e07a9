from __future__ import annotations

import numpy as np
import pytest

from streamgenre.capture.stations.mpeg_frames import SNIFFED_BYTES, holds_mp3
from tests.support.audio_files import write_encoded
from tests.support.sounds import tone


@pytest.mark.parametrize("rate_hz", [48_000, 44_100, 32_000, 24_000, 16_000, 11_025, 8000])
def test_an_mp3_is_known_wherever_it_is_joined(tmp_path, rate_hz):
    data = write_encoded(tmp_path / "a.mp3", tone(3, rate_hz, 440), rate_hz).read_bytes()
    for start in range(0, len(data) // 2, 997):
        assert holds_mp3(data[start : start + SNIFFED_BYTES]), start


@pytest.mark.parametrize("kind", ["aac", "ogg", "m4a", "opus"])
def test_other_formats_are_not_mp3(tmp_path, kind):
    data = write_encoded(tmp_path / f"a.{kind}", tone(3, 48_000, 440), 48_000).read_bytes()
    assert not any(holds_mp3(data[i : i + SNIFFED_BYTES]) for i in range(0, len(data), SNIFFED_BYTES))


def test_noise_and_rows_of_sync_words_are_not_mp3():
    assert not holds_mp3(np.random.default_rng(0).bytes(SNIFFED_BYTES))
    assert not holds_mp3(b"\xff" * SNIFFED_BYTES)
    assert not holds_mp3(b"")
