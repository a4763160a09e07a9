"""The layers of an ncnn network: its text of parameters, and the tensors of its binary in that order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamgenre.errors import ModelError

Float32 = NDArray[np.float32]
Setting = float | tuple[float, ...]

_MAGIC = "7767517"
_ARRAY_KEY = -23300
_HALF_PRECISION, _SINGLE_PRECISION = 0x01306B47, 0


@dataclass(frozen=True, slots=True, eq=False)
class NcnnLayer:
    """One line of the text, with what the binary holds for it."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: dict[int, Setting]
    """By ncnn's number of the parameter."""
    tensors: tuple[Float32, ...] = ()

    def integer(self, key: int, default: int = 0) -> int:
        """Give a setting that is one whole number."""
        value = self.settings.get(key, default)
        if isinstance(value, tuple):
            raise ModelError(f"ncnn layer {self.name}: setting {key} is a list")
        return int(value)


def read_ncnn(text: str, binary: bytes) -> list[NcnnLayer]:
    """Read a network; raises ModelError saying which line or tensor is wrong."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or lines[0] != [_MAGIC]:
        raise ModelError(f"ncnn parameters: the first line is not {_MAGIC}")
    if not lines[1][0].isdigit() or int(lines[1][0]) != len(lines) - 2:
        raise ModelError(f"ncnn parameters: {lines[1][0]} layers are announced, {len(lines) - 2} follow")
    tensors = _TensorReader(binary)
    layers = [_with_tensors(_layer(words), tensors) for words in lines[2:]]
    tensors.finish()
    return layers


def _layer(words: Sequence[str]) -> NcnnLayer:
    try:
        kind, name, input_count, output_count = words[0], words[1], int(words[2]), int(words[3])
        blobs = words[4 : 4 + input_count + output_count]
        settings = dict(_setting(word) for word in words[4 + input_count + output_count :])
    except (ValueError, IndexError):
        raise ModelError(f"ncnn parameters: cannot read the line '{' '.join(words)[:80]}'") from None
    return NcnnLayer(kind, name, tuple(blobs[:input_count]), tuple(blobs[input_count:]), settings)


def _setting(word: str) -> tuple[int, Setting]:
    """Read `3=0.5`, or a list of two as `-23309=2,1,20`, which is setting 9."""
    key, _, text = word.partition("=")
    if int(key) > _ARRAY_KEY:
        return int(key), float(text)
    count, *values = (float(part) for part in text.split(","))
    if count != len(values):
        raise ValueError(word)
    return _ARRAY_KEY - int(key), tuple(values)


def _with_tensors(layer: NcnnLayer, reader: _TensorReader) -> NcnnLayer:
    tensors = tuple(reader.read(f"ncnn layer {layer.name}", shape) for shape in _shapes(layer))
    return NcnnLayer(layer.kind, layer.name, layer.inputs, layer.outputs, layer.settings, tensors)


def _shapes(layer: NcnnLayer) -> list[tuple[int, ...]]:
    """Say what the binary holds for a layer: kernels of dense layers as (out, in), then the bias."""
    if layer.kind == "Gemm":
        kernel = (layer.integer(8), layer.integer(9))
        return [kernel] if layer.integer(10) == -1 else [kernel, kernel[:1]]
    if layer.kind == "ConvolutionDepthWise1D":
        return [(layer.integer(0), layer.integer(1))]
    return []


class _TensorReader:
    """Takes tensor after tensor; each begins with four bytes that say its precision."""

    def __init__(self, binary: bytes) -> None:
        self._binary = binary
        self._position = 0

    def read(self, owner: str, shape: tuple[int, ...]) -> Float32:
        flag = int.from_bytes(self._take(4, owner), "little")
        if flag not in {_HALF_PRECISION, _SINGLE_PRECISION}:
            raise ModelError(f"{owner}: 0x{flag:08x} names no precision this reader knows")
        kind = np.dtype("<f2" if flag == _HALF_PRECISION else "<f4")
        size = int(np.prod(shape))
        values = np.frombuffer(self._take(size * kind.itemsize, owner), kind).astype(np.float32)
        self._take(-self._position % 4, owner)
        if not np.isfinite(values).all():
            raise ModelError(f"{owner}: a weight is not finite")
        return values.reshape(shape)

    def finish(self) -> None:
        if self._position != len(self._binary):
            left = len(self._binary) - self._position
            raise ModelError(f"ncnn weights: {left} bytes are left after the last layer")

    def _take(self, count: int, owner: str) -> bytes:
        part = self._binary[self._position : self._position + count]
        if len(part) < count:
            raise ModelError(f"{owner}: the weights end at byte {len(self._binary)}, in the middle of it")
        self._position += count
        return part
