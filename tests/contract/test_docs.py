"""What is written for people: links lead somewhere, commands exist, configurations are good."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from streamgenre.cli.main import app
from streamgenre.config import load_settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "models").rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
CALL = re.compile(r"^\s*(\$ |.* \| )?(sudo (-u \S+ )?)?(\w+=\S+ )*([\w./~-]*/)?streamgenre \S")
"""A line that calls the program, perhaps under sudo, with variables or after another; not what it printed."""
SECTION = re.compile(r"^\[+(node|sources|model|decide|mqtt|history|metrics|json_lines|log)\]", re.MULTILINE)
ENDS = {"|", ">", ">>", "<", "&&", "||", ";", "&", "2>", "2>&1"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The anchors a forge gives the headings of a page."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ +(.*)$", text, re.MULTILINE)
    plain = (re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for link, picture in LINK.findall(text):
        place, _, anchor = (link or picture).partition("#")
        if "://" in place or place.startswith("mailto:"):
            continue
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), f"{link or picture} leads nowhere"
        if anchor:
            assert anchor in anchors(target), f"{link} leads to no heading"


def commands(page: Path) -> Iterator[list[str]]:
    """Every call of the program in the code of a page, up to a pipe or a redirection."""
    for language, block in FENCE.findall(page.read_text(encoding="utf-8")):
        if language not in ("", "sh", "console", "shell", "bash"):
            continue
        for line in block.replace("\\\n", " ").splitlines():
            if CALL.match(line):
                yield from calls(line)


def calls(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    words: list[str] | None = None
    for word in lexer:
        if Path(word).name == "streamgenre" and words is None:
            words = []
        elif words is not None and (word in ENDS or set(word) <= set("|&;<>()")):
            yield words
            words = None
        elif words is not None:
            words.append(word)
    if words:
        yield words


def parse(command: Any, words: list[str], parent: Any = None) -> str:
    """Parse words as the program does and return the name of the last subcommand; run nothing."""
    with command.make_context(command.name or "", list(words), parent=parent) as context:
        if hasattr(command, "resolve_command"):
            _, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
            return parse(found, rest, context)
    return str(command.name)


WITH_COMMANDS = [page for page in PAGES if any(True for _ in commands(page))]


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name)
def test_commands_exist(page: Path):
    group = typer.main.get_command(app)
    for words in commands(page):
        asked = [word for word in words if word not in ("--debug", "--no-color")]
        if asked in ([], ["--version"], ["…"]) or "…" in asked or set(asked) & {"--help", "-h"}:
            continue
        assert parse(group, asked) in asked


CONFIGURATIONS = [
    pytest.param(block, id=f"{name(page)}:{number}")
    for page in PAGES
    for number, (language, block) in enumerate(FENCE.findall(page.read_text(encoding="utf-8")))
    if language == "toml" and SECTION.search(block)
]


@pytest.mark.parametrize("block", CONFIGURATIONS)
def test_configurations_are_good(block: str, tmp_path: Path):
    path = tmp_path / "streamgenre.toml"
    path.write_text(block, encoding="utf-8")
    assert load_settings(path, {}).node
