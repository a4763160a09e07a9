from __future__ import annotations

import numpy as np
import pytest

from streamgenre.classify.golden import verify_model
from streamgenre.errors import ModelError
from tests.support.tiny_model import tiny_windows, write_tiny_model, write_tiny_stream_model


def test_a_sound_model_passes(tmp_path):
    report = verify_model(write_tiny_model(tmp_path / "tiny"))
    assert report.passed
    assert report.windows == 3
    assert [check.output for check in report.checks] == ["genre", "gate", "tags"]
    assert all(0 <= check.max_error < 1e-6 for check in report.checks)


def test_other_answers_fail_and_say_by_how_much(tmp_path):
    answers = np.zeros((3, 2), np.float32)
    report = verify_model(write_tiny_model(tmp_path / "tiny", genre=answers))
    failed = [check for check in report.checks if not check.passed]
    assert not report.passed
    assert [check.output for check in failed] == ["genre"]
    assert failed[0].max_error > 0.5


def test_a_model_for_streams_is_checked_on_the_way_too(tmp_path):
    report = verify_model(write_tiny_stream_model(tmp_path / "tiny"))
    assert report.passed
    assert [check.output for check in report.checks][3:] == [
        "genre in a stream",
        "gate in a stream",
        "tags in a stream",
    ]


def test_a_graph_that_spoils_what_it_knew_fails(tmp_path):
    report = verify_model(write_tiny_stream_model(tmp_path / "tiny", fade=0.9))
    assert [check.passed for check in report.checks] == [True] * 3 + [False] * 3
    assert report.checks[3].max_error > 1e-3


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"genre": np.zeros((2, 2), np.float32)}, r"genre: expected shape \(3, 2\), found \(2, 2\)"),
        ({"windows": np.zeros((3, 4, 4), np.float32)}, r"windows: .*got float32 \(3, 4, 4\)"),
        ({"windows": tiny_windows(0)}, r"genre: expected shape \(0, 2\)"),
    ],
)
def test_vectors_of_another_shape_are_refused(tmp_path, changes, told):
    with pytest.raises(ModelError, match=told):
        verify_model(write_tiny_model(tmp_path / "tiny", **changes))


def test_missing_and_damaged_vectors_are_refused(tmp_path):
    folder = write_tiny_model(tmp_path / "tiny")
    golden = folder / "golden.npz"
    golden.write_bytes(golden.read_bytes()[:-30])
    with pytest.raises(ModelError, match="damaged golden vectors"):
        verify_model(folder)
    np.savez(golden, windows=tiny_windows(1))
    with pytest.raises(ModelError, match="missing genre, gate, tags"):
        verify_model(folder)
    golden.unlink()
    with pytest.raises(ModelError, match=r"golden\.npz: cannot read the golden vectors"):
        verify_model(folder)
