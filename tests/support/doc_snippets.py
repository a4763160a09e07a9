"""The code that stands in the documentation, page by page, as a reader would copy it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, count, pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
MARKDOWN = MarkdownIt().enable("table")
SHELL = ("sh", "console", "bash", "shell")
FILE_NAME = re.compile(r"`([~/\w.@-]*\.\w+)`")
PLAIN = re.compile(r"(?!for |while |until |if |case )[\w ./:=@*~,?&|>+%-]*(#.*)?\n?")
"""What a shell surely takes for whole; it is asked about all else."""
PROMPT = "$ "


@dataclass(frozen=True, slots=True)
class Snippet:
    """One fenced block of a page."""

    page: Path
    line: int
    """Of its first line of code, from 1."""
    language: str
    """The first word after the fence; empty where there is none."""
    text: str
    before: str
    """The paragraph, heading or list item that stands before it."""

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def file_name(self, suffix: str) -> str | None:
        """The last file of that kind that the text before it names."""
        named = [name for name in FILE_NAME.findall(self.before) if name.endswith(suffix)]
        return named[-1] if named else None


@dataclass(frozen=True, slots=True)
class Command:
    """What a shell reads as one: a line, or several that belong together."""

    page: Path
    line: int
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def snippets(page: Path) -> list[Snippet]:
    """Return every block of code of a page, in order."""
    found: list[Snippet] = []
    before = ""
    for token in MARKDOWN.parse(page.read_text(encoding="utf-8")):
        if token.type == "inline":
            before = token.content
        elif token.type in ("fence", "code_block"):
            assert token.map is not None
            language = (token.info.split() or [""])[0]
            found.append(Snippet(page, token.map[0] + 2, language, token.content, before))
    return found


def commands(snippet: Snippet) -> Iterator[Command]:
    """Yield the commands of a block in order; of a `console` block those after a prompt."""
    lines = snippet.text.splitlines()
    if snippet.language == "console":
        lines = [line.removeprefix(PROMPT) if line.startswith(PROMPT) else "" for line in lines]
    first, gathered = 0, ""
    for number, line in enumerate(lines):
        first = first if gathered else number
        gathered += line + "\n"
        if not gathered.strip() or is_comment(gathered):
            gathered = ""
        elif is_whole(gathered):
            yield Command(snippet.page, snippet.line + first, gathered.rstrip("\n"))
            gathered = ""
    if gathered:
        raise ValueError(f"{snippet.place}: the shell finds no end in {gathered!r}")


def one_by_one(blocks: list[Snippet]) -> Iterator[Snippet]:
    """Yield each command as a block of its own, and the other blocks as they are."""
    for block in blocks:
        if block.language in SHELL:
            for command in commands(block):
                yield replace(block, language="sh", line=command.line, text=command.text)
        else:
            yield block


def is_comment(text: str) -> bool:
    return all(line.lstrip().startswith("#") for line in text.splitlines())


@cache
def is_whole(text: str) -> bool:
    """Whether a shell would begin to work on it rather than wait for more."""
    if text.endswith("\\\n"):
        return False
    if PLAIN.fullmatch(text):
        return True
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    return done.returncode == 0 and "here-document" not in done.stderr


def inline_tokens(page: Path) -> Iterator[Token]:
    """Yield the pieces of every paragraph, heading and cell of a page."""
    for token in MARKDOWN.parse(page.read_text(encoding="utf-8")):
        yield from token.children or ()


def code_spans(page: Path) -> list[str]:
    """Return what stands between single backticks."""
    return [token.content for token in inline_tokens(page) if token.type == "code_inline"]


def links(page: Path) -> list[str]:
    """Return where its links and pictures lead."""
    places = [token.attrs.get("href", token.attrs.get("src")) for token in inline_tokens(page)]
    return [str(place) for place in places if place]


def anchors(page: Path) -> set[str]:
    """Return the anchors a forge gives the headings of a page; two alike get a number."""
    tokens = MARKDOWN.parse(page.read_text(encoding="utf-8"))
    found: set[str] = set()
    for opening, heading in pairwise(tokens):
        if opening.type == "heading_open":
            words = "".join(child.content for child in heading.children or ())
            name = re.sub(r"[^\w\- ]", "", words.lower()).strip().replace(" ", "-")
            found.add(next(n for n in chain([name], (f"{name}-{i}" for i in count(1))) if n not in found))
    return found
