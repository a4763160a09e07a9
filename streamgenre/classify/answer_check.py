"""Whether a model answers with what its card promises: probabilities, and distributions that sum to 1."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from streamgenre.classify.made_up_windows import made_up_windows
from streamgenre.classify.model_card import Head, ModelCard
from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.errors import ModelError
from streamgenre.messages import Float32

_SLACK = 1e-3
"""How far a sum may be from 1 and a probability outside 0 to 1: half precision inside a graph."""


def check_answers(model: OnnxModel) -> None:
    """Ask the model once; raises ModelError where an output cannot be what the card calls it."""
    card, heads = model.card, model.card.heads
    windows = made_up_windows(card.front_end, 1)
    for head, answer in zip(heads, model.outputs(windows, [head.output for head in heads]), strict=True):
        _check_answer(card.path.parent / card.graph_file, card, head, answer)


def _check_answer(path: Path, card: ModelCard, head: Head, answer: Float32) -> None:
    role = "tags" if head is card.tags else "genre" if head is card.genre else "gate"
    remedy = "end the graph with a sigmoid" if role == "tags" else "end the graph with a softmax"
    if not np.isfinite(answer).all():
        raise ModelError(f"{path}: output {head.output}: expected finite numbers, found NaN or infinities")
    least, most = float(answer.min()), float(answer.max())
    if least < -_SLACK or most > 1 + _SLACK:
        found = f"found {least:.3g} to {most:.3g}"
        raise ModelError(f"{path}: output {head.output}: {role} are probabilities, 0 to 1, {found}; {remedy}")
    total = float(answer.sum(dtype=np.float64))
    if role != "tags" and abs(total - 1) > _SLACK:
        raise ModelError(
            f"{path}: output {head.output}: {role} probabilities sum to 1, found {total:.3g}; {remedy}, "
            "or call the output tags in the card"
        )
