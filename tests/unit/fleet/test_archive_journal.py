"""The journal: what is written stays, what is torn is dropped, one run at a time."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from streamgenre.errors import StreamgenreError, UsageError
from streamgenre.fleet.archive.journal import HEADER, JOURNAL, Journal
from streamgenre.fleet.archive.results import require_folder
from streamgenre.fleet.archive.run import open_folder
from streamgenre.fleet.archive.task import Answer, ArchiveFile
from streamgenre.publish.classification import row_of_failure

ODD = os.fsdecode(b"/music/caf\xe9\n.wav")


def answer(path: str, error: str = "no sound") -> Answer:
    return Answer(ArchiveFile(path, 10, 20), "broken", row_of_failure(path, error), "here")


def test_what_was_added_is_there_for_the_next_run(tmp_path: Path):
    with open_folder(tmp_path) as journal:
        for path in ("/a", ODD, "/a"):
            journal.add(answer(path, "first" if path == "/a" and not journal.noted else "later"), "stamp")
        assert journal.row(journal.noted["/a"])["error"] == "later"
    with open_folder(tmp_path) as again:
        assert sorted(again.noted) == ["/a", ODD]
        noted = again.noted["/a"]
        assert (noted.file, noted.stamp, noted.failed) == (ArchiveFile("/a", 10, 20), "stamp", True)
        assert again.row(noted) == answer("/a", "later").row
        assert again.row(again.noted[ODD])["path"] == "/music/caf\\xe9\n.wav"


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_line_is_dropped_and_the_next_one_is_whole(tmp_path: Path, cut: int):
    with open_folder(tmp_path) as journal:
        journal.add(answer("/a"), "stamp")
        journal.add(answer("/b"), "stamp")
    path = tmp_path / JOURNAL
    path.write_bytes(path.read_bytes()[:-cut])
    with open_folder(tmp_path) as again:
        assert (list(again.noted), again.skipped) == (["/a"], 0)
        again.add(answer("/c"), "stamp")
    with open_folder(tmp_path) as last:
        assert (sorted(last.noted), last.skipped) == (["/a", "/c"], 0)


def test_a_damaged_line_costs_no_other(tmp_path: Path):
    with open_folder(tmp_path) as journal:
        for name in "abc":
            journal.add(answer(f"/{name}"), "stamp")
    lines = (tmp_path / JOURNAL).read_bytes().splitlines(keepends=True)
    for damage in (b"\0" * 40 + b"\n", b"[]\n", b'{"path": 1}\n', b'"\xff\n'):
        lines[2] = damage
        (tmp_path / JOURNAL).write_bytes(b"".join(lines))
        with open_folder(tmp_path) as again:
            assert (sorted(again.noted), again.skipped) == (["/a", "/c"], 1)


@pytest.mark.parametrize("left", [b"", HEADER[:1], HEADER[:-1]])
def test_a_journal_that_was_only_begun_is_begun_again(tmp_path: Path, left: bytes):
    (tmp_path / JOURNAL).write_bytes(left)
    with open_folder(tmp_path) as journal:
        journal.add(answer("/a"), "stamp")
    assert (tmp_path / JOURNAL).read_bytes().startswith(HEADER)
    assert json.loads((tmp_path / JOURNAL).read_text().splitlines()[1])["path"] == "/a"


def test_one_run_at_a_time(tmp_path: Path):
    refused = pytest.raises(UsageError, match="another `fleet classify` works into this folder")
    with open_folder(tmp_path), refused:
        Journal(tmp_path)
    with open_folder(tmp_path) as journal:
        assert journal.noted == {}


def test_what_is_not_ours_is_left_alone(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds other things \(notes.txt\)"):
        require_folder(tmp_path)
    (tmp_path / JOURNAL).write_text("my diary\n")
    with pytest.raises(UsageError, match="is no journal of"):
        Journal(tmp_path)
    assert (tmp_path / JOURNAL).read_text() == "my diary\n"
    with pytest.raises(UsageError, match="it is a file"):
        require_folder(tmp_path / "notes.txt")
    with pytest.raises(UsageError, match="Not a directory"):
        require_folder(tmp_path / "notes.txt" / "below")


def test_a_full_disk_is_told_and_leaves_a_whole_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write = os.write

    def half(descriptor: int, data: bytes) -> int:
        if len(data) > 50:
            return write(descriptor, bytes(data)[:50])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with open_folder(tmp_path) as journal:
        journal.add(answer("/a"), "stamp")
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", half)
            with pytest.raises(StreamgenreError, match="No space left on device"):
                journal.add(answer("/b"), "stamp")
        journal.add(answer("/c"), "stamp")
    with open_folder(tmp_path) as again:
        assert (sorted(again.noted), again.skipped) == (["/a", "/c"], 0)


def test_what_the_disk_refuses_later_is_told_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    journal = Journal(tmp_path)
    monkeypatch.setattr(os, "fsync", refuse)
    journal.add(answer("/a"), "stamp")
    with pytest.raises(StreamgenreError, match="Input/output error"):
        journal.close()
