"""A FIFO outlives its writers: what a session says of it, and that every sample is booked."""

from __future__ import annotations

import os
import threading

import pytest

from tests.support.followed import balanced, following
from tests.support.sounds import tone

pytestmark = pytest.mark.system
SOUND = (tone(1.5, 8000, 440) * 32767).astype("<i2").tobytes()


def test_a_writer_that_goes_is_said_and_the_next_one_heard_from_its_first_sample(tmp_path):
    fifo = tmp_path / "audio.fifo"
    os.mkfifo(fifo)
    with following(f"pcm:{fifo}?rate=8000&channels=1", dict(os.environ)) as followed:
        for number, data in enumerate((SOUND + b"x", SOUND), start=1):
            writer = threading.Thread(target=fifo.write_bytes, args=(data,))
            writer.start()
            followed.wait_until(lambda number=number: len(followed.reasons) == number)
            writer.join()
        end = followed.end()
    assert followed.states == ["online", "reconnecting", "online", "reconnecting", "ended"]
    assert followed.reasons[0].endswith("audio.fifo went away within a sample, of which 1 byte came")
    assert followed.reasons[1].endswith("audio.fifo went away")
    assert balanced(end["accounts"])
    assert end["accounts"]["captured"] == 2 * len(SOUND) // 2
