"""Windows in, scores out: model cards, the registry of models, ONNX Runtime."""

from streamgenre.classify.registry import load_model

__all__ = ["load_model"]
