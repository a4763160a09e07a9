"""A decoder that ends its process as a fault in FFmpeg would, by the file's name; see `crashing`."""

from __future__ import annotations

import os
import signal
from pathlib import Path

SITE = """
import sys
from importlib.abc import MetaPathFinder

class Patch(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "streamgenre.capture.file_source":
            sys.meta_path.remove(self)
            from tests.support.crashing_decoder import spoil
            spoil()

sys.path.append({root!r})
sys.meta_path.insert(0, Patch())
"""


def crashing(folder: Path) -> str:
    """Write a folder for PYTHONPATH: in programs that find it, files are decoded by ours."""
    folder.mkdir(exist_ok=True)
    root = str(Path(__file__).parents[2])
    (folder / "sitecustomize.py").write_text(SITE.format(root=root))
    return str(folder)


def spoil() -> None:
    """Put ours in the place of the decoder of files."""
    from streamgenre.capture import media  # noqa: PLC0415  # in a program that needs it

    whole = media.MediaDecoder

    class Crashing(whole):
        def __init__(self, path: Path) -> None:
            if "crash" in path.name:
                os.kill(os.getpid(), signal.SIGSEGV)
            if "wait" in path.name:
                while not path.with_suffix(".go").exists():
                    signal.sigtimedwait([], 0.05)
            super().__init__(path)

    media.MediaDecoder = Crashing
