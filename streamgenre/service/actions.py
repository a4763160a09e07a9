"""What installing and removing are made of: each tells what it would do here, and does it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from streamgenre.errors import StreamgenreError, UsageError

MARK = "# Written by streamgenre"
"""How a file begins that may be written anew or removed."""
COMMAND_SECONDS = 120.0


class Action(Protocol):
    """One step."""

    def told(self) -> str:
        """Return what is to be done, as things are now; empty where it is nothing."""
        ...

    def perform(self) -> None:
        """Do it. Raises StreamgenreError where that fails."""
        ...


@dataclass(frozen=True, slots=True)
class WriteUnit:
    """Write a file that is ours and never edited."""

    path: Path
    text: str
    """Without the line that marks it as ours."""
    version: str

    def told(self) -> str:
        self._refuse_what_is_not_ours()
        return "" if _read(self.path) == self._whole else f"write {self.path}"

    def perform(self) -> None:
        if self.told():
            _write(self.path, self._whole, 0o644)

    @property
    def _whole(self) -> str:
        return f"{MARK} {self.version} (service install).\n{self.text}"

    def _refuse_what_is_not_ours(self) -> None:
        if not is_ours(self.path) and os.path.lexists(self.path):
            raise UsageError(f"{self.path} was not written by streamgenre: move it away, then install again")


@dataclass(frozen=True, slots=True)
class WriteExample:
    """Write a file for people to edit, once."""

    path: Path
    text: str
    mode: int
    group: str | None = None
    """Who may read it beside its owner; None: as the mode says."""

    def told(self) -> str:
        if os.path.lexists(self.path):
            return f"keep  {self.path}"
        return f"write {self.path}"

    def perform(self) -> None:
        if os.path.lexists(self.path):
            return
        _write(self.path, self.text, self.mode)
        if self.group is not None:
            try:
                shutil.chown(self.path, group=self.group)
            except (LookupError, OSError) as error:
                raise StreamgenreError(
                    f"{self.path}: cannot be given to the group {self.group} ({error})"
                ) from error


@dataclass(frozen=True, slots=True)
class RemoveUnit:
    """Remove a file if it is ours, and its folder if that is a unit's and empty then."""

    path: Path

    def told(self) -> str:
        if is_ours(self.path):
            return f"remove {self.path}"
        return f"keep  {self.path}: not written by streamgenre" if os.path.lexists(self.path) else ""

    def perform(self) -> None:
        if not is_ours(self.path):
            return
        try:
            self.path.unlink()
            if self.path.parent.suffix == ".d" and not any(self.path.parent.iterdir()):
                self.path.parent.rmdir()
        except OSError as error:
            raise StreamgenreError(f"cannot remove {self.path}: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Run:
    """Run a program of systemd's."""

    words: tuple[str, ...]
    may_fail: bool = False
    """Whether the rest is done all the same."""

    def told(self) -> str:
        return f"run   {' '.join(self.words)}"

    def perform(self) -> None:
        try:
            done = subprocess.run(  # noqa: S603  # our own words
                self.words, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StreamgenreError(f"{' '.join(self.words)} failed: {error}") from error
        if done.returncode and not self.may_fail:
            said = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
            raise StreamgenreError(f"{' '.join(self.words)} failed: {said}")


def is_ours(path: Path) -> bool:
    """Tell whether a file was written by `service install`."""
    return _read(path).startswith(MARK)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _write(path: Path, text: str, mode: int) -> None:
    """Write it whole or not at all."""
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        beside.chmod(mode)
        beside.replace(path)
    except OSError as error:
        raise StreamgenreError(f"cannot write {path}: {error.strerror}") from error
