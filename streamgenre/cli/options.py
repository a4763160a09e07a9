"""Options that several commands share."""

from __future__ import annotations

import math
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from streamgenre.settings import DecideSettings, PipelineSettings


class Smoothing(StrEnum):
    """Ways of smoothing the votes of overlapping windows."""

    hmm = "hmm"
    ema = "ema"
    vote = "vote"
    none = "none"


def finite(number: float | None) -> float | None:
    """Refuse NaN and infinity, which no range excludes."""
    if number is not None and not math.isfinite(number):
        raise typer.BadParameter(f"{number} is no finite number.")
    return number


def installed_models(incomplete: str) -> list[str]:
    """Return the names that begin so, for completion; for anything else shells offer files."""
    from streamgenre.classify.registry import list_models

    return [name for name in list_models() if name.startswith(incomplete)]


ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        help="A shipped model's name, or a folder with model.onnx and card.toml.",
        autocompletion=installed_models,
    ),
]
HopOption = Annotated[
    float,
    typer.Option(
        "--hop",
        min=0.1,
        max=3.0,
        metavar="SECONDS",
        callback=finite,
        help="Seconds between two decisions.",
    ),
]
SmoothingOption = Annotated[Smoothing, typer.Option("--smoothing", help="How votes become one belief.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
JsonAnswerOption = Annotated[bool, typer.Option("--json", help="The answer as one JSON value on stdout.")]


def pipeline_settings(hop_seconds: float, smoothing: Smoothing) -> PipelineSettings:
    """Return the settings these options ask for."""
    return PipelineSettings(
        hop_seconds=round(hop_seconds, 3), decide=DecideSettings(smoothing=smoothing.value)
    )


def default_node_id() -> str:
    """Return what a node is called where nobody said."""
    from streamgenre.config.node_id import default_node_id as named_by_host

    return named_by_host()


def password_file() -> Path | None:
    """Return where the broker's password is; it is never given on a command line."""
    path = os.environ.get("STREAMGENRE_MQTT__PASSWORD_FILE")
    return Path(path) if path else None
