"""`streamgenre classify`: files and folders, faster than real time."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamgenre.cli.options import HopOption, ModelOption, Smoothing, SmoothingOption
from streamgenre.errors import StreamgenreError, UsageError
from streamgenre.publish.payload import Payload

if TYPE_CHECKING:
    from streamgenre.capture.audio_paths import FoundPath
    from streamgenre.classify.onnx_model import OnnxModel

EXAMPLES = """Examples:

streamgenre classify song.mp3

streamgenre classify ~/Music --jobs 4 --format csv --output genres.csv

streamgenre classify show.flac --timeline
"""

SOME_FAILED = 1
NOT_FINITE = "%s: %d values were not finite (NaN or infinite) and were set to zero"

log = logging.getLogger(__name__)


class Format(StrEnum):
    """How the rows are written."""

    table = "table"
    json = "json"
    csv = "csv"


def classify(  # noqa: PLR0913  # options of a command
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Files, and folders to search for audio.")
    ],
    *,
    model: ModelOption = "genre",
    hop: HopOption = 0.5,
    smoothing: SmoothingOption = Smoothing.hmm,
    jobs: Annotated[
        int,
        typer.Option("--jobs", "-j", metavar="N", min=1, help="Files at once.", show_default="one a core"),
    ] = os.cpu_count() or 1,
    format: Annotated[Format, typer.Option("--format", "-f", help="How to write the rows.")] = Format.table,  # noqa: A002
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here, not to stdout.")
    ] = None,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="Show the stretches of each file in the table.")
    ] = False,
) -> None:
    """Say what files hold. One that cannot be read is a row with its error; the others are still done."""
    from streamgenre.capture.audio_paths import audio_paths
    from streamgenre.classify.registry import load_genre_model
    from streamgenre.cli.classify_output import write
    from streamgenre.cli.first_start import make_ready
    from streamgenre.cli.output_file import require_writable

    files = audio_paths(paths)
    if not files:
        raise UsageError(
            f"no audio file in {', '.join(map(str, paths))}; name files, or folders that hold some"
        )
    if output:
        require_writable(output)
    loaded = load_genre_model(model)
    make_ready(loaded, [found.path for found in files])
    rows = list(_rows(files, loaded, hop, smoothing, jobs))
    write(rows, format.value, output, timeline=timeline)
    if failed := sum(bool(row["error"]) for row in rows):
        if output:
            told = f"streamgenre: {failed} of {len(rows)} could not be read; {_shown(output)} says why"
            typer.echo(told, err=True)
        raise typer.Exit(SOME_FAILED)


def _rows(
    files: list[FoundPath], model: OnnxModel, hop: float, smoothing: Smoothing, jobs: int
) -> Iterator[Payload]:
    """Yield the rows in the order of the files, under a progress bar."""
    from streamgenre.cli.progress import progress
    from streamgenre.publish.classification import row_of_failure

    def one(found: FoundPath) -> Payload:
        if found.error:
            return row_of_failure(str(found.path), found.error)
        return _row(found.path, model, hop, smoothing)

    executor = ThreadPoolExecutor(min(jobs, len(files)), thread_name_prefix="classify")
    try:
        yield from progress(executor.map(one, files), len(files), "classifying")
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _row(path: Path, model: OnnxModel, hop: float, smoothing: Smoothing) -> Payload:
    from streamgenre import api
    from streamgenre.publish.classification import row_of, row_of_failure

    try:
        result = api.classify(path, model=model, hop_seconds=hop, smoothing=smoothing.value)
        if result.damage:
            log.warning("%s is not whole: %s", _shown(path), result.damage)
        if result.not_finite:
            log.warning(NOT_FINITE, _shown(path), result.not_finite)
        return row_of(result)
    except StreamgenreError as error:
        return row_of_failure(str(path), str(error))
    except Exception as error:
        log.exception("%s", _shown(path))
        return row_of_failure(str(path), f"internal error: {error!r}; please report it")


def _shown(path: Path) -> str:
    from streamgenre.cli.tables import one_line
    from streamgenre.publish.classification import printable

    return one_line(printable(str(path)))
