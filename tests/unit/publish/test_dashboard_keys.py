from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.publish.dashboard.keys import decode


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        (b"q", ["q"]),
        (b"\x1b[A\x1b[B", ["up", "down"]),
        (b"\x1bOC\x1bOD", ["right", "left"]),
        (b"\x1b[5~j\x1b[6~", ["pageup", "j", "pagedown"]),
        (b"\r \x7f\x1a", ["enter", "space", "backspace", "suspend"]),
        (b"\x1b[1;5A\x1b[200~x", ["x"]),
        ("ä".encode(), []),
    ],
)
def test_keys_have_names(sent: bytes, keys: list[str]) -> None:
    assert decode(sent, all_came=False) == (keys, b"")


def test_an_escape_waits_for_what_may_follow() -> None:
    assert decode(b"n\x1b", all_came=False) == (["n"], b"\x1b")
    assert decode(b"\x1b", all_came=True) == (["escape"], b"")
    assert decode(b"\x1b[1", all_came=False) == ([], b"\x1b[1")


@given(st.binary(max_size=40), st.integers(0, 40))
def test_the_same_keys_come_in_pieces(sent: bytes, cut: int) -> None:
    whole, _ = decode(sent, all_came=True)
    first, rest = decode(sent[:cut], all_came=False)
    second, _ = decode(rest + sent[cut:], all_came=True)
    assert first + second == whole
