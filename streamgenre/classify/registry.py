"""Where models are found: the user's folders first, then what is shipped."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from streamgenre.classify.model_card import CARD_FILE
from streamgenre.errors import ModelError

if TYPE_CHECKING:
    from streamgenre.classify.onnx_model import OnnxModel

_PACKAGE = Path(__file__).parents[1]


def user_models_folder() -> Path:
    """Where `models add` puts a user's own models."""
    data_home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data_home) / "streamgenre" / "models"


def model_folders() -> list[Path]:
    """Every folder that holds models, in the order of search; STREAMGENRE_MODELS comes first."""
    listed = os.environ.get("STREAMGENRE_MODELS", "")
    chosen = [Path(part).expanduser() for part in listed.split(os.pathsep) if part]
    return [*chosen, user_models_folder(), _PACKAGE / "shipped_models", _PACKAGE.parent / "models"]


def list_models() -> dict[str, Path]:
    """Give name and folder of every model; the first of a name wins."""
    found: dict[str, Path] = {}
    for name, folder in _candidates():
        found.setdefault(name, folder)
    return found


def find_model(name_or_folder: str | Path) -> Path:
    """Give the folder of a model by name, or check a folder given; raises ModelError."""
    text = str(name_or_folder)
    models = list_models()
    if text in models:
        return models[text]
    folder = Path(text).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_file():
        raise ModelError(
            f"{text}: a file; a model is a folder with model.onnx and card.toml, made from an ONNX file by: "
            f"streamgenre models add {text}"
        )
    if os.sep in text:
        raise ModelError(f"{text}: no such folder; a model is a folder with model.onnx and card.toml")
    nearest = difflib.get_close_matches(text, models, n=1)
    hint = f"did you mean {nearest[0]}? There are" if nearest else "there are"
    raise ModelError(f"no model is called {text!r}; {hint}: {', '.join(sorted(models)) or 'none'}")


def load_model(name_or_folder: str | Path) -> OnnxModel:
    """Load a shipped or installed model by name, or a folder with model.onnx and card.toml.

    A model that is loaded already and did not change on disk is shared. Raises ModelError when it
    is missing, damaged or does not match its card.
    """
    folder = find_model(name_or_folder).resolve()
    return _load(folder, _versions(folder))


def load_genre_model(name_or_folder: str | Path) -> OnnxModel:
    """Load a model that can be listened with: raises ModelError at once where it has no genres."""
    model = load_model(name_or_folder)
    if model.card.genre is None:
        raise ModelError(
            f"{model.card.path}: model {model.card.name} gives tags, not genres; choose another with --model"
        )
    return model


@lru_cache(maxsize=8)
def _load(folder: Path, versions: tuple[tuple[str, int, int], ...]) -> OnnxModel:
    """Load anew whenever a file of the folder changed."""
    del versions
    # --help need not wait for onnxruntime
    from streamgenre.classify.answer_check import check_answers  # noqa: PLC0415
    from streamgenre.classify.onnx_model import OnnxModel  # noqa: PLC0415

    model = OnnxModel(folder)
    check_answers(model)
    return model


def _versions(folder: Path) -> tuple[tuple[str, int, int], ...]:
    try:
        files = sorted(
            path for path in folder.iterdir() if path.suffix in (".onnx", ".toml") and path.exists()
        )
        return tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in files)
    except OSError as error:
        raise ModelError(f"{folder}: cannot read the model's folder ({error.strerror})") from error


def _candidates() -> Iterator[tuple[str, Path]]:
    for parent in model_folders():
        for folder in _subfolders(parent):
            if not folder.name.startswith(".") and (folder / CARD_FILE).is_file():
                yield folder.name, folder


def _subfolders(parent: Path) -> list[Path]:
    try:
        return sorted(parent.iterdir())
    except OSError:  # not there, or not for this user: no models of his
        return []
