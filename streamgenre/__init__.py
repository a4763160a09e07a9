"""Streaming music-genre classification: sound in, genre out, second by second."""

# `streamgenre.classify` is both a room of the package and the function that users call. The room is imported
# first; the function then takes the name, and `from streamgenre.classify import …` still finds the room.
import streamgenre.classify as _classify_room  # noqa: F401  # pyright: ignore[reportUnusedImport]
from streamgenre.api import classify, listen
from streamgenre.version import __version__

__all__ = ["__version__", "classify", "listen"]
