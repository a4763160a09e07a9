"""One run over an archive: what is to do, what comes of it; the machines are made up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from streamgenre.errors import StreamgenreError
from streamgenre.fleet.archive.listing import listed
from streamgenre.fleet.archive.results import Form
from streamgenre.fleet.archive.run import ArchiveRun, open_folder
from streamgenre.fleet.archive.task import Answer, ArchiveFile, Outcome
from streamgenre.publish.classification import row_of_failure

Heard = Callable[[Sequence[ArchiveFile]], Iterator[Answer]]


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    for name in ("a.wav", "b.wav", "c.wav"):
        (folder / name).write_bytes(b"sound")
    return folder


def answer(file: ArchiveFile, outcome: Outcome = "heard") -> Answer:
    row = row_of_failure(file.path, outcome)
    return Answer(file, outcome, row | ({"error": None} if outcome == "heard" else {}), "over-there")


def all_are(outcome: Outcome) -> Heard:
    return lambda files: (answer(file, outcome) for file in files)


def one_run(
    music: Path, hear: Heard, *, stamp: str = "stamp", retry_failed: bool = False, form: Form = "json"
) -> tuple[list[str], ArchiveRun]:
    """Run over the folder; return the names of what was to do, and the run."""
    with open_folder(music.parent / "out") as journal:
        run = ArchiveRun(journal, listed([music]), stamp)
        files = run.to_do(retry_failed=retry_failed)
        for _ in run.heard(files, hear):
            pass
        run.write_results(form)
        return [Path(file.path).name for file in files], run


def test_what_is_done_is_not_done_again_and_what_changed_is(music: Path):
    assert one_run(music, all_are("heard"))[0] == ["a.wav", "b.wav", "c.wav"]
    assert one_run(music, all_are("heard"))[0] == []
    (music / "b.wav").write_bytes(b"other sound")
    os.utime(music / "c.wav", ns=(1, 1))
    (music / "d.wav").write_bytes(b"new")
    assert one_run(music, all_are("heard"))[0] == ["b.wav", "c.wav", "d.wav"]
    assert one_run(music, all_are("heard"), stamp="another model")[0] == ["a.wav", "b.wav", "c.wav", "d.wav"]


def test_what_is_broken_is_tried_again_only_when_asked(music: Path):
    _, run = one_run(music, all_are("broken"))
    assert (run.failed, run.finished, run.total) == (3, 3, 3)
    assert one_run(music, all_are("heard"))[0] == []
    _, again = one_run(music, all_are("heard"), retry_failed=True)
    assert (again.failed, again.finished) == (0, 3)


def test_what_another_machine_did_not_see_is_tried_again(music: Path):
    assert one_run(music, all_are("unseen"))[1].failed == 3
    assert one_run(music, all_are("heard"))[0] == ["a.wav", "b.wav", "c.wav"]


def test_results_are_in_the_order_of_the_listing_and_hold_what_is_there_by_now(music: Path):
    def backwards(files: Sequence[ArchiveFile]) -> Iterator[Answer]:
        yield answer(files[2])
        yield answer(files[0], "broken")
        raise StreamgenreError("the cluster is gone")

    with open_folder(music.parent / "out") as journal:
        run = ArchiveRun(journal, listed([music, music / "gone.wav"]), "stamp")
        with pytest.raises(StreamgenreError, match="gone"):
            list(run.heard(run.to_do(retry_failed=False), backwards))
        run.write_results("csv")
        written = run.results("csv").read_text().splitlines()
    assert [line.split(",")[0].rpartition("/")[2] for line in written] == [
        "path",
        "a.wav",
        "c.wav",
        "gone.wav",
    ]
    failed = (music.parent / "out" / "failed.csv").read_text()
    assert failed.startswith(f"path,error\n{music}/a.wav,broken\n{music}/gone.wav,no such file: ")


def test_a_file_that_changes_meanwhile_counts_as_it_was_heard(music: Path):
    def changing(files: Sequence[ArchiveFile]) -> Iterator[Answer]:
        for file in files:
            Path(file.path).write_bytes(b"changed meanwhile")
            yield answer(ArchiveFile.at(file.path))

    assert one_run(music, changing)[1].finished == 3
    assert one_run(music, all_are("heard"))[0] == []


def test_another_file_at_the_same_path_of_another_machine_is_told(music: Path):
    def other(files: Sequence[ArchiveFile]) -> Iterator[Answer]:
        return (answer(ArchiveFile(file.path, 99, 99)) for file in files)

    one_run(music, other)
    failed = (music.parent / "out" / "failed.csv").read_text()
    assert "another file on the machine over-there; every machine must see" in failed


def test_a_file_that_vanishes_is_told_as_such(music: Path):
    def vanishing(files: Sequence[ArchiveFile]) -> Iterator[Answer]:
        for file in files:
            Path(file.path).unlink()
            yield answer(file, "unseen")

    assert one_run(music, vanishing)[1].failed == 3
    assert "no such file" in (music.parent / "out" / "failed.csv").read_text()


def test_a_machine_that_cannot_take_part_ends_the_run(music: Path):
    with pytest.raises(StreamgenreError, match="unfit"):
        one_run(music, all_are("unfit"))
    assert len(one_run(music, all_are("heard"))[0]) == 3


def test_when_every_process_dies_at_once_it_is_not_for_the_files(music: Path):
    for number in range(9):
        (music / f"{number}.wav").write_bytes(b"sound")
    with pytest.raises(StreamgenreError, match="every worker process died at its first files"):
        one_run(music, all_are("crashed"))
    assert len(one_run(music, all_are("heard"))[0]) == 12


def test_a_few_files_that_crash_are_rows(music: Path):
    assert one_run(music, all_are("crashed"))[1].failed == 3
    assert one_run(music, all_are("heard"))[0] == []


def test_one_that_crashes_among_others_is_a_row(music: Path):
    def mixed(files: Sequence[ArchiveFile]) -> Iterator[Answer]:
        return (answer(file, "heard" if file.path.endswith("b.wav") else "crashed") for file in files)

    assert one_run(music, mixed)[1].failed == 2
