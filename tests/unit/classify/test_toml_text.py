from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from streamgenre.classify.toml_text import toml_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    TEXTS | st.integers(-9, 9) | st.booleans() | st.floats(allow_nan=False) | st.dates() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_is_read_back(values):
    assert tomllib.loads(toml_text(values)) == values
