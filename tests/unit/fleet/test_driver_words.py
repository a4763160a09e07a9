"""What `fleet run` and its driver say to each other arrives whole, or not at all."""

from __future__ import annotations

import io

import pytest

from streamgenre.fleet.driver_words import Deploy, Deployed, Fares, Joined, Over, Refused, Said, hear, say
from streamgenre.fleet.ledger import Deployment
from streamgenre.settings import Settings, SourceSettings

WORDS = (
    Deploy(Deployment(Settings("radio"), (SourceSettings("jazz", "http://x.example/"),), ("line 3",), 7)),
    Joined("127.0.0.1:6379", False, 3, None),
    Deployed(7),
    Said(20, "Ünï"),
    Fares({"schema": 1}),
    Refused("no", 3),
    Over(),
)


def told() -> bytes:
    pipe = io.BytesIO()
    for word in WORDS:
        say(pipe, word)
    return pipe.getvalue()


def test_every_word_arrives():
    pipe = io.BytesIO(told())
    assert tuple(hear(pipe) for _ in WORDS) == WORDS
    assert hear(pipe) is None


@pytest.mark.parametrize("left", [1, 3, 4, 5])
def test_one_that_is_cut_off_is_the_end(left: int):
    pipe = io.BytesIO()
    say(pipe, WORDS[0])
    assert hear(io.BytesIO(pipe.getvalue()[:left])) is None
    assert hear(io.BytesIO(pipe.getvalue()[:-1])) is None
