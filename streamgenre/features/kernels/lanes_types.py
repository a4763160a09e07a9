"""How numba sees eight numbers, and how their instructions are written; see `lanes`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import models, register_model

from streamgenre.features.kernels.lanes import LANES

Untyped = Any  # numba and llvmlite have no types
Value = Untyped

INTS = ir.VectorType(ir.IntType(32), LANES)

# How two values are woven into one: 0 to 7 are the lanes of the first, 8 to 15 those of the second.
LOW_SINGLES, HIGH_SINGLES = (0, 8, 1, 9, 4, 12, 5, 13), (2, 10, 3, 11, 6, 14, 7, 15)
LOW_PAIRS, HIGH_PAIRS = (0, 1, 8, 9, 4, 5, 12, 13), (2, 3, 10, 11, 6, 7, 14, 15)
LOW_HALVES, HIGH_HALVES = (0, 1, 2, 3, 8, 9, 10, 11), (4, 5, 6, 7, 12, 13, 14, 15)
ONE_ON = (1, 2, 3, 4, 5, 6, 7, 8)


class LanesType(types.Type):
    def __init__(self, number: Untyped) -> None:
        self.number = number
        super().__init__(f"lanes_of_{number}")


class ComplexLanesType(types.Type):
    def __init__(self, lanes: LanesType) -> None:
        self.lanes = lanes
        super().__init__(f"complex_{lanes}")


@dataclass(frozen=True, slots=True)
class Precision:
    """All that differs between float32 and float64."""

    number: Untyped
    lanes: Untyped
    complex_lanes: Untyped
    memory: Untyped
    llvm_number: Untyped
    vector: Untyped

    @classmethod
    def of(cls, number: Untyped, llvm_number: Untyped) -> Precision:
        lanes = LanesType(number)
        memory, vector = types.CPointer(number), ir.VectorType(llvm_number, LANES)
        return cls(number, lanes, ComplexLanesType(lanes), memory, llvm_number, vector)


SINGLE = Precision.of(types.float32, ir.FloatType())
DOUBLE = Precision.of(types.float64, ir.DoubleType())


@register_model(LanesType)
class LanesModel(models.PrimitiveModel):
    def __init__(self, manager: object, kind: Untyped) -> None:
        vector = DOUBLE.vector if kind == DOUBLE.lanes else SINGLE.vector
        super().__init__(manager, kind, vector)


@register_model(ComplexLanesType)
class ComplexLanesModel(models.StructModel):
    def __init__(self, manager: object, kind: Untyped) -> None:
        super().__init__(manager, kind, [("real", kind.lanes), ("imag", kind.lanes)])


class Emitter:
    """Writes the instructions of one call."""

    def __init__(self, context: Untyped, builder: Untyped, call: Untyped, precision: Precision) -> None:
        self.context, self.llvm, self.call, self.precision = context, builder, call, precision

    def argument(self, index: int, value: Value) -> Value:
        kind = self.call.args[index]
        if isinstance(kind, types.Integer):
            return self.context.cast(self.llvm, value, kind, types.intp)
        if isinstance(kind, types.Float):
            return self.context.cast(self.llvm, value, kind, self.precision.number)
        return value

    def parts(self, value: Value) -> tuple[Value, Value]:
        pair = self.context.make_helper(self.llvm, self.precision.complex_lanes, value)
        return pair.real, pair.imag

    def complex(self, real: Value, imag: Value) -> Value:
        pair = self.context.make_helper(self.llvm, self.precision.complex_lanes)
        pair.real, pair.imag = real, imag
        return pair._getvalue()  # noqa: SLF001  # numba's way to read a structure

    def items(self, values: Value) -> list[Value]:
        return cgutils.unpack_tuple(self.llvm, values, 8)

    def after(self, memory: Value, index: Value | int) -> Value:
        return cgutils.gep_inbounds(self.llvm, memory, index)

    def load(self, memory: Value, precision: Precision) -> Value:
        place = self.llvm.bitcast(memory, precision.vector.as_pointer())
        return self.llvm.load(place, align=_bytes(precision))

    def store(self, memory: Value, value: Value, precision: Precision) -> None:
        place = self.llvm.bitcast(memory, precision.vector.as_pointer())
        self.llvm.store(value, place, align=_bytes(precision))

    def converted(self, value: Value, source: Precision, target: Precision) -> Value:
        if source is target:
            return value
        convert = self.llvm.fpext if target is DOUBLE else self.llvm.fptrunc
        return convert(value, target.vector)

    def woven(self, a: Value, b: Value, order: Iterable[int]) -> Value:
        return self.llvm.shuffle_vector(a, b, ir.Constant(INTS, list(order)))

    def spread(self, number: Value) -> Value:
        nothing = ir.Constant(self.precision.vector, ir.Undefined)
        one = self.llvm.insert_element(nothing, number, ir.IntType(32)(0))
        return self.woven(one, one, [0] * LANES)

    def zeros(self) -> Value:
        return ir.Constant(self.precision.vector, [0.0] * LANES)

    def woven_each(self, ones: Sequence[Value], others: Sequence[Value], order: Sequence[int]) -> list[Value]:
        return [self.woven(a, b, order) for a, b in zip(ones, others, strict=True)]

    def transposed(self, rows: Sequence[Value]) -> list[Value]:
        return [
            column
            for halves in (LOW_HALVES, HIGH_HALVES)
            for column in self.transposed_quarters(self.woven_each(rows[:4], rows[4:], halves))
        ]

    def transposed_quarters(self, rows: Sequence[Value]) -> list[Value]:
        """Of the four lower and of the four upper lanes of four values."""
        singles = [self.woven(a, b, order) for order in (LOW_SINGLES, HIGH_SINGLES) for a, b in _pairs(rows)]
        return [self.woven(a, b, order) for a, b in _pairs(singles) for order in (LOW_PAIRS, HIGH_PAIRS)]

    def sum_each(self, rows: Sequence[Value]) -> Value:
        sums = self.added_pairwise(rows, LOW_SINGLES, HIGH_SINGLES)
        sums = self.added_pairwise(sums, LOW_PAIRS, HIGH_PAIRS)
        return self.added_pairwise(sums, LOW_HALVES, HIGH_HALVES)[0]

    def folded(self, value: Value, join: Callable[[Value, Value], Value]) -> Value:
        """One number of eight: the halves joined, then quarters, then eighths."""
        for half in (4, 2, 1):
            value = join(value, self.woven(value, value, [(i + half) % LANES for i in range(LANES)]))
        return self.llvm.extract_element(value, ir.IntType(32)(0))

    def added_pairwise(self, rows: Sequence[Value], low: Sequence[int], high: Sequence[int]) -> list[Value]:
        return [self.llvm.fadd(self.woven(a, b, low), self.woven(a, b, high)) for a, b in _pairs(rows)]


def _bytes(precision: Precision) -> int:
    return precision.number.bitwidth // 8


def _pairs(values: Sequence[Value]) -> list[tuple[Value, Value]]:
    return list(zip(values[::2], values[1::2], strict=True))
