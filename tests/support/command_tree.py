"""Every command of the program, and whether words are a call of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from streamgenre.cli.described import Described, commands_of, describe
from streamgenre.cli.main import PROGRAM, app

SEPARATORS = re.compile(r"[|&;<>()]+|2>&1")
VARIABLE = re.compile(r"\w+=.*")


def described() -> list[Described]:
    """Return every command, the program first."""
    return list(commands_of(describe(get_command(app), PROGRAM)))


def calls(line: str) -> Iterator[list[str]]:
    """Yield the words of each call of the program in a line of shell, remarks left out."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    one: list[str] = []
    for word in [*lexer, ";"]:
        if not SEPARATORS.fullmatch(word):
            one.append(word)
            continue
        while one and (one[0] == "sudo" or VARIABLE.fullmatch(one[0])):
            one.pop(0)
        if one and one[0] == PROGRAM:
            yield one[1:]
        one = []


def parsed(words: list[str]) -> str:
    """Parse words as the program does and return the command that would run; run nothing."""
    return _parsed(get_command(app), words, None)


def _parsed(command: Any, words: list[str], parent: Any) -> str:
    with command.make_context(command.name or PROGRAM, list(words), parent=parent) as context:
        if hasattr(command, "resolve_command"):
            _, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
            return _parsed(found, rest, context)
        return str(context.command_path)
