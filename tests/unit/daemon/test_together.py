"""Several things at once, of which one may hang."""

from __future__ import annotations

import threading

from streamgenre.daemon.together import together


def test_what_hangs_is_left_behind_and_the_others_are_done():
    hanging, done = threading.Event(), threading.Event()
    together([lambda: hanging.wait(60) and None, done.set], 0.2)
    assert done.wait(60)
    hanging.set()


def test_all_are_done_when_it_returns():
    done: list[int] = []
    together([lambda number=number: done.append(number) for number in range(5)], 60.0)
    assert sorted(done) == [0, 1, 2, 3, 4]
