"""`streamgenre listen`: follow one source in the foreground."""

from __future__ import annotations

from typing import Annotated

import typer

from streamgenre.cli.options import (
    HopOption,
    JsonOption,
    ModelOption,
    Smoothing,
    SmoothingOption,
    default_node_id,
    finite,
    pipeline_settings,
)

EXAMPLES = """Examples:

streamgenre listen song.mp3

streamgenre listen mic --hop 0.25

streamgenre listen monitor

streamgenre listen https://radio.example/jazz.mp3 --json | jq .genre

arecord -f S16_LE -r 48000 -c 2 -t raw | streamgenre listen -
"""


def listen(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="mic[:NAME], monitor[:NAME], a file, a URL, - or pcm:PATH?rate=…&channels=…&format=…",
        ),
    ] = "mic",
    *,
    model: ModelOption = "genre",
    hop: HopOption = 0.5,
    smoothing: SmoothingOption = Smoothing.hmm,
    duration: Annotated[
        float | None,
        typer.Option(
            "--duration", min=0.1, metavar="SECONDS", callback=finite, help="End after this much audio."
        ),
    ] = None,
    json: JsonOption = False,
    as_fast_as_possible: Annotated[
        bool, typer.Option("--as-fast-as-possible", help="Files and finite PCM: no pacing.")
    ] = False,
) -> None:
    """Follow one source: the dashboard on a terminal, else one JSON object a line."""
    from streamgenre.capture.open_source import open_spec
    from streamgenre.capture.source_spec import FileSpec, parse_source
    from streamgenre.capture.source_text import masked, shown
    from streamgenre.classify.registry import load_genre_model
    from streamgenre.cli.follow import follow
    from streamgenre.session import SessionSettings

    spec = parse_source(source)
    follow(
        lambda: open_spec(spec, paced=not as_fast_as_possible),
        load_genre_model(model),
        SessionSettings(pipeline_settings(hop, smoothing), duration),
        node=default_node_id(),
        shown_as=shown(spec.path.name) if isinstance(spec, FileSpec) else masked(source),
        as_json=json,
    )
