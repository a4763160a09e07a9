"""`streamgenre listen`: follow one source in the foreground."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streamgenre.cli.options import (
    HopOption,
    JsonOption,
    ModelOption,
    Smoothing,
    SmoothingOption,
    finite,
)

EXAMPLES = """Examples:

streamgenre listen song.mp3

streamgenre listen mic --hop 0.25

streamgenre listen monitor

streamgenre listen --config bar.toml

streamgenre listen https://radio.example/jazz.mp3 --json | jq .genre

arecord -f S16_LE -r 48000 -c 2 -t raw | streamgenre listen -
"""


SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="mic[:NAME], monitor[:NAME], a file, a URL, - or pcm:PATH?rate=…&channels=…&format=…",
    ),
]
DurationOption = Annotated[
    float | None,
    typer.Option(
        "--duration", min=0.1, metavar="SECONDS", callback=finite, help="End after this much audio."
    ),
]
MqttOption = Annotated[
    str | None,
    typer.Option(
        "--mqtt", metavar="URL", help="Also tell a broker: mqtt\\[s]://[USER@]HOST[:PORT], ws\\[s]://…"
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="Its only enabled source, if none is named; its model, \\[decide] and \\[mqtt].",
    ),
]
FastOption = Annotated[bool, typer.Option("--as-fast-as-possible", help="Files and finite PCM: no pacing.")]


def listen(  # noqa: PLR0913  # each is an option of the command line
    ctx: typer.Context,
    source: SourceArgument = "mic",
    *,
    model: ModelOption = "genre",
    hop: HopOption = 0.5,
    smoothing: SmoothingOption = Smoothing.hmm,
    duration: DurationOption = None,
    json: JsonOption = False,
    mqtt: MqttOption = None,
    config: ConfigOption = None,
    as_fast_as_possible: FastOption = False,
) -> None:
    """Follow one source: the dashboard on a terminal, else one JSON object a line."""
    from streamgenre.capture.open_source import open_spec
    from streamgenre.capture.source_spec import FileSpec, parse_source
    from streamgenre.capture.source_text import masked, shown
    from streamgenre.classify.registry import load_genre_model
    from streamgenre.cli.first_start import make_ready
    from streamgenre.cli.follow import follow
    from streamgenre.cli.listen_choice import ListenOptions, choose
    from streamgenre.settings import SessionSettings

    choice = choose(ListenOptions(source, model, hop, smoothing, mqtt, _given(ctx)), config)
    followed = choice.source
    spec = parse_source(followed.source)
    usual_name = shown(spec.path.name) if isinstance(spec, FileSpec) else masked(followed.source)
    loaded = load_genre_model(followed.model)
    make_ready(loaded, [spec.path] if isinstance(spec, FileSpec) else [])
    follow(
        lambda: open_spec(spec, paced=not as_fast_as_possible),
        loaded,
        SessionSettings(followed.pipeline, duration, name=followed.id),
        node=choice.node,
        shown_as=followed.name or usual_name,
        as_json=json,
        mqtt=choice.mqtt,
    )


def _given(ctx: typer.Context) -> frozenset[str]:
    """Return the names of what stands on the command line."""
    sources = {name: ctx.get_parameter_source(name) for name in ctx.params}
    return frozenset(name for name, source in sources.items() if source and source.name == "COMMANDLINE")
