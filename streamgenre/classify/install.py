"""Installing a user's own model: everything or nothing, and never over another."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from streamgenre.classify.answer_check import check_answers
from streamgenre.classify.golden import GOLDEN_FILE, INPUT_KEY, verify_loaded
from streamgenre.classify.made_up_windows import made_up_windows
from streamgenre.classify.model_card import CARD_FILE, ModelCard
from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.classify.own_model import OwnModel, find_own_model, unless_other
from streamgenre.classify.registry import list_models, user_models_folder
from streamgenre.classify.toml_text import toml_text
from streamgenre.errors import ModelError, StreamgenreError, UsageError
from streamgenre.messages import Float32

GOLDEN_WINDOWS = 3
GOLDEN_TOLERANCE = 1e-4
GOLDEN_NOTE = (
    "# golden.npz was made at installation from made-up windows: `streamgenre models verify` tells only\n"
    "# whether the model still answers as it did then, not whether it is right.\n"
)


def install_model(given: Path, name: str | None = None) -> ModelCard:
    """Check a model and copy it into the user's folder; give its card there."""
    own = find_own_model(given, name)
    target = user_models_folder() / own.card.name
    _check_free(own.card.name, target)
    model = OnnxModel(own.folder, own.card)
    check_answers(model)
    golden = None if GOLDEN_FILE in own.files else _golden(model)
    if golden is None:
        _check_golden(model)
    text = own.text if golden is None else _with_golden(own)
    try:
        _copy(own.files, text, golden, target)
    except OSError as error:
        remedy = "set XDG_DATA_HOME to a folder that can be written and has room"
        raise StreamgenreError(f"cannot install in {target}: {error.strerror or error}; {remedy}") from error
    return own.card


def _check_free(name: str, target: Path) -> None:
    if target.exists():
        raise UsageError(f"{target} exists already; remove it first, or choose another name with --name")
    taken = list_models().get(name)
    if taken is not None:
        raise UsageError(f"a model called {name} exists already, in {taken}; choose another name with --name")


def _check_golden(model: OnnxModel) -> None:
    failed = [check for check in verify_loaded(model).checks if not check.passed]
    if failed:
        told = ", ".join(
            f"{check.output} by {check.max_error:.1e} (allowed {check.tolerance:.1e})" for check in failed
        )
        raise ModelError(
            f"{model.card.path.parent / GOLDEN_FILE}: the model answers otherwise here: {told}; "
            "remove the file if the graph was changed on purpose"
        )


def _golden(model: OnnxModel) -> dict[str, Float32]:
    names = list(_tolerance(model.card))
    windows = made_up_windows(model.card.front_end, GOLDEN_WINDOWS)
    return {INPUT_KEY: windows} | dict(zip(names, model.outputs(windows, names), strict=True))


def _tolerance(card: ModelCard) -> dict[str, float]:
    return card.tolerance or {head.output: GOLDEN_TOLERANCE for head in card.heads}


def _with_golden(own: OwnModel) -> str:
    """Say in the card what the vectors are worth, and how exact they are where it does not say."""
    values = tomllib.loads(own.text)
    wanted = values | {"tolerance": _tolerance(own.card)}
    lines = "" if own.card.tolerance else f"\n{toml_text({'tolerance': _tolerance(own.card)})}"
    return unless_other(f"{own.text.rstrip()}\n{lines}", wanted) + f"\n{GOLDEN_NOTE}"


def _copy(files: Mapping[str, Path], text: str, golden: Mapping[str, Float32] | None, target: Path) -> None:
    """Fill a folder aside and give it its name when it is whole."""
    partial = target.with_name(f".{target.name}-{os.getpid()}.part")
    try:
        partial.mkdir(parents=True)
        for name, file in files.items():
            shutil.copy2(file, partial / name)
        (partial / CARD_FILE).write_text(text, encoding="utf-8")
        if golden is not None:
            np.savez_compressed(partial / GOLDEN_FILE, allow_pickle=False, **dict(golden))
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
