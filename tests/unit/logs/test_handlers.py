"""Who logs is never held up, nothing is lost untold, and all is written at the end."""

from __future__ import annotations

import logging
import threading

import pytest

from streamgenre.logs.entry import Entry
from streamgenre.logs.handlers import MOST_WAITING, BackgroundHandler, DirectHandler


class Reader:
    """Takes entries while the gate is open."""

    def __init__(self) -> None:
        self.taken: list[Entry] = []
        self.gate = threading.Event()
        self.gone = False

    def __call__(self, entry: Entry) -> None:
        self.gate.wait()
        if self.gone:
            raise BrokenPipeError
        self.taken.append(entry)

    @property
    def messages(self) -> list[str]:
        return [entry.message for entry in self.taken]


@pytest.fixture
def reader():
    made = Reader()
    yield made
    made.gate.set()


@pytest.fixture
def handler(reader):
    made = BackgroundHandler(reader)
    yield made
    reader.gate.set()
    made.close()


def say(handler: logging.Handler, message: str, level: int = logging.INFO) -> None:
    handler.handle(logging.LogRecord("streamgenre.x", level, __file__, 1, message, None, None))


def wait_for(handler: BackgroundHandler) -> None:
    handler.flush(60)


def test_all_is_written_in_order(handler, reader):
    reader.gate.set()
    for number in range(500):
        say(handler, str(number))
    wait_for(handler)
    assert reader.messages == [str(number) for number in range(500)]


def test_a_reader_that_hangs_holds_up_nobody_and_what_is_lost_is_counted(handler, reader):
    for number in range(MOST_WAITING * 3):
        say(handler, str(number))
    reader.gate.set()
    wait_for(handler)
    wait_for(handler)
    kept = [message for message in reader.messages if message.isdigit()]
    assert kept == [str(number) for number in range(len(kept))]
    assert MOST_WAITING <= len(kept) <= 2 * MOST_WAITING
    lost = MOST_WAITING * 3 - len(kept)
    assert reader.messages[-1] == f"{lost} log lines were lost: whoever takes them was too slow or away"


def test_a_reader_that_was_away_is_told_what_it_missed(handler, reader):
    reader.gone = True
    reader.gate.set()
    for number in range(3):
        say(handler, str(number))
    wait_for(handler)
    reader.gone = False
    say(handler, "back")
    wait_for(handler)
    assert reader.messages == ["back", "3 log lines were lost: whoever takes them was too slow or away"]


def test_repeats_are_counted(handler, reader):
    reader.gate.set()
    for _ in range(5):
        say(handler, "full", logging.WARNING)
    say(handler, "room again")
    wait_for(handler)
    assert reader.messages == ["full", "full (4 times more within 1 s)", "room again"]


def test_many_threads(handler, reader):
    reader.gate.set()
    threads = [threading.Thread(target=lambda: [say(handler, str(n)) for n in range(100)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(handler)
    assert len(reader.messages) == 800


def test_closing_writes_what_waits(reader):
    handler = BackgroundHandler(reader)
    reader.gate.set()
    for _ in range(3):
        say(handler, "full", logging.WARNING)
    handler.close()
    assert reader.messages == ["full", "full (2 times more within 1 s)"]


def test_a_reader_that_has_gone_does_not_end_the_work():
    tried: list[Entry] = []

    def gone(entry: Entry) -> None:
        tried.append(entry)
        raise BrokenPipeError

    say(DirectHandler(gone), "x")
    assert len(tried) == 1
