"""The pictures of the documentation can be drawn again."""

from __future__ import annotations

import shutil
from xml.etree import ElementTree as ET

import pytest

from streamgenre.publish.dashboard.look import Look
from tests.support import demo_pictures
from tests.support.dashboard_pictures import CONVERTER, as_png, as_svg, evening_frame


@pytest.mark.parametrize(
    ("view", "words"),
    [("table", "studio/club-one"), ("detail", "fairly"), ("help", "tried"), ("fleet", "head-3f2a91")],
)
def test_a_picture_says_what_the_screen_says(view: str, words: str, tmp_path) -> None:
    svg = as_svg(evening_frame(view, 100, 30, Look()), 100, 30)
    assert words in "".join(ET.fromstring(svg).itertext())
    if CONVERTER is None:
        pytest.skip("rsvg-convert is not installed")
    as_png(svg, tmp_path / "drawn.png", 400)
    assert (tmp_path / "drawn.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_demo_can_be_drawn_as_a_moving_picture(tmp_path) -> None:
    if CONVERTER is None or shutil.which("ffmpeg") is None:
        pytest.skip("rsvg-convert and ffmpeg are not both installed")
    demo_pictures.moving(tmp_path / "demo.webp")
    drawn = (tmp_path / "demo.webp").read_bytes()
    assert (drawn[:4], drawn[8:12]) == (b"RIFF", b"WEBP")
    assert drawn.count(b"ANMF") > 60
