"""A command called with words it does not know: what is wrong, and what would be right, in two lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from typer.core import TyperArgument, TyperOption

from streamgenre.cli.described import Described, describe
from streamgenre.cli.tables import one_line

_RULE = re.compile(r"^(Input should be |Value error, )")
_NO_OPTION = "No such option"
_NO_COMMAND = "No such command"
_TOO_MANY = re.compile(r"Got unexpected extra argument\W+s?\W*\((?P<words>.*)\)")
_NO_VALUE = "requires an argument"
_MOST_LETTERS_OF_A_VALUE = 60


def told(error: typer.TyperException, root: Described) -> str:
    """Say what is wrong, and below it how the command is called."""
    context: Any = getattr(error, "ctx", None)
    if context is None:
        return f"{root.path}: {one_line(_what(error, root))}"
    path = context.command_path
    command = describe(context.command, path)
    return f"{root.path}: {one_line(_what(error, command))}\nUsage: {command.usage}; {path} --help tells more"


def _what(error: typer.TyperException, command: Described) -> str:
    message = error.message.rstrip(".")
    if isinstance(error, typer.BadParameter):
        return _bad_value(error)
    if message.startswith(_NO_OPTION):
        return _no_option(error, command)
    if message.startswith(_NO_COMMAND):
        return _no_command(message, command)
    if too_many := _TOO_MANY.match(message):
        return f"too many words: {too_many['words']}; a name with spaces stands in quotes"
    if _NO_VALUE in message:
        return _no_value(error, command)
    return message[:1].lower() + message[1:]


def _bad_value(error: typer.BadParameter) -> str:
    parameter = error.param
    if not isinstance(parameter, TyperArgument | TyperOption):
        return f"{error.param_hint or 'a value'}: {error.message}".rstrip(".")
    hint = parameter.metavar if isinstance(parameter, TyperArgument) else "/".join(parameter.opts)
    if not error.message:
        meaning = (parameter.help or "it has no default").partition(". ")[0].rstrip(".")
        return f"{hint} is missing: {meaning[:1].lower()}{meaning[1:]}"
    return f"{hint}: {_expected(error, parameter)}".rstrip(".")


def _expected(error: typer.BadParameter, parameter: TyperArgument | TyperOption) -> str:
    """Return what was given and what would do, where the library only said what its rule is."""
    rule = _RULE.sub("", error.message)
    found = next((one for one in _failures(error) if "input" in one), None)
    if found is None or found["type"] == "value_error":
        return rule
    given, least, most = _shortened(str(found["input"])), parameter.min, parameter.max
    number = "whole number" if str(found["type"]).startswith("int_") else "number"
    if most is not None:
        return f"{given} is no {number} from {least} to {most}"
    if least is not None:
        return f"{given} is no {number} of at least {least}"
    return f"{given} is not {rule.partition(', unable')[0]}"


def _shortened(value: str) -> str:
    most = _MOST_LETTERS_OF_A_VALUE
    return value if len(value) <= most else f"{value[:most]}…"


def _failures(error: typer.BadParameter) -> Sequence[dict[str, Any]]:
    failures = getattr(error.__cause__, "errors", None)
    return failures() if failures else ()


def _no_option(error: typer.TyperException, command: Described) -> str:
    asked: str = getattr(error, "option_name", "")
    near: Sequence[str] = getattr(error, "possibilities", None) or ()
    if near:
        return f"no such option: {asked}; did you mean {' or '.join(sorted(near))}?"
    names = [one.names[-1] for one in (*command.options, *command.everywhere)]
    return f"no such option: {asked}; there are {_all_of(names)}"


def _no_command(message: str, command: Described) -> str:
    what, asks, near = message.partition(". Did you mean ")
    what = what[:1].lower() + what[1:]
    if asks:
        return f"{what}; did you mean {near}"
    return f"{what}; there are {_all_of(one.path.split()[-1] for one in command.commands)}"


def _no_value(error: typer.TyperException, command: Described) -> str:
    asked: str = getattr(error, "option_name", "")
    value = next((option.value for option in command.options if asked in option.names), "VALUE")
    return f"{asked} needs a value: {asked} {value}"


def _all_of(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
