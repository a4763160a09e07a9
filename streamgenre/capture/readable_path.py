"""Whether a path can be read at all, said before any decoder is asked."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from streamgenre.capture.source_spec import nearest_word
from streamgenre.errors import PermanentSourceError


def require_readable(path: Path) -> os.stat_result:
    """Return what `path` is; PermanentSourceError when it is missing, a folder or not ours to read."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise PermanentSourceError(
                f"{path} is a folder; give a file, or use `streamgenre classify` on folders"
            )
        if not os.access(path, os.R_OK):
            raise PermanentSourceError(f"{path} cannot be read: permission denied; check its owner and mode")
    except FileNotFoundError:
        hint = nearest_word(str(path).partition(":")[0])
        raise PermanentSourceError(f"no such file: {path}{hint or '; check the path'}") from None
    except PermissionError:
        raise PermanentSourceError(
            f"{path} cannot be read: permission denied; check the folders above it"
        ) from None
    except OSError as error:
        raise PermanentSourceError(f"{path} cannot be read: {error.strerror}; check the path") from None
    return status
