"""What a command is: its help, its manual page and the documentation are written from this."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

MOST_LETTERS_OF_CHOICES = 24
"""Longer lists of choices stand in the help, not beside the option's name."""
_HEAD_OF_EXAMPLES = "Examples:"


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument or an option."""

    names: tuple[str, ...]
    """Of an option, the short one first; of an argument, its one name."""
    value: str
    """What an option wants after it; empty for a flag."""
    meaning: str
    notes: str
    """Range and default."""


@dataclass(frozen=True, slots=True)
class Described:
    """One command."""

    path: str
    """All its words, with the program's name."""
    usage: str
    summary: str
    details: tuple[str, ...]
    """Further paragraphs."""
    arguments: tuple[Parameter, ...]
    options: tuple[Parameter, ...]
    everywhere: tuple[Parameter, ...]
    """Options that every command takes."""
    examples: tuple[str, ...]
    commands: tuple[Described, ...]


EVERYWHERE = (
    Parameter(("--debug",), "", "Show tracebacks, and more log lines.", ""),
    Parameter(("--no-color",), "", "No colour; so does a variable NO_COLOR.", ""),
    Parameter(("--version",), "", "Print the version and leave.", ""),
    Parameter(("-h", "--help"), "", "Show this and leave.", ""),
)
MEANINGS = {name: parameter.meaning for parameter in EVERYWHERE for name in parameter.names}
"""Of the options that every command takes, by name."""


def describe(command: object, path: str) -> Described:
    """Describe a command of typer's and those below it; `path`: all words that lead to it."""
    assert isinstance(command, TyperCommand | TyperGroup)
    summary, *details = [" ".join(part.split()) for part in _plain(command.help or "").split("\n\n")]
    shown = [one for one in command.params if isinstance(one, TyperArgument | TyperOption) and not one.hidden]
    arguments = [one for one in shown if isinstance(one, TyperArgument)]
    options = [one for one in shown if isinstance(one, TyperOption)]
    below = command.commands.values() if isinstance(command, TyperGroup) else ()
    return Described(
        path,
        " ".join([path, "[OPTIONS]", *map(_usage_of, arguments), *(["COMMAND"] if below else [])]),
        summary,
        tuple(details),
        tuple(map(_argument, arguments)),
        tuple(_option(one) for one in options if MEANINGS.keys().isdisjoint(one.opts)),
        EVERYWHERE,
        _examples(command.epilog or ""),
        tuple(describe(one, f"{path} {one.name}") for one in below if not one.hidden),
    )


def commands_of(root: Described) -> Iterable[Described]:
    """Yield it and all below it, each before those below it."""
    yield root
    for one in root.commands:
        yield from commands_of(one)


def _examples(epilog: str) -> tuple[str, ...]:
    lines = (line.strip() for line in _plain(epilog).splitlines())
    return tuple(line for line in lines if line and line != _HEAD_OF_EXAMPLES)


def _usage_of(argument: TyperArgument) -> str:
    name = _name(argument) + ("..." if argument.nargs != 1 else "")
    return name if argument.required else f"[{name}]"


def _argument(argument: TyperArgument) -> Parameter:
    return Parameter((_name(argument),), "", _meaning(argument, ()), _notes(argument))


def _option(option: TyperOption) -> Parameter:
    choices = _choices(option)
    beside = "|".join(choices) if len("|".join(choices)) <= MOST_LETTERS_OF_CHOICES else ""
    value = "" if option.is_flag else option.metavar or beside or _name(option)
    names = tuple(sorted(option.opts, key=len))
    return Parameter(names, value, _meaning(option, () if beside else choices), _notes(option))


def _name(parameter: TyperArgument | TyperOption) -> str:
    return parameter.metavar or max(parameter.opts, key=len).lstrip("-").upper()


def _meaning(parameter: TyperArgument | TyperOption, choices: Sequence[str]) -> str:
    told = _plain(parameter.help or "")
    return f"{told} One of {', '.join(choices)}." if choices else told


def _notes(parameter: TyperArgument | TyperOption) -> str:
    notes = [_range(parameter.min, parameter.max), _default(parameter)]
    return "; ".join(note for note in notes if note)


def _range(least: float | None, most: float | None) -> str:
    if most is None:
        return f"at least {least}" if least is not None and least > 1 else ""
    return f"{least} to {most}"


def _default(parameter: TyperArgument | TyperOption) -> str:
    if isinstance(parameter.show_default, str):
        return f"default: {parameter.show_default}"
    default = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    is_told = parameter.show_default and default not in (None, False)
    return f"default: {default}" if is_told else ""


def _choices(option: TyperOption) -> tuple[str, ...]:
    choices = option.type_descriptor.choices or ()
    return tuple(str(one.value if isinstance(one, Enum) else one) for one in choices)


def _plain(text: str) -> str:
    """Return it without the backslashes that keep typer from reading brackets as markup."""
    return text.replace("\\[", "[")
