"""What is written for people: links lead somewhere, commands exist, configurations are good."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer

from streamgenre.cli.main import app
from streamgenre.config import load_settings
from tests.support.doc_snippets import ROOT, SHELL, anchors, code_spans, links, snippets
from tests.support.doc_snippets import commands as shell_commands

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "models").rglob("*.md")])
SECTION = re.compile(r"^\[+(node|sources|model|decide|mqtt|history|metrics|json_lines|log)\]", re.MULTILINE)
ENDS = set("|&;<>()")
BEFORE = re.compile(r"sudo|-i?u|anna|env|\w+=.*")
"""What may stand before the program's name in a call."""
INCOMPLETE = {"MissingParameter", "BadOptionUsage", "NoArgsIsHelpError"}
"""What the parser says of `classify`, `dashboard --broker` or `models` alone."""
PROGRAM = typer.main.get_command(app)
ELSEWHERE = {"hatchling.build", "venv"}
NO_COMMAND = {"--version", "--help", "-h", "--install-completion", "--show-completion", "…"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path):
    for link in links(page):
        place, _, anchor = link.partition("#")
        if "://" in link:
            address = urlsplit(link)
            assert address.scheme in ("http", "https"), link
            assert re.fullmatch(r"[\w-]+(\.[\w-]+)+", address.hostname or ""), link
            continue
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), f"{link} leads nowhere"
        assert target.is_relative_to(ROOT), f"{link} leads out of the repository"
        if anchor:
            assert anchor in anchors(target), f"{link} leads to no heading"


def commands(page: Path) -> Iterator[list[str]]:
    """Every call of the program in the code of a page."""
    for snippet in snippets(page):
        if snippet.language in SHELL:
            for command in shell_commands(snippet):
                yield from calls(command.text)


def mentions(page: Path) -> Iterator[list[str]]:
    """Every call that a sentence tells; what it takes may be left out there."""
    for words in code_spans(page):
        if re.match(r"(sudo )?streamgenre [a-z]", words):
            yield from calls(words)


def calls(line: str) -> Iterator[list[str]]:
    """Yield the words after each call of the program, up to a pipe or a redirection."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    words: list[str] | None = None
    begins = True
    for word in [*lexer, ";"]:
        if set(word) <= ENDS:
            if words is not None:
                yield words
            words, begins = None, True
        elif words is not None:
            words.append(word)
        elif begins and Path(word).name == "streamgenre":
            words = []
        else:
            begins = begins and bool(BEFORE.fullmatch(word))


def parse(command: Any, words: list[str], parent: Any = None) -> str:
    """Parse words as the program does and return the name of the last subcommand; run nothing."""
    with command.make_context(command.name or "", list(words), parent=parent) as context:
        if hasattr(command, "resolve_command"):
            _, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
            return parse(found, rest, context)
    return str(command.name)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_exist(page: Path):
    assert [words for words in commands(page) if not exists(words)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_in_sentences_exist(page: Path):
    assert [words for words in mentions(page) if not exists_in_part(words)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_modules_to_be_run_exist(page: Path):
    called = re.findall(r"python -m ([\w.]+)", page.read_text(encoding="utf-8"))
    of_ours = [words.split()[0] for words in code_spans(page) if re.match(r"(tests|training)[. ]\w", words)]
    absent = [module for module in {*called, *of_ours} - ELSEWHERE if find_spec(module) is None]
    assert absent == []


def exists(words: list[str]) -> bool:
    """Whether the program takes these words; raises what it says of them if not."""
    asked = [word for word in words if word not in ("--debug", "--no-color")]
    return not asked or bool(set(asked) & NO_COMMAND) or parse(PROGRAM, asked) in asked


def exists_in_part(words: list[str]) -> bool:
    """Whether it takes them, or would if more of them were told."""
    try:
        return exists(words)
    except Exception as error:  # the parser's own kinds of error are hidden in typer
        if type(error).__name__ in INCOMPLETE:
            return True
        raise


CONFIGURATIONS = [
    pytest.param(snippet.text, id=snippet.place)
    for page in PAGES
    for snippet in snippets(page)
    if snippet.language == "toml" and SECTION.search(snippet.text)
]


@pytest.mark.parametrize("block", CONFIGURATIONS)
def test_configurations_are_good(block: str, tmp_path: Path):
    path = tmp_path / "streamgenre.toml"
    path.write_text(block, encoding="utf-8")
    assert load_settings(path, {}).node
