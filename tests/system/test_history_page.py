"""The report's page in a real browser: whole without a network, the figures of the JSON, for any screen."""

from __future__ import annotations

import pytest

from streamgenre.publish.history_file import milliseconds
from streamgenre.publish.history_html import page
from streamgenre.publish.history_reader import HistoryQuery, HistoryReader
from streamgenre.publish.history_report import report, to_object
from tests.support.chromium import CHROMIUM, browser
from tests.support.history_files import write_history
from tests.support.synthetic_week import START, event, events, segment

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
HOSTILE = (
    "<script>document.title = 'caught'</script><img src=http://evil.example/x onerror=alert(1)>\"'\u202e"
)
ROWS = """(where, name) => [...document.querySelectorAll(`${where} table.${name} tbody tr`)].map(row =>
  [...row.children].map(cell => (cell.querySelector('data') ?? {}).value ?? cell.textContent))"""


def of(path, days=7):
    ends = milliseconds(START) + days * 86_400_000
    with HistoryReader(path) as reader:
        return report(reader, HistoryQuery(since_ms=milliseconds(START), until_ms=ends), START.tzinfo)


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("histories")
    other = [*events(seed=2, source="cellar")]
    hostile = [
        segment(START, START.replace(hour=9), title=HOSTILE * 50, seq=1),
        segment(START.replace(hour=9), START.replace(hour=10), genre=HOSTILE, seq=2),
        event("title", START, {"title": HOSTILE, "previous": None}, 3),
    ]
    return {
        "week": of(write_history(folder / "week.sqlite", [*events(), *other])),
        "hostile": of(write_history(folder / "hostile.sqlite", hostile)),
        "nothing": of(write_history(folder / "nothing.sqlite", [])),
        "quarter": of(write_history(folder / "quarter.sqlite", events(days=90)), days=90),
    }


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("chromium")) as one:
        yield one


@pytest.fixture
def show(opened, reports, tmp_path):
    def open_page(name):
        path = tmp_path / "page.html"
        path.write_text("".join(page(reports[name])), encoding="utf-8")
        opened.resize(1400)
        opened.prefer("light")
        opened.open(path)
        return opened, path.as_uri()

    return open_page


@pytest.mark.parametrize("name", ["week", "hostile", "nothing", "quarter"])
def test_a_page_asks_for_nothing_complains_of_nothing_and_fits_every_screen(show, name):
    opened, address = show(name)
    for width in (360, 800, 1400):
        opened.resize(width)
        wide = opened.ask("[document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]")
        assert max(wide) == width
    for colours in ("light", "dark"):
        opened.prefer(colours, "print")
        assert opened.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.addresses() == [address]
    assert opened.complaints() == []


def test_what_a_station_sent_stays_text(show):
    opened, _ = show("hostile")
    assert opened.ask("document.title").startswith("What played, 14 Nov 2026")
    assert opened.ask("document.querySelectorAll('script, img, iframe, object, embed, link').length") == 0
    titles = opened.ask("[...document.querySelectorAll('table.longest bdi')].map(one => one.textContent)")
    assert titles[0].startswith(HOSTILE[:60])


def test_figures_are_those_of_the_json(show, reports):
    opened, _ = show("week")
    for index, source in enumerate(to_object(reports["week"])["sources"]):
        where = f"#s{index}"
        heard = source["status_seconds"]
        shares = opened.ask(f"({ROWS})('{where}', 'shares')")
        assert sum(float(row[2]) for row in shares) == pytest.approx(source["followed_seconds"])
        seconds = {row[0]: float(row[2]) for row in shares}
        assert {label: seconds[label] for label in source["genre_seconds"]} == source["genre_seconds"]
        assert seconds["speech"] == heard["speech"]
        assert {row[0]: row[1] for row in shares} == {
            row[0]: f"{float(row[2]) / source['followed_seconds']:.4f}" for row in shares
        }
        days = opened.ask(f"({ROWS})('{where}', 'days')")
        assert [(row[0].split()[1], float(row[1])) for row in days] == [
            (day["day"], day["followed_seconds"]) for day in source["days"]
        ]
        hours = opened.ask(f"({ROWS})('{where}', 'hours')")
        assert [float(row[1]) for row in hours] == [one["followed_seconds"] for one in source["hours_of_day"]]
        dead = [alarm for alarm in source["alarms"] if alarm["kind"] == "dead_air"]
        assert [float(row[2]) for row in opened.ask(f"({ROWS})('{where}', 'dead-air')")] == [
            alarm["seconds"] for alarm in dead
        ]
        stretches = opened.ask(f"({ROWS})('{where}', 'stretches')")
        assert len(stretches) == len(reports["week"].sources[index].stretches)
        assert opened.ask(f"({ROWS})('#all', 'sources')")[index][5] == f"{len(dead)} ×"


def test_drawings_are_as_long_as_what_they_draw_and_say_what_it_is(show, reports):
    opened, _ = show("week")
    (_, one) = reports["week"].sources
    drawn = opened.ask(
        "[...document.querySelectorAll('#s1 .ribbon rect:not(.dead)')].map(one =>"
        " [one.getBoundingClientRect().width / one.ownerSVGElement.getBoundingClientRect().width * 24,"
        " one.querySelector('title').textContent])"
    )
    assert sum(hours for hours, _ in drawn) == pytest.approx(one.total.followed_ms / 3.6e6, rel=0.001)
    assert all(", " in words and " – " in words for _, words in drawn)
    image = opened.ask(
        "(one => [one.getAttribute('role'), one.getAttribute('aria-label')])"
        "(document.querySelector('#s1 .ribbon svg'))"
    )
    assert image[0] == "img"
    assert "The tables below say the same in figures" in image[1]


def test_light_and_dark_pages_differ_and_words_keep_their_contrast(show):
    opened, _ = show("week")
    pictures = {}
    for colours, page_colour in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 23, 27)")):
        opened.prefer(colours)
        assert opened.ask("getComputedStyle(document.body).backgroundColor") == page_colour
        pictures[colours] = opened.picture()
    assert pictures["light"].startswith(b"\x89PNG")
    assert pictures["light"] != pictures["dark"]


def test_a_telephone_is_not_given_words_that_do_not_fit(show):
    opened, _ = show("week")
    lengths = """[...document.querySelectorAll('.ribbon text.on')].filter(one =>
      getComputedStyle(one).display !== 'none').map(one => [one.getBoundingClientRect().width,
      one.previousElementSibling.getBoundingClientRect().width])"""
    counts = []
    for width in (360, 800, 1400):
        opened.resize(width)
        shown = opened.ask(lengths)
        assert all(words <= field + 1 for words, field in shown)
        counts.append(len(shown))
    assert 0 < counts[0] < counts[1] < counts[2]
