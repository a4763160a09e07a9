"""A state folder belongs to one supervisor."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from streamgenre.fleet.state_lock import StateTakenError, lock_state


def test_a_second_one_is_refused_until_the_first_is_gone(tmp_path: Path):
    first = lock_state(tmp_path / "fleet")
    assert first is not None
    with pytest.raises(StateTakenError, match="another fleet keeps its state here; end it first") as found:
        lock_state(tmp_path / "fleet")
    assert str(pickle.loads(pickle.dumps(found.value))) == str(found.value)
    first.release()
    second = lock_state(tmp_path / "fleet")
    assert second is not None
    second.release()


def test_a_folder_that_cannot_be_had_is_left_to_who_writes_there(tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert lock_state(tmp_path / "file") is None
