"""Why ONNX Runtime refuses a graph, in a user's words: what was found, what is supported, what to do."""

from __future__ import annotations

import re

_ONE_FILE = (
    "save it as one file: onnx.save(onnx.load('model.onnx'), 'one-file.onnx', save_as_external_data=False)"
)
_EXPORT = "export the model again with standard ONNX operators"
_REASONS = {
    r"Opset (?P<found>\d+) is under development.* for domain (?P<domain>\S+) is till opset (?P<most>\d+)": (
        "the graph needs opset {found} of {domain}, {runtime} supports up to {most}; update onnxruntime, or "
        "export the model again with opset {most} or less"
    ),
    r"Unsupported model IR version: (?P<found>\d+), max supported IR version: (?P<most>\d+)": (
        "the graph has IR version {found}, {runtime} supports up to {most}; update onnxruntime, or save the "
        "model again with IR version {most} or less"
    ),
    r"Fatal error: (?P<domain>[^\s:]+):(?P<operator>\w+)\(.*is not a registered function/op": (
        "the graph uses the operator {operator} of the domain {domain}, which {runtime} does not know; "
        + _EXPORT
    ),
    r"No opset import for domain '(?P<domain>[^']+)'": (
        "the graph uses operators of the domain {domain}, which {runtime} does not know; " + _EXPORT
    ),
    r"No Op registered for (?P<operator>\w+) with domain_version of (?P<found>\d+)": (
        "the graph uses the operator {operator}, which opset {found} does not have in {runtime}; " + _EXPORT
    ),
    r"[Ee]xternal data": f"the weights are not in the graph but in another file; {_ONE_FILE}",
    r"INVALID_PROTOBUF|No graph was found": "no ONNX graph, or one cut short; get the file again",
}
_CODE = re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : |\S+\.(?:cc|h):\d+ .*?\) (?=[A-Z])")


def refusal(message: str, runtime: str) -> str:
    """Explain the message of `runtime`, as `ONNX Runtime 1.2`; one line."""
    for pattern, told in _REASONS.items():
        found = re.search(pattern, message, re.DOTALL)
        if found:
            return told.format(runtime=runtime, **found.groupdict())
    plain = _CODE.sub("", message.strip().partition("\n")[0])
    return f"{runtime} refuses the graph: {plain}; update onnxruntime or install the model again"
