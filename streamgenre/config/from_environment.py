"""What the environment says: `STREAMGENRE_SECTION__KEY`; and what flags do, which go before it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path

from streamgenre.config.given import Gathered
from streamgenre.config.keys import Key, Place, Section
from streamgenre.config.problems import Problems
from streamgenre.config.reading import read_value
from streamgenre.config.table import BY_NAME, SECTIONS, SOURCES

PREFIX = "STREAMGENRE_"
BETWEEN = "__"
WHERE = "environment"
COMMAND_LINE = "command line"


def variable_of(section: Section, key: Key) -> str:
    """Return the variable that sets a key."""
    return f"{PREFIX}{section.name}{BETWEEN}{key.name}".upper()


VARIABLES = {
    variable_of(section, key): (section, key)
    for section in SECTIONS
    if not section.many
    for key in section.keys
}
LOOKALIKES = {name.replace(BETWEEN, "_"): name for name in VARIABLES}


def gather_environment(environment: Mapping[str, str], gathered: Gathered, problems: Problems) -> None:
    """Take what variables say; an empty one says nothing, an unknown one with two `_` is an error."""
    place = Place(_here(), environment)
    for name, text in sorted(environment.items()):
        if not text or not name.upper().startswith(PREFIX):
            continue
        if found := VARIABLES.get(name):
            section, key = found
            table = gathered.table(section.name, f"{WHERE} {name}")
            read_value(key, text, table, problems, origin="environment", where=f"{WHERE} {name}", place=place)
        elif name in LOOKALIKES:
            problems.add(WHERE, f"{name} is not read; did you mean {LOOKALIKES[name]}?")
        elif BETWEEN in name[len(PREFIX) :]:
            problems.add(WHERE, _unknown(name))


def gather_flags(
    flags: Mapping[str, object], environment: Mapping[str, str], gathered: Gathered, problems: Problems
) -> None:
    """Take what flags say, by dotted keys such as `mqtt.url`; None says nothing."""
    place = Place(_here(), environment)
    for dotted, value in flags.items():
        section, key = _of_flag(dotted)
        if value is not None:
            plain = str(value) if isinstance(value, Path) else value
            table = gathered.table(section.name, COMMAND_LINE)
            read_value(key, plain, table, problems, origin="flag", where=COMMAND_LINE, place=place)


def _of_flag(dotted: str) -> tuple[Section, Key]:
    section, _, name = dotted.partition(".")
    key = BY_NAME[section].key(name)
    if key is None:
        raise KeyError(f"no key is called {dotted}")
    return BY_NAME[section], key


def _unknown(name: str) -> str:
    if name.upper().startswith(f"{PREFIX}{SOURCES.name}{BETWEEN}".upper()):
        return f"{name}: sources are written in the file only, as {SOURCES.header}"
    own = {variable[len(PREFIX) :]: variable for variable in VARIABLES}
    near = difflib.get_close_matches(name[len(PREFIX) :].upper(), own, n=1)
    return f"{name} is no key; " + (
        f"did you mean {own[near[0]]}?" if near else "see: streamgenre config show"
    )


def _here() -> Path:
    return Path(os.path.abspath("."))  # noqa: PTH100  # Path.cwd() fails where the folder was removed
