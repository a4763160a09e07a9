from __future__ import annotations

from streamgenre.decide.incumbent import Incumbent


def test_the_first_wins_at_once() -> None:
    incumbent = Incumbent[str](1.0)
    assert incumbent.value is None
    assert incumbent.challenge("a", 0.0) == "a"


def test_a_challenger_needs_its_backing_without_a_break() -> None:
    incumbent = Incumbent[str](1.0)
    held = [incumbent.challenge(leader, 0.4) for leader in "abbabbcbbb"]
    assert "".join(held) == "aaaaaaaaab"


def test_backing_survives_rounding() -> None:
    incumbent = Incumbent[str](0.3)
    incumbent.challenge("a", 0.1)
    assert [incumbent.challenge("b", 0.1) for _ in range(3)] == ["a", "a", "b"]


def test_after_clear_the_next_leader_wins() -> None:
    incumbent = Incumbent[str](1.0)
    incumbent.challenge("a", 1.0)
    incumbent.challenge("b", 0.5)
    incumbent.clear()
    assert incumbent.value is None
    assert incumbent.challenge("c", 0.0) == "c"
