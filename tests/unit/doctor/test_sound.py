"""What is told of a sound server that does not let us in."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest

from streamgenre.doctor import sound
from streamgenre.doctor.check import Check
from streamgenre.doctor.sound import sound_parts


@pytest.fixture
def users_folders(tmp_path, monkeypatch) -> Path:
    """A folder as /run/user, and a pactl that reaches nobody."""
    pactl = tmp_path / "pactl"
    pactl.write_text("#!/bin/sh\nexit 1\n")
    pactl.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(sound, "USERS_FOLDERS", tmp_path / "user")
    return tmp_path / "user"


def only() -> Check:
    (part,) = [part for part in sound_parts([]) if part.name == "sound server"]
    (check,) = part.look()
    return check


def test_one_of_somebody_else_is_named(users_folders):
    (users_folders / "1000" / "pulse").mkdir(parents=True)
    (users_folders / "1000" / "pulse" / "native").touch()
    owner = getpass.getuser()
    assert f"{owner} has one: for its sound run streamgenre as {owner}" in str(only().remedy)


@pytest.mark.usefixtures("users_folders")
def test_none_at_all_is_no_failure():
    assert (only().verdict, "in this user's session" in str(only().remedy)) == ("ok", True)
