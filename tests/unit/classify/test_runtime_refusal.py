from __future__ import annotations

import pytest

from streamgenre.classify.runtime_refusal import refusal

RUNTIME = "ONNX Runtime 9.9"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            "x.h:46 void f() Opset 99 is under development.\nSupport for domain ai.onnx.ml is till opset 5.",
            "opset 99 of ai.onnx.ml, ONNX Runtime 9.9 supports up to 5; update onnxruntime, or export",
        ),
        (
            "Unsupported model IR version: 99, max supported IR version: 13",
            "IR version 99, ONNX Runtime 9.9 ",
        ),
        ("No opset import for domain 'com.acme'", "operators of the domain com.acme, which ONNX Runtime 9.9"),
        ("", "ONNX Runtime 9.9 refuses the graph: ; update onnxruntime"),
        (
            "[ONNXRuntimeError] : 1 : FAIL : /src/core/model.cc:256 Model::Model(int, int) Odd thing\nmore",
            "refuses the graph: Odd thing; update onnxruntime or install the model again",
        ),
    ],
)
def test_the_runtime_is_put_into_words(message, told):
    assert told in refusal(message, RUNTIME)
    assert "\n" not in refusal(message, RUNTIME)
