"""What was said, by whom, and what holds where nothing was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from streamgenre.config.keys import Key, Value
from streamgenre.config.table import BY_NAME

Origin = Literal["default", "file", "environment", "flag"]


@dataclass(frozen=True, slots=True)
class Given:
    """A value and where it came from."""

    value: Value
    origin: Origin
    where: str = ""
    """The file, or the variable of the environment; errors name it."""
    inherited: str = ""
    """The section it was said in, where that is another."""


@dataclass(slots=True)
class GivenTable:
    """The values of one table."""

    path: str
    """As errors name the table: `mqtt`, `sources[bar]`."""
    where: str
    """The file, or the variable of the environment that first named it."""
    given: dict[str, Given] = field(default_factory=dict[str, Given])
    refused: set[str] = field(default_factory=set[str])
    """Keys whose value was refused, so that they are not called missing, too."""


@dataclass(slots=True)
class Gathered:
    """Everything that was said."""

    sections: dict[str, GivenTable] = field(default_factory=dict[str, GivenTable])
    sources: list[GivenTable] = field(default_factory=list[GivenTable])

    def has(self, section: str) -> bool:
        """Whether anybody said anything of a section."""
        return section in self.sections

    def table(self, section: str, where: str) -> GivenTable:
        """Return the table of a section, which from now on is there."""
        return self.sections.setdefault(section, GivenTable(section, where))

    def values(self) -> Iterator[Given]:
        """Yield every value that was said."""
        for table in (*self.sections.values(), *self.sources):
            yield from table.given.values()

    def of(self, section: str, name: str) -> Given:
        """Return what holds for a key of a section that is no array."""
        found = BY_NAME[section].key(name)
        assert found, "the table of keys has it"
        return self.effective(found, self.sections.get(section))

    def effective(self, key: Key, table: GivenTable | None) -> Given:
        """Return what holds for a key of a table."""
        if table and key.name in table.given:
            return table.given[key.name]
        if key.inherits:
            from_section, name = key.inherits
            found = self.of(from_section, name)
            return Given(found.value, found.origin, found.where, f"[{from_section}]")
        return Given(key.computed() if key.computed else key.default, "default")
