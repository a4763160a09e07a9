"""Windows in, scores out: model cards, the registry of models, ONNX Runtime."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

# From 1.31 on ONNX Runtime keeps a device id and an uploader, unless this is set before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from streamgenre.classify.registry import load_model

__all__ = ["load_model"]


def __getattr__(name: str) -> object:
    """Import the registry when it is asked for: `import streamgenre` stays light."""
    if name != "load_model":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from streamgenre.classify.registry import load_model  # noqa: PLC0415

    return load_model
