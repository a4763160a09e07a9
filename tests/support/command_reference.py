"""Writes what docs/commands.md tells of each command anew: python -m tests.support.command_reference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streamgenre.cli.described import Described, Parameter
from tests.support.command_tree import described

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
MARK = "<!-- What follows is written by `python -m tests.support.command_reference`. -->\n"


def with_reference(page: str) -> str:
    """Return the page with what stands below the mark made anew."""
    head, mark, _ = page.partition(MARK)
    assert mark, "the page has lost the mark below which commands are told"
    root, *commands = described()
    return head + mark + "\n" + "\n".join([_everywhere(root), *map(_told, commands)])


def _everywhere(root: Described) -> str:
    return "\n".join(["## Options of every command", "", *_table("option", root.everywhere)])


def _told(command: Described) -> str:
    level = "#" * command.path.count(" ")
    lines = [f"#{level} {command.path}", "", command.summary]
    lines += [line for paragraph in command.details for line in ("", paragraph)]
    lines += ["", "```text", command.usage, "```", ""]
    if command.commands:
        names = [f"[{one.path.split()[-1]}](#{one.path.replace(' ', '-')})" for one in command.commands]
        lines += [f"Its commands: {', '.join(names)}.", ""]
    lines += _table("argument", command.arguments)
    lines += _table("option", command.options)
    return "\n".join([*lines, "```sh", *command.examples, "```", ""])


def _table(what: str, parameters: tuple[Parameter, ...]) -> Iterator[str]:
    if not parameters:
        return
    yield f"| {what} | meaning | range, default |"
    yield "|---|---|---|"
    for one in parameters:
        spelled = [*one.names[:-1], f"{one.names[-1]} {one.value}".strip()]
        names = ", ".join(f"`{name}`" for name in spelled)
        yield f"| {_cell(names)} | {_cell(_literal(one.meaning))} | {_cell(one.notes)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _literal(text: str) -> str:
    """Keep what looks like markup from being read so; backticks are meant."""
    return text.replace("[", "\\[").replace("]", "\\]").replace("<", "\\<").replace("*", "\\*")


if __name__ == "__main__":
    PAGE.write_text(with_reference(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
