"""Words of strangers in a table: literally, on one line, and turning nothing around."""

from __future__ import annotations

import pytest

from streamgenre.cli.tables import literal, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Mikrofon (hinten)", "Mikrofon (hinten)"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u200fb\u2066c\u2069", "a\\u200fb\\u2066c\\u2069"),
        ("two\nlines\x1b[2J", "two\\nlines\\x1b[2J"),
        ("👩\u200d🎤 שלום", "👩\u200d🎤 שלום"),
    ],
)
def test_only_what_moves_other_words_is_spelled_out(text: str, shown: str):
    assert one_line(text) == shown
    assert literal(text).plain == shown
