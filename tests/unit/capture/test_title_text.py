from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.capture.stations.title_text import MAX_TITLE_CHARACTERS, clean_title, decode_title


@pytest.mark.parametrize("charset", ["utf-8", "cp1252", "latin-1"])
@pytest.mark.parametrize("title", ["Björk - Jóga", "Sigur Rós – Svefn-g-englar", "plain", "Motörhead & Co."])
def test_western_titles_are_read_in_any_of_their_character_sets(charset, title):
    if charset == "latin-1":
        title = title.replace("–", "-")
    assert decode_title(title.encode(charset)) == title


@pytest.mark.parametrize(
    "title", ["Ünï - Söng", "Кино - Группа крови", "坂本 龍一", "Ἀθήνα", "naïve “quotes”"]
)
@pytest.mark.parametrize("wrong", ["latin-1", "cp1252"])
def test_utf8_that_was_taken_for_another_set_is_restored(title, wrong):
    # Five bytes mean nothing in Windows-1252; programs leave them as they are.
    letters = [bytes([byte]).decode(wrong, "ignore") or chr(byte) for byte in title.encode()]
    twice = "".join(letters).encode()
    assert decode_title(twice) == title


@pytest.mark.parametrize("title", ["Кино - Группа крови", "ДДТ - Осень", "Земфира – Искала"])
def test_cyrillic_of_one_byte_is_told_from_western_letters(title):
    assert decode_title(title.encode("cp1251")) == title


@pytest.mark.parametrize("title", ["Céline Dion - Été à Québec", "Łódź", "ÅÄÖ i stan"])
def test_proper_utf8_is_left_alone(title):
    assert decode_title(title.encode()) == title


@given(st.binary(max_size=600))
def test_any_bytes_give_one_clean_line_or_nothing(data):
    title = clean_title(decode_title(data))
    if title is not None:
        assert 0 < len(title) <= MAX_TITLE_CHARACTERS
        assert title.isprintable() or any(ord(c) > 127 for c in title)
        assert not {"\n", "\r", "\x1b", "\0", "\u202e", "\u2028"} & set(title)
        assert title == title.strip()


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"])))
def test_text_in_utf8_is_read_as_written_unless_it_reads_as_a_second_encoding(text):
    read = decode_title(text.encode())
    assert read == text or read.encode().decode("latin-1").isprintable() or len(read) < len(text)


@pytest.mark.parametrize("text", ["", "   ", " - ", "--", "\0\0", "\x1b", "\u200b"])
def test_a_title_that_says_nothing_is_none(text):
    assert clean_title(text) is None


def test_entities_controls_and_length():
    assert clean_title("Simon &amp; Garfunkel &#1050;") == "Simon & Garfunkel К"
    assert clean_title("AT&T &c") == "AT&T &c"
    assert clean_title("a\r\nb\tc\x1b[31m") == "a b c[31m"
    assert clean_title("left\u202eright") == "leftright"
    assert clean_title("x" * 999) == "x" * (MAX_TITLE_CHARACTERS - 1) + "…"
