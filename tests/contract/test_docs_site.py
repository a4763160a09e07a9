"""The documentation's site, as `make docs` builds it: no warning, no dead link, nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.support.doc_snippets import ROOT

FETCHED = {"src", "href of link", "srcset", "data", "poster", "href of image", "xlink:href of image"}
"""What a browser loads by itself."""
SHEET_LOADS = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


class Page(HTMLParser):
    """What one page links to, loads and can be linked at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if not value:
                continue
            if name == "id":
                self.ids.add(value)
            elif name in FETCHED or f"{name} of {tag}" in FETCHED:
                self.loads.append(value)
            elif name == "href":
                self.links.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it into an empty folder; a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    called = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-c", "docs", ".", folder]
    done = subprocess.run(called, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def is_here(place: str) -> bool:
    return not urlsplit(place).scheme and not urlsplit(place).netloc


def test_every_page_of_the_documentation_is_in_it(site: Path):
    written = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    missing = [page for page in written if not (site / page.relative_to(ROOT).with_suffix(".html")).exists()]
    assert missing == []


def test_every_page_is_reached_from_the_navigation(site: Path):
    front = Page((site / "docs" / "index.html").read_text(encoding="utf-8"))
    reached = {(site / "docs" / link).resolve() for link in front.links if is_here(link) and "#" not in link}
    written = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    built = {site / page.relative_to(ROOT).with_suffix(".html") for page in written}
    assert built - reached - {site / "docs" / "index.html"} == set()


def targets(pages: dict[Path, Page]) -> Iterator[tuple[Path, str, Path]]:
    """Yield page, link and the file it leads to, for what stays on the site."""
    for path, page in pages.items():
        for place in (*page.links, *page.loads):
            if is_here(place):
                file = unquote(urlsplit(place).path)
                yield path, place, (path.parent / file).resolve() if file else path


def test_links_and_pictures_lead_somewhere(pages: dict[Path, Page]):
    dead: list[str] = []
    for path, place, target in targets(pages):
        anchor = unquote(urlsplit(place).fragment)
        if not target.is_file() or (anchor and anchor not in pages[target].ids):
            dead.append(f"{path.name}: {place}")
    assert dead == []


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Page]):
    foreign = [place for page in pages.values() for place in page.loads if not is_here(place)]
    assert [place for place in foreign if not place.startswith("data:")] == []
    for sheet in site.rglob("*.css"):
        loaded = ["".join(found) for found in SHEET_LOADS.findall(sheet.read_text(encoding="utf-8"))]
        assert [place for place in loaded if not is_here(place) and not place.startswith("data:")] == []
