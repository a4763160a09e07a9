"""What is made of a text: an absolute path, a SOURCE or a broker that makes sense."""

from __future__ import annotations

import os
from pathlib import Path

from streamgenre.capture.source_spec import FileSpec, PcmSpec, parse_source
from streamgenre.config.keys import Place
from streamgenre.errors import ConfigurationError
from streamgenre.publish.broker_address import parse_broker_url

STANDARD_OUTPUT = "-"


def absolute_path(text: str, place: Place) -> Path:
    """Return the path, `~` expanded, taken from the place where it was written."""
    path = Path(text)
    if text.startswith("~"):
        try:
            path = path.expanduser()
        except RuntimeError:
            raise ConfigurationError("nobody's home is known by that name; write the path out") from None
    return Path(os.path.normpath(place.folder / path))


def output_path(text: str, place: Place) -> Path | None:
    """Return a path; None: standard output."""
    return None if text == STANDARD_OUTPUT else absolute_path(text, place)


def credential_path(text: str, place: Place) -> Path:
    """Return a path: a bare name is looked for among systemd's credentials first."""
    granted = place.environment.get("CREDENTIALS_DIRECTORY")
    if granted and len(Path(text).parts) == 1 and (found := Path(granted) / text).exists():
        return found
    return absolute_path(text, place)


def model_or_folder(text: str, place: Place) -> str:
    """Return a model's name as it is, a folder as an absolute path; neither is looked for."""
    return str(absolute_path(text, place)) if "/" in text or text.startswith(("~", ".")) else text


def absolute_source(text: str, place: Place) -> str:
    """Return a SOURCE that makes sense, its path taken from the place where it was written."""
    spec = parse_source(text)
    if not isinstance(spec, FileSpec | PcmSpec) or spec.path is None or spec.path.is_absolute():
        return text
    if isinstance(spec, FileSpec):
        return str(absolute_path(str(spec.path), place))
    return f"pcm:{absolute_path(text.partition(':')[2], place)}"


def broker_url(text: str, _place: Place) -> str:
    """Return a broker's URL that makes sense."""
    parse_broker_url(text)
    return text
