"""One value: read by its key's kind, made into a setting, or refused with all that helps to correct it."""

from __future__ import annotations

from streamgenre.config.given import Given, GivenTable, Origin
from streamgenre.config.keys import Key, Place
from streamgenre.config.kinds import NotAllowedError
from streamgenre.config.problems import Problems, told
from streamgenre.errors import StreamgenreError


def read_value(
    key: Key,
    value: object,
    table: GivenTable,
    problems: Problems,
    *,
    origin: Origin,
    where: str,
    place: Place,
) -> None:
    """Put a value into the table; a text of the environment is read as the kind of the key has it."""
    dotted = f"{table.path}.{key.name}"
    try:
        text = origin == "environment" and isinstance(value, str)
        plain = key.kind.parse_text(value) if text and isinstance(value, str) else key.kind.parse(value)
        made = key.made(plain, place) if key.made and isinstance(plain, str) else plain
    except NotAllowedError:
        problems.add(where, f"{dotted} = {told(value)}; allowed: {key.kind.allowed}")
    except StreamgenreError as error:
        problems.add(where, f"{dotted} = {told(value)}: {_without(dotted, str(error))}")
    else:
        table.given[key.name] = Given(made, origin, where)
        return
    table.refused.add(key.name)


def _without(dotted: str, text: str) -> str:
    """Return what is wrong without the key, which is named already."""
    return text.removeprefix(dotted).lstrip(": ")
