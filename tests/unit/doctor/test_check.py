"""Looking at parts: no failure escapes, none hangs the others, nothing of strangers is shown raw."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from streamgenre.doctor.check import Check, Part, examined
from streamgenre.errors import ModelError


def breaks() -> Iterator[Check]:
    yield Check("lost", "ok", "this is lost with the rest")
    raise ZeroDivisionError("one")


def refuses() -> Iterator[Check]:
    raise ModelError("there is no such model")


def fine(name: str) -> list[Check]:
    return [Check(name, "ok", "all is well")]


def test_what_breaks_is_a_finding_and_the_others_are_looked_at():
    found = list(
        examined(
            [Part("a", breaks), Part("model", refuses), Part("c", refuses), Part("d", lambda: fine("d"))]
        )
    )
    assert [(check.name, check.verdict, check.found) for check in found] == [
        ("a", "failed", "ZeroDivisionError('one')"),
        ("model", "failed", "there is no such model"),
        ("c", "failed", "there is no such model"),
        ("d", "ok", "all is well"),
    ]
    assert "models list" in str(found[1].remedy)
    assert found[2].remedy == "do what the line above says"


def test_what_hangs_is_left_behind():
    over = threading.Event()
    try:
        hangs = Part("slow", lambda: fine("slow") if over.wait() else [], 0.05)
        found = list(examined([hangs, Part("d", lambda: fine("d"))]))
    finally:
        over.set()
    assert [(check.name, check.verdict) for check in found] == [("slow", "failed"), ("d", "ok")]
    assert "within 0 s" in found[0].found


def test_several_are_looked_at_together_and_told_in_order():
    both = threading.Barrier(2)

    def meets(name: str) -> list[Check]:
        both.wait(60)
        return fine(name)

    parts = [Part(name, lambda name=name: meets(name)) for name in "abcd"]
    assert [check.name for check in examined(parts, 2)] == ["a", "b", "c", "d"]


def test_names_of_strangers_and_passwords_are_not_shown_raw():
    raw = Check("card \x1b[2J", "ok", "http://me:hunter2@bar\nok forged", "see\x07 mqtt://me:hunter2@bar")
    (check,) = examined([Part("a", lambda: [raw])])
    assert (check.name, check.found) == ("card \\x1b[2J", "http://***@bar ok forged")
    assert check.remedy == "see\\x07 mqtt://***@bar"
