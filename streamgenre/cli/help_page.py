"""`--help` of every command: what it does, its options, examples; as wide as the terminal, up to a page."""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.core import TyperCommand, TyperGroup, TyperOption

from streamgenre.cli.described import Described, Parameter, describe

NARROWEST, WIDEST = 40, 100
MOST_NAME_LETTERS = 30
"""Beside longer names there is no room: what they mean stands below."""
HEADING, NAME, VALUE, ASIDE = "bold", "cyan", "yellow", "dim"
_EVERYWHERE = ("debug", "no_color", "version")


class HelpfulCommand(TyperCommand):
    """A command whose help is ours; it knows the options that every command takes."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # typer keeps these types to itself
        """Take the words; what is wrong with them is told with the command they were for."""
        with _naming_the_command(ctx):
            return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401  # likewise
        """Return its own parameters, and those that go everywhere, for completion."""
        return [*super().get_params(ctx), *_taken_everywhere(ctx)]

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # likewise
        """Write the help."""
        formatter.write(help_text(describe(self, ctx.command_path)))


class HelpfulGroup(TyperGroup):
    """Likewise, for a command with commands of its own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # likewise
        """Take the words; what is wrong with them is told with the command they were for."""
        with _naming_the_command(ctx):
            return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401  # likewise
        """Return its own parameters, and those that go everywhere, for completion."""
        return [*super().get_params(ctx), *_taken_everywhere(ctx)]

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # likewise
        """Write the help."""
        formatter.write(help_text(describe(self, ctx.command_path)))


@contextmanager
def _naming_the_command(ctx: Any) -> Generator[None]:  # noqa: ANN401  # likewise
    """The library forgets it where an option lacks its value, or has one too many."""
    try:
        yield
    except typer.TyperException as error:
        if getattr(error, "ctx", ctx) is None:
            setattr(error, "ctx", ctx)  # noqa: B010  # its class is kept from us
        raise


def _taken_everywhere(ctx: Any) -> Iterator[TyperOption]:  # noqa: ANN401  # likewise
    """Give the root's options that go everywhere; `main` takes them out before a command is called."""
    if ctx.parent is None:
        return
    for option in ctx.find_root().command.params:
        if option.name in _EVERYWHERE:
            ours = copy.copy(option)
            ours.expose_value = False
            yield ours


def help_text(command: Described) -> str:
    """Return one command's help, coloured where stdout is a terminal that takes it."""
    console = Console(highlight=False)
    console.width = min(max(console.width, NARROWEST), WIDEST)
    with console.capture() as captured:
        _print_help(console, command)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _print_help(console: Console, command: Described) -> None:
    console.print(Text.assemble(("Usage: ", HEADING), command.usage), soft_wrap=True)
    for paragraph in (command.summary, *command.details):
        console.print()
        console.print(Text(paragraph))
    below = [Parameter((one.path.split()[-1],), "", one.summary, "") for one in command.commands]
    _section(console, "Commands", below)
    _section(console, "Arguments", command.arguments)
    _section(console, "Options", command.options)
    _section(console, "Everywhere", command.everywhere)
    _print_examples(console, command.examples)


def _section(console: Console, heading: str, parameters: Sequence[Parameter]) -> None:
    """Print one under the other: the name, and beside it what it means."""
    if not parameters:
        return
    console.print(Text(f"\n{heading}:", HEADING))
    indented = any(len(one.names) > 1 for one in parameters)
    names = [_name(one, indented=indented) for one in parameters]
    most = min(MOST_NAME_LETTERS, console.width // 2)
    width = max((len(name) for name in names if len(name) <= most), default=most)
    for name, parameter in zip(names, parameters, strict=True):
        notes = f" [{parameter.notes}]" if parameter.notes else ""
        beside = name if len(name) <= width else Text()
        if beside is not name:
            console.print(name, soft_wrap=True)
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(width=width)
        row.add_column(overflow="fold")
        row.add_row(beside, Text.assemble(parameter.meaning, (notes, ASIDE)))
        console.print(row)


def _name(parameter: Parameter, *, indented: bool) -> Text:
    """Return the names and the value; a lone long name stands below the other long ones."""
    lone = indented and parameter.names[0].startswith("--")
    text = Text("      " if lone else "  ")
    text.append_text(Text(", ").join(Text(name, NAME) for name in parameter.names))
    return text.append(f" {parameter.value}" if parameter.value else "", VALUE)


def _print_examples(console: Console, examples: Sequence[str]) -> None:
    if examples:
        console.print(Text("\nExamples:", HEADING))
    for example in examples:
        command, mark, remark = example.partition("  # ")
        console.print(Text.assemble("  ", command, (mark + remark, ASIDE)), soft_wrap=True)
