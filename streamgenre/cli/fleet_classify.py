"""`streamgenre fleet classify`: whole archives, over many processes and machines, resumable."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from streamgenre import __version__
from streamgenre.cli.endings import Interrupted
from streamgenre.cli.fleet_options import AddressOption
from streamgenre.cli.options import HopOption, ModelOption, Smoothing, SmoothingOption
from streamgenre.errors import StreamgenreError, UsageError

if TYPE_CHECKING:
    from streamgenre.fleet.archive.crew import Crew
    from streamgenre.fleet.archive.listing import Refused
    from streamgenre.fleet.archive.run import ArchiveRun
    from streamgenre.fleet.archive.task import ArchiveFile, Manner
    from streamgenre.fleet.connection import Connection

EXAMPLES = """Examples:

streamgenre fleet classify ~/Music --output genres

streamgenre fleet classify /archive --output genres --address radio.example:6379

streamgenre fleet classify /archive --output genres --format csv  # again: nothing is heard twice
"""

SOME_FAILED = 1


class Form(StrEnum):
    """How the rows are written."""

    parquet = "parquet"
    json = "json"
    csv = "csv"


def classify(  # noqa: PLR0913  # options of a command
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Files, and folders to search for audio.")
    ],
    *,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FOLDER", help="Where the journal and the results go."),
    ],
    model: ModelOption = "genre",
    hop: HopOption = 0.5,
    smoothing: SmoothingOption = Smoothing.hmm,
    format: Annotated[  # noqa: A002
        Form, typer.Option("--format", "-f", help="How to write the results.")
    ] = Form.parquet,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", metavar="N", min=1, help="Worker processes at most.", show_default="one a core"
        ),
    ] = None,
    address: AddressOption = "auto",
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try what failed before again, changed or not.")
    ] = False,
) -> None:
    """Say what the files of an archive hold, on as many machines as the cluster has.

    The folder keeps a journal of every file that is done: the same command goes on where a run was ended,
    and later does what is new or has changed. The results are written at the end, from the journal;
    failed.csv lists what could not be read. Every machine must see the files at the same path.
    """
    from streamgenre.fleet.archive.run import ArchiveRun, open_folder
    from streamgenre.fleet.cluster_address import require_address
    from streamgenre.fleet.connection import require_ray

    require_ray()
    require_address(address)
    manner, make_ready = _manner(model, hop, smoothing)
    with _interrupted_by_sigterm(), open_folder(output) as journal, ExitStack() as ray:
        run = ArchiveRun(journal, _listing(paths), manner.stamp())
        files = run.to_do(retry_failed=retry_failed)
        with _writing_results(run, format):
            if files:
                make_ready(files)
                _hear(run, files, _crew(ray, manner, jobs, address))
        _tell_end(run, len(files), run.results(format.value))
    if run.failed:
        raise typer.Exit(SOME_FAILED)


def _tell_end(run: ArchiveRun, heard: int, where: Path) -> None:
    _tell(f"{heard} of {run.total} files were heard now; the results are in {where}")
    if run.failed:
        _tell(f"{run.failed} of {run.total} failed; {where.with_name('failed.csv')} says why")


@contextmanager
def _writing_results(run: ArchiveRun, form: Form) -> Generator[None]:
    """Write what there is at the end of the block, however that comes."""
    if run.damaged_lines:
        _tell(f"{run.damaged_lines} lines of the journal cannot be read; their files are done again")
    try:
        yield
    except Interrupted:
        _stop(run, form)
        raise
    except Exception:
        with suppress(StreamgenreError):  # the first trouble is the one to tell
            _stop(run, form)
        raise
    run.write_results(form.value)


def _stop(run: ArchiveRun, form: Form) -> None:
    run.write_results(form.value)
    where = run.results(form.value)
    if run.finished:
        _tell(f"stopped: {run.finished} of {run.total} are in {where}; the same command goes on from there")


def _manner(
    model: str, hop: float, smoothing: Smoothing
) -> tuple[Manner, Callable[[Sequence[ArchiveFile]], None]]:
    """Return how to hear, and what makes this machine ready to."""
    from streamgenre.classify.registry import list_models, load_genre_model
    from streamgenre.cli.first_start import make_ready
    from streamgenre.fleet.archive.task import Manner

    loaded = load_genre_model(model)
    name = model if model in list_models() else str(Path(model).expanduser().absolute())
    manner = Manner(name, loaded.identity.sha256, round(hop, 3), smoothing.value, __version__)
    return manner, lambda files: make_ready(loaded, [Path(file.path) for file in files])


def _listing(paths: list[Path]) -> list[ArchiveFile | Refused]:
    from streamgenre.cli.progress import waiting
    from streamgenre.fleet.archive.listing import listed

    with waiting("looking for files"):
        listing = listed(paths)
    if not listing:
        raise UsageError(
            f"no audio file in {', '.join(map(str, paths))}; name files, or folders that hold some"
        )
    return listing


def _crew(ray: ExitStack, manner: Manner, jobs: int | None, address: str) -> Crew:
    """Return who hears files until `ray` is closed: after what there is has been written."""
    from streamgenre.cli.progress import waiting
    from streamgenre.fleet.archive.crew import Crew
    from streamgenre.fleet.connection import connected
    from streamgenre.fleet.ray_chatter import chatter_turned_away

    ray.enter_context(chatter_turned_away())
    with waiting("connecting to Ray"):
        connection = ray.enter_context(connected(address, cpus=jobs))
    _tell(_where(connection))
    return ray.enter_context(Crew(connection, manner, jobs))


def _hear(run: ArchiveRun, files: list[ArchiveFile], crew: Crew) -> None:
    """Have them heard, under a progress bar."""
    from streamgenre.cli.progress import progress

    crew.wait_for_room(_tell)
    heard = run.heard(files, crew.answers)
    before = run.total - len(files)
    for _ in progress(heard, run.total, "classifying", before=before, aside=lambda: _failed(run)):
        pass


def _where(connection: Connection) -> str:
    if connection.is_own:
        because = f"{connection.remark}; " if connection.remark else ""
        return f"{because}on this machine alone, with a Ray that ends with this command"
    return f"on the cluster at {connection.address}: {connection.size()}"


def _failed(run: ArchiveRun) -> str:
    return f", {run.failed} failed" if run.failed else ""


def _tell(line: str) -> None:
    typer.echo(f"streamgenre: {line}", err=True)


@contextmanager
def _interrupted_by_sigterm() -> Generator[None]:
    """End as after Ctrl-C, with what was done kept."""

    def interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise Interrupted

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
