"""Whether a path can be read at all, said before any decoder is asked."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from streamgenre.capture.source_spec import KNOWN_WORDS, URL_SCHEMES, nearest_word
from streamgenre.capture.source_text import shown
from streamgenre.errors import PermanentSourceError


def require_readable(path: Path) -> os.stat_result:
    """Return what `path` is; PermanentSourceError when it is missing, a folder or not ours to read."""
    name = shown(path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise PermanentSourceError(
                f"{name} is a folder; give a file, or use `streamgenre classify` on folders"
            )
        if not os.access(path, os.R_OK):
            raise PermanentSourceError(f"{name} cannot be read: permission denied; check its owner and mode")
    except FileNotFoundError:
        raise PermanentSourceError(f"no such file: {name}{_hint(path)}") from None
    except PermissionError:
        raise PermanentSourceError(
            f"{name} cannot be read: permission denied; check the folders above it"
        ) from None
    except OSError as error:
        raise PermanentSourceError(f"{name} cannot be read: {error.strerror}; check the path") from None
    return status


def _hint(path: Path) -> str:
    """Tell someone who gave a live source where only files are taken; else offer the nearest word."""
    word = re.split("[:?]", str(path), maxsplit=1)[0].lower()
    if word in URL_SCHEMES:
        return f"; `streamgenre classify` takes files only, `streamgenre listen` takes {word}://…"
    if word in KNOWN_WORDS or word == "-":
        return f"; `streamgenre classify` takes files only, `streamgenre listen` takes {word!r} sources"
    if "." in _first_missing_folder(path):
        return "; check the path; a station's address begins with http:// or https://"
    return nearest_word(word) or "; check the path"


def _first_missing_folder(path: Path) -> str:
    return next((folder.name for folder in reversed(path.parents) if not folder.exists()), "")
