"""Writes packaging/man anew, a page a command: python -m tests.support.man_pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from streamgenre import __version__
from streamgenre.cli.described import Described, Parameter
from tests.support.command_reference import PAGE
from tests.support.command_tree import described
from tests.support.roff import cells, code, listed, prose, text

FOLDER = Path(__file__).parents[2] / "packaging" / "man"
DOCUMENTS = "/usr/share/doc/streamgenre"


def pages() -> dict[str, str]:
    """Return each page by the name of its file."""
    root, *below = described()
    commands = [one for one in below if one.path.count(" ") == 1]
    titles = [_title(one) for one in commands]
    made = {_title(root): [*_head(root), *_named(commands), *_own(root), *_facts(all_of_them=True)]}
    for one in commands:
        made[_title(one)] = [*_head(one), *_below(one), *_own(one), *_facts(all_of_them=False)]
    others = {title: titles if title == _title(root) else [_title(root)] for title in made}
    return {f"{title}.1": "\n".join([*lines, *_see_also(others[title]), ""]) for title, lines in made.items()}


def _title(command: Described) -> str:
    return command.path.replace(" ", "-")


def _head(command: Described) -> Iterator[str]:
    title = text(_title(command))
    yield '.\\" Written by python -m tests.support.man_pages; what it says is in the program.'
    yield f'.TH {title.upper()} 1 "" "streamgenre {__version__}" "streamgenre"'
    yield from (".nh", ".ad l")  # names of files are not torn apart
    yield from (".SH NAME", f"{title} \\- {text(command.summary.rstrip('.'))}", ".SH SYNOPSIS")
    called = command.commands if " " in command.path and command.commands else [command]
    for one in called:
        yield from (".PP", f"\\fB{text(one.path)}\\fR {text(one.usage.removeprefix(one.path).strip())}")
    yield ".SH DESCRIPTION"
    yield from _paragraphs(command)


def _paragraphs(command: Described) -> Iterator[str]:
    for paragraph in (command.summary, *command.details):
        yield from (".PP", prose(paragraph))


def _named(commands: Sequence[Described]) -> Iterator[str]:
    yield ".SH COMMANDS"
    for one in commands:
        yield from (".TP", f"\\fB{text(_title(one))}\\fR(1)", prose(one.summary))


def _below(command: Described) -> Iterator[str]:
    """Tell of the commands of a command."""
    if command.commands:
        yield ".SH COMMANDS"
    for one in command.commands:
        yield f".SS {text(one.path)}"
        yield from _paragraphs(one)
        yield from _parameters((*one.arguments, *one.options))
        yield from (".PP", "For example:", *code(one.examples))


def _own(command: Described) -> Iterator[str]:
    if command.arguments:
        yield from (".SH ARGUMENTS", *_parameters(command.arguments))
    yield from (".SH OPTIONS", *_parameters((*command.options, *command.everywhere)))
    yield from (".SH EXAMPLES", *code(command.examples))


def _parameters(parameters: Sequence[Parameter]) -> Iterator[str]:
    for one in parameters:
        names = ", ".join(f"\\fB{text(name)}\\fR" for name in one.names)
        value = f" \\fI{text(one.value)}\\fR" if one.value else ""
        notes = f" ({one.notes})" if one.notes else ""
        yield from (".TP", names + value, prose(one.meaning + notes))


def _facts(*, all_of_them: bool) -> Iterator[str]:
    """Tell what stands in the tables at the head of docs/commands.md."""
    page = PAGE.read_text(encoding="utf-8")
    yield from (".SH EXIT STATUS", *listed(cells(page, "Exit codes")))
    if all_of_them:
        yield from (".SH ENVIRONMENT", *listed(cells(page, "Environment")))
        yield from (".SH FILES", *listed(cells(page, "Files")))
    else:
        yield from (".SH ENVIRONMENT", "\\fBstreamgenre\\fR(1) tells of variables and files.")


def _see_also(titles: Sequence[str]) -> Iterator[str]:
    others = [f"\\fB{text(title)}\\fR(1)" for title in titles]
    yield from (".SH SEE ALSO", ",\n".join([*others, f"the documentation in {text(DOCUMENTS)}"]))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.1"):
        old.unlink()
    for name, page in pages().items():
        (FOLDER / name).write_text(page, encoding="ascii")
