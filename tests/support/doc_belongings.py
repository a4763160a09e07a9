"""What a reader of the documentation has at hand: songs, secrets, configurations, models, a past."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

from tests.support.doc_parts import encoded
from tests.support.doc_snippets import ROOT
from tests.support.history_files import write_history
from tests.support.musicnn_like import write_musicnn_like
from tests.support.synthetic_week import events

NODE = """\
[node]
id = "bar"
[[sources]]
id = "main"
source = "https://radio.example/jazz"
[mqtt]
url = "mqtt://broker.example"
[history]
"""
SONGS = ("song.mp3", "show.flac", "Music/one.mp3", "Music/album/two.flac")
SECRETS = ("home/.mqtt-password", "etc/streamgenre/mqtt-password")
CONFIGURATIONS = ("bar.toml", "new.toml")


def lay_out_songs(home: Path) -> None:
    """Write the files that every page may speak of."""
    for name in SONGS:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(encoded(Path(name).suffix))


def lay_out_secrets(folder: Path) -> None:
    """Write the passwords of the broker, for the reader alone."""
    for name in SECRETS:
        (folder / name).write_text("secret\n")
        (folder / name).chmod(0o600)


def lay_out_what_is_named(home: Path, text: str, moved: Callable[[str], str]) -> None:
    """Write what only some pages speak of."""
    for name in CONFIGURATIONS:
        if re.search(rf"\b{re.escape(name)}\b", text):
            (home / name).write_text(moved(NODE))
    if "~/my-model" in text:
        shutil.copytree(ROOT / "models" / "genre", home / "my-model")
        card = home / "my-model" / "card.toml"
        card.write_text(card.read_text().replace('name = "genre"', 'name = "my-model"', 1))
    if "data/results/c2-records/model" in text:
        shutil.copytree(ROOT / "models" / "c2", home / "data" / "results" / "c2-records" / "model")
    if "genre.onnx" in text:
        write_musicnn_like(home, "genre")
    if "history" in text:
        _write_past(home)


def _write_past(home: Path) -> None:
    """Write two days of a bar, up to now, where the daemon would, and where its reader looks."""
    path = home / ".local/state/streamgenre/history.sqlite"
    path.parent.mkdir(parents=True)
    start = datetime.now(UTC) - timedelta(days=2)
    write_history(path, chain(*(events(days=2, start=start, source=name) for name in ("main", "bar"))))
    (home / path.name).symlink_to(path)
