from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from streamgenre.messages import Level
from streamgenre.publish.dashboard.lettering import _DOTS, banner, can_write
from streamgenre.publish.dashboard.look import ASCII_SIGNS, FULL_SIGNS, Look
from streamgenre.publish.dashboard.palette import GENRE_COLOURS, HEAT_LEVELS, PLAIN, heat_style
from streamgenre.publish.dashboard.ribbon import ribbon_runs
from streamgenre.publish.dashboard.sound import EMPTY, heat_levels, level_line, level_scale
from streamgenre.publish.dashboard.text import clock, shorten
from streamgenre.publish.dashboard.verdict import bar
from tests.unit.publish.dashboard_script import told


def relative_luminance(red: int, green: int, blue: int) -> float:
    linear = [(c / 255) ** 2.2 for c in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_heat_colours_grow_lighter_all_the_way() -> None:
    colours = [heat_style(level, 0).color for level in range(HEAT_LEVELS)]
    lightness = [relative_luminance(*c.get_truecolor()) ** (1 / 3) for c in colours if c]
    assert len(lightness) == HEAT_LEVELS
    assert min(np.diff(lightness)) > 0.02


def test_genre_colours_differ_and_show_on_black_and_on_white() -> None:
    hexes = [truecolor for truecolor, _ in GENRE_COLOURS.values()]
    assert len(set(hexes)) == len(hexes)
    for colour in hexes:
        light = relative_luminance(*bytes.fromhex(colour[1:]))
        assert min((light + 0.05) / 0.05, 1.05 / (light + 0.05)) > 1.6, colour


def test_every_sign_is_one_cell() -> None:
    for signs in (FULL_SIGNS, ASCII_SIGNS):
        texts = [signs.rule, *signs.eighths, *signs.shades, signs.peak, signs.mark, signs.edge]
        assert {cell_len(text) for text in [*texts, *signs.status.values(), *signs.fills.values()]} == {1}
    assert all(sign.isascii() for sign in ASCII_SIGNS.status.values())


@pytest.mark.parametrize("scale", [1, 2])
def test_big_letters_are_rectangular_and_all_different(scale: int) -> None:
    drawn = {letter: banner(letter, scale) for letter in _DOTS}
    assert len(set(drawn.values())) == len(_DOTS)
    for lines in drawn.values():
        assert len(lines) == (4 if scale == 1 else 7)
        assert len({len(line) for line in lines}) == 1
    assert can_write("Drum & bass")
    assert not can_write("フォーク")


@given(st.floats(-1, 2), st.integers(0, 80), st.booleans())
def test_a_bar_is_as_wide_as_its_share(share: float, width: int, unicode: bool) -> None:
    look = Look(unicode=unicode)
    line = bar(share, width, PLAIN, look)
    assert sum(segment.cell_length for segment in line) == width
    whole = sum(text.count(look.signs.eighths[-1]) for text, *_ in line)
    assert abs(whole - min(1, max(0, share)) * width) <= 1


@given(st.integers(1, 40), st.integers(1, 60), st.integers(0, 50))
def test_heat_has_the_asked_shape_whatever_the_bands(rows: int, bands: int, columns: int) -> None:
    rng = np.random.default_rng(rows)
    heat = heat_levels(rng.uniform(-100, 40, (columns, bands)).astype(np.float32), rows)
    assert heat.shape == (rows, columns)
    assert heat.size == 0 or (heat.min() >= 0 and heat.max() < HEAT_LEVELS)


def test_heat_puts_low_bands_at_the_bottom_and_silence_nowhere() -> None:
    columns = np.tile(np.linspace(0, -60, 32, dtype=np.float32), (10, 1))
    columns[4] = np.nan
    heat = heat_levels(columns, 8)
    assert (heat[:, 4] == EMPTY).all()
    assert (np.diff(heat[:, 0]) > 0).all()
    assert heat[-1, 0] == HEAT_LEVELS - 1
    assert (heat_levels(np.full((3, 4), np.nan, np.float32), 2) == EMPTY).all()


@given(st.integers(1, 200), st.sampled_from([0.5, 4.0, 12.0, 30.0]))
def test_the_ribbon_is_made_of_touching_runs(width: int, seconds: float) -> None:
    runs = ribbon_runs(told(seconds), width)
    assert runs[0].first_cell == 0
    for before, after in pairwise(runs):
        assert before.first_cell + before.cells == after.first_cell
    assert runs[-1].first_cell + runs[-1].cells <= width


@pytest.mark.parametrize(
    ("seconds", "words"), [(-1, "0:00"), (9.99, "0:09"), (207, "3:27"), (3723, "1:02:03")]
)
def test_clock(seconds: float, words: str) -> None:
    assert clock(seconds) == words


@given(st.text(max_size=40), st.integers(0, 30))
def test_a_shortened_text_fits(text: str, width: int) -> None:
    assert cell_len(shorten(text, width, Look())) <= width


@pytest.mark.parametrize(
    ("system", "no_color", "depth"),
    [
        ("truecolor", False, "many"),
        ("256", False, "many"),
        ("standard", False, "few"),
        ("truecolor", True, "none"),
    ],
)
def test_the_look_follows_the_console(system: str, no_color: bool, depth: str) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system=system, no_color=no_color)  # type: ignore[arg-type]
    assert Look.of(console) == Look(unicode=True, depth=depth)  # type: ignore[arg-type]


def test_the_look_without_utf8_is_ascii() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert not Look.of(Console(file=file, force_terminal=True)).unicode


@pytest.mark.parametrize("width", [60, 100, 160])
def test_the_scale_under_the_meter_fits_the_bar(width: int) -> None:
    look = Look()
    scale = "".join(segment.text for segment in level_scale(width, look))
    for peak_dbfs in (-48.0, -24.0, -12.0):
        level = Level(-55.0, peak_dbfs, silent=False, digital_zero=False)
        picture = replace(told(), level=level, held_peak_dbfs=peak_dbfs)
        line = "".join(segment.text for segment in level_line(picture, width, look))
        words = f"{look.signs.minus}{-peak_dbfs:.0f}"
        assert abs(line.index(look.signs.peak) - (scale.index(words) + len(words) // 2)) <= 1
