"""The installed program as a unit names it, and what a hardened unit must be shown of it."""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from streamgenre.errors import UsageError

HIDDEN = (Path("/home"), Path("/root"), Path("/run/user"))
"""Where ProtectHome= lets nobody look."""
FLEETING = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))  # noqa: S108  # named to be refused


@dataclass(frozen=True, slots=True)
class Program:
    """How streamgenre is started here."""

    words: tuple[str, ...]
    """The program and its first arguments."""
    folders: tuple[Path, ...]
    """What must be readable for it to run; none lies in another."""

    @property
    def hidden_folders(self) -> tuple[Path, ...]:
        """Those that a system service does not see."""
        return tuple(folder for folder in self.folders if _lies_in(folder, HIDDEN))

    @property
    def command(self) -> str:
        """The words as ExecStart= takes them."""
        return " ".join(unit_word(word) for word in self.words)


def installed_program() -> Program:
    """Return the program that runs now. Raises UsageError where the next boot would not find it."""
    scripts = (Path(sysconfig.get_path("scripts")) / "streamgenre", Path(sys.argv[0]).absolute())
    script = next((path for path in scripts if _is_program(path)), None)
    words = (str(script),) if script else (sys.executable, "-m", "streamgenre.cli")
    package = Path(__file__).parents[2]
    places = [Path(words[0]).parent, Path(sys.prefix), Path(sys.base_prefix), package]
    folders = {path for place in places for path in (place, place.resolve())}
    if fleeting := next((path for path in folders if _lies_in(path, FLEETING)), None):
        raise UsageError(
            f"{fleeting}: a service cannot run from there, for it is emptied; install streamgenre elsewhere"
        )
    return Program(words, outermost(folders))


def outermost(folders: set[Path]) -> tuple[Path, ...]:
    """Return those that lie in none of the others, in order."""
    return tuple(sorted(one for one in folders if not any(other in one.parents for other in folders)))


def unit_word(word: str) -> str:
    """Return one word as a unit file takes it. Raises UsageError where it can take none."""
    if any(ord(character) < 32 or character == "$" for character in word):
        raise UsageError(
            f"{word!r}: systemd can start no program of this name; install streamgenre elsewhere"
        )
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if set(escaped) & set(" '\"\\;") else escaped


def _is_program(path: Path) -> bool:
    return path.name == "streamgenre" and path.is_file() and os.access(path, os.X_OK)


def _lies_in(path: Path, folders: tuple[Path, ...]) -> bool:
    return any(folder == path or folder in path.parents for folder in folders)
