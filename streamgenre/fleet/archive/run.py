"""One run over an archive: what is done already, what is to do, what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from streamgenre.errors import StreamgenreError
from streamgenre.fleet.archive.journal import Journal, Noted
from streamgenre.fleet.archive.listing import Refused, files_of, looked_at
from streamgenre.fleet.archive.results import Form, require_folder, results_path, write_results
from streamgenre.fleet.archive.task import Answer, ArchiveFile
from streamgenre.fleet.archive.worker import unseen
from streamgenre.publish.classification import row_of_failure
from streamgenre.publish.payload import Payload

Hear = Callable[[Sequence[ArchiveFile]], Iterable[Answer]]
"""Yields an answer a file, in any order."""
FIRST_ANSWERS = 5
"""When all of them died, it is not for their files."""


class ArchiveRun:
    """Takes answers into the journal, and writes the results from it."""

    def __init__(self, journal: Journal, listing: Iterable[ArchiveFile | Refused], stamp: str) -> None:
        self._folder = journal.path.parent
        self._journal = journal
        self._listing = {one.path: one for one in listing}
        self._stamp = stamp
        self._has_heard = False
        self.failed = sum(self._has_failed(one) for one in self._listing.values())
        """What has no result but an error."""
        self.finished = sum(self._has_row(one) for one in self._listing.values())
        """What has a result or an error."""

    @property
    def total(self) -> int:
        """Files, and what was named and cannot be looked at."""
        return len(self._listing)

    @property
    def damaged_lines(self) -> int:
        """Lines of the journal that could not be read; their files are heard again."""
        return self._journal.skipped

    def to_do(self, *, retry_failed: bool) -> list[ArchiveFile]:
        """Return the files without a row that still holds; what was not seen is tried again."""
        return [file for file in files_of(self._listing.values()) if self._is_to_do(file, retry_failed)]

    def heard(self, files: Sequence[ArchiveFile], hear: Hear) -> Iterator[Answer]:
        """Have the files heard; an answer is yielded once it is in the journal.

        Raises StreamgenreError where a machine cannot take part, and where every file ends its process:
        that is no archive of broken files.
        """
        held: list[Answer] = []
        for answer in hear(files):
            if answer.outcome == "unfit":
                raise StreamgenreError(str(answer.row["error"]))
            held.append(answer)
            if all(one.outcome == "crashed" for one in held) and not self._has_heard:
                self._require_few(held)
                continue
            self._has_heard = True
            yield from map(self._taken, held)
            held.clear()
        yield from map(self._taken, held)

    def write_results(self, form: Form) -> None:
        """Write what there is by now, in the order of the listing. Raises StreamgenreError."""
        write_results(self._folder, form, self._rows)

    def results(self, form: Form) -> Path:
        """Return where they are."""
        return results_path(self._folder, form)

    def _is_to_do(self, file: ArchiveFile, retry_failed: bool) -> bool:  # noqa: FBT001
        noted = self._noted(file)
        return noted is None or noted.outcome == "unseen" or (retry_failed and noted.failed)

    def _noted(self, file: ArchiveFile) -> Noted | None:
        """Return what the journal holds of this very file, heard in this manner."""
        noted = self._journal.noted.get(file.path)
        return noted if noted and (noted.file, noted.stamp) == (file, self._stamp) else None

    def _has_row(self, one: ArchiveFile | Refused) -> bool:
        return isinstance(one, Refused) or self._noted(one) is not None

    def _has_failed(self, one: ArchiveFile | Refused) -> bool:
        if isinstance(one, Refused):
            return True
        noted = self._noted(one)
        return noted is not None and noted.failed

    @staticmethod
    def _require_few(crashed: Sequence[Answer]) -> None:
        if len(crashed) >= FIRST_ANSWERS:
            raise StreamgenreError(
                f"every worker process died at its first files ({crashed[0].row['error']}); "
                "see whether `streamgenre classify` hears them on that machine"
            )

    def _taken(self, answer: Answer) -> Answer:
        answer = self._reconciled(answer)
        before = self._listing[answer.file.path]
        self.finished -= self._has_row(before)
        self.failed -= self._has_failed(before)
        self._journal.add(answer, self._stamp)
        self._listing[answer.file.path] = answer.file
        self.finished += 1
        self.failed += answer.outcome != "heard"
        return answer

    def _reconciled(self, answer: Answer) -> Answer:
        """See what it is here that is not as listed: changed since, gone, or another one over there."""
        path = answer.file.path
        if answer.file == self._listing[path] and answer.outcome != "unseen":
            return answer
        here = looked_at(path)
        if isinstance(here, Refused):
            return Answer(answer.file, "unseen", here.row, answer.machine)
        if here == answer.file:
            return answer
        error = unseen(path, answer.machine, "another file")
        return Answer(here, "unseen", row_of_failure(path, error), answer.machine)

    def _rows(self) -> Iterator[Payload]:
        for one in self._listing.values():
            if isinstance(one, Refused):
                yield one.row
            elif noted := self._noted(one):
                yield self._journal.row(noted)


@contextmanager
def open_folder(folder: Path) -> Generator[Journal]:
    """Open a folder for one run, alone. Raises UsageError where that cannot be."""
    require_folder(folder)
    journal = Journal(folder)
    try:
        yield journal
    finally:
        journal.close()
