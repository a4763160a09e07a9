"""The small model of the tests, without its memory of what it was shown."""

from __future__ import annotations

from collections import deque

from tests.support.fake_model import FakeModel


class ForgetfulModel(FakeModel):
    def __init__(self) -> None:
        self.windows = deque(maxlen=0)
