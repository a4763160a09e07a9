"""The pictures of the documentation can be drawn again."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from streamgenre.publish.dashboard.look import Look
from tests.support.dashboard_pictures import CONVERTER, as_png, as_svg, evening_frame


@pytest.mark.parametrize(
    ("view", "words"), [("table", "studio/club-one"), ("detail", "fairly"), ("help", "tried")]
)
def test_a_picture_says_what_the_screen_says(view: str, words: str, tmp_path) -> None:
    svg = as_svg(evening_frame(view, 100, 30, Look()), 100, 30)
    assert words in "".join(ET.fromstring(svg).itertext())
    if CONVERTER is None:
        pytest.skip("rsvg-convert is not installed")
    as_png(svg, tmp_path / "drawn.png", 400)
    assert (tmp_path / "drawn.png").read_bytes().startswith(b"\x89PNG")
