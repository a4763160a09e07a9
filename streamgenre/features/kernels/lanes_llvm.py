"""What each function of `lanes` compiles to: vector instructions that LLVM fits to the processor.

A multiplication and the addition of its result may become one instruction ("contract"); nothing else
about floating-point arithmetic is loosened.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from enum import Enum, auto

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin

from streamgenre.features.kernels import lanes as vocabulary
from streamgenre.features.kernels.lanes import LANES, MANTISSA_BITS, ROW, SQRT_HALF_BITS
from streamgenre.features.kernels.lanes_types import (
    DOUBLE,
    INTS,
    ONE_ON,
    SINGLE,
    Emitter,
    Precision,
    Untyped,
    Value,
)

Emit = Callable[..., Value]

_FUSED = ("contract",)
_TO_READ, _TO_KEEP, _DATA = 0, 3, 1
_typed: Untyped = infer_global


class Kind(Enum):
    """A type whose numbers are of one precision or the other."""

    LANES = auto()
    COMPLEX = auto()
    MEMORY = auto()
    NUMBER = auto()
    EIGHT = auto()
    COMPLEX_EIGHT = auto()

    def of(self, precision: Precision) -> object:
        return {
            Kind.LANES: precision.lanes,
            Kind.COMPLEX: precision.complex_lanes,
            Kind.MEMORY: precision.memory,
            Kind.NUMBER: precision.number,
            Kind.EIGHT: types.UniTuple(precision.lanes, 8),
            Kind.COMPLEX_EIGHT: types.UniTuple(precision.complex_lanes, 8),
        }[self]


REAL, COMPLEX, MEMORY = Kind.LANES, Kind.COMPLEX, Kind.MEMORY
SINGLES, SINGLE_MEMORY = SINGLE.lanes, SINGLE.memory


def compiles(function: Callable[..., object], result: object, *arguments: object) -> Callable[[Emit], Emit]:
    """Let calls of `function` with these types become what the decorated function emits.

    For both precisions where a `Kind` is among the types.
    """

    def register(emit: Emit) -> Emit:
        both = any(isinstance(kind, Kind) for kind in (result, *arguments))
        for precision in (SINGLE, DOUBLE) if both else (SINGLE,):
            known = [kind.of(precision) if isinstance(kind, Kind) else kind for kind in (result, *arguments)]
            _register(function, emit, precision, known[0], known[1:])
        return emit

    return register


def _register(
    function: Callable[..., object], emit: Emit, precision: Precision, result: object, known: list[object]
) -> None:
    @_typed(function)
    class Call(AbstractTemplate):
        key = function

        def generic(self, args: tuple[object, ...], kws: object) -> object:
            fits = len(args) == len(known) and all(map(_is, args, known))
            return signature(result, *args) if fits and not kws else None

    @lower_builtin(function, *known)
    def lower(context: Untyped, builder: Untyped, call: Untyped, args: Sequence[Value]) -> Value:
        emitter = Emitter(context, builder, call, precision)
        return emit(emitter, *(emitter.argument(i, arg) for i, arg in enumerate(args)))


def _is(kind: object, wanted: object) -> bool:
    return isinstance(kind, wanted) if isinstance(wanted, type) else kind == wanted


@_typed(vocabulary.memory)
class MemoryCall(AbstractTemplate):
    key = vocabulary.memory

    def generic(self, args: Sequence[Untyped], _: object) -> object:
        return signature(types.CPointer(args[0].dtype), *args) if args[0].layout == "C" else None


@lower_builtin(vocabulary.memory, types.Array)
def _memory(context: Untyped, builder: Untyped, call: Untyped, args: Sequence[Value]) -> Value:
    return context.make_array(call.args[0])(context, builder, args[0]).data


@compiles(vocabulary.load, REAL, MEMORY, types.Integer)
def _load(emit: Emitter, memory: Value, at: Value) -> Value:
    return emit.load(emit.after(memory, at), emit.precision)


@compiles(vocabulary.load_as, REAL, MEMORY, SINGLE_MEMORY, types.Integer)
def _load_as(emit: Emitter, like: Value, memory: Value, at: Value) -> Value:  # noqa: ARG001  # only its type counts
    return emit.converted(emit.load(emit.after(memory, at), SINGLE), SINGLE, emit.precision)


@compiles(vocabulary.store, types.none, MEMORY, types.Integer, REAL)
def _store(emit: Emitter, memory: Value, at: Value, value: Value) -> Value:
    emit.store(emit.after(memory, at), value, emit.precision)
    return emit.context.get_dummy_value()


@compiles(vocabulary.store_single, types.none, SINGLE_MEMORY, types.Integer, REAL)
def _store_single(emit: Emitter, memory: Value, at: Value, value: Value) -> Value:
    emit.store(emit.after(memory, at), emit.converted(value, emit.precision, SINGLE), SINGLE)
    return emit.context.get_dummy_value()


@compiles(vocabulary.fetch_ahead, types.none, SINGLE_MEMORY, types.Integer)
def _fetch_ahead(emit: Emitter, memory: Value, at: Value) -> Value:
    number, place = ir.IntType(32), emit.llvm.gep(memory, [at])
    kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
    prefetch = cgutils.get_or_insert_function(emit.llvm.module, kind, "llvm.prefetch.p0")
    emit.llvm.call(prefetch, [place, number(_TO_READ), number(_TO_KEEP), number(_DATA)])
    return emit.context.get_dummy_value()


@compiles(vocabulary.load_row, COMPLEX, MEMORY, types.Integer)
def _load_row(emit: Emitter, memory: Value, row: Value) -> Value:
    real = emit.after(memory, emit.llvm.mul(row, row.type(ROW)))
    parts = emit.load(real, emit.precision), emit.load(emit.after(real, LANES), emit.precision)
    return emit.complex(*parts)


@compiles(vocabulary.store_row, types.none, MEMORY, types.Integer, COMPLEX)
def _store_row(emit: Emitter, memory: Value, row: Value, value: Value) -> Value:
    place = emit.after(memory, emit.llvm.mul(row, row.type(ROW)))
    real, imag = emit.parts(value)
    emit.store(place, real, emit.precision)
    emit.store(emit.after(place, LANES), imag, emit.precision)
    return emit.context.get_dummy_value()


@compiles(vocabulary.spread, SINGLES, types.Float)
def _spread(emit: Emitter, number: Value) -> Value:
    return emit.spread(number)


@compiles(vocabulary.zeros, REAL, MEMORY)
def _zeros(emit: Emitter, like: Value) -> Value:  # noqa: ARG001  # only its type counts
    return emit.zeros()


@compiles(vocabulary.scaled, REAL, REAL, types.Float)
def _scaled(emit: Emitter, value: Value, number: Value) -> Value:
    return _mul(emit, value, emit.spread(number))


@compiles(vocabulary.spread_pair, COMPLEX, MEMORY, types.Integer)
def _spread_pair(emit: Emitter, memory: Value, pair: Value) -> Value:
    real = emit.after(memory, emit.llvm.mul(pair, pair.type(2)))
    numbers = emit.llvm.load(real), emit.llvm.load(emit.after(real, 1))
    return emit.complex(*map(emit.spread, numbers))


@compiles(operator.add, REAL, REAL, REAL)
def _add(emit: Emitter, a: Value, b: Value) -> Value:
    return emit.llvm.fadd(a, b, flags=_FUSED)


@compiles(operator.sub, REAL, REAL, REAL)
def _sub(emit: Emitter, a: Value, b: Value) -> Value:
    return emit.llvm.fsub(a, b, flags=_FUSED)


@compiles(operator.mul, REAL, REAL, REAL)
def _mul(emit: Emitter, a: Value, b: Value) -> Value:
    return emit.llvm.fmul(a, b, flags=_FUSED)


@compiles(operator.add, COMPLEX, COMPLEX, COMPLEX)
def _add_complex(emit: Emitter, a: Value, b: Value) -> Value:
    return emit.complex(*map(emit.llvm.fadd, emit.parts(a), emit.parts(b)))


@compiles(operator.sub, COMPLEX, COMPLEX, COMPLEX)
def _sub_complex(emit: Emitter, a: Value, b: Value) -> Value:
    return emit.complex(*map(emit.llvm.fsub, emit.parts(a), emit.parts(b)))


@compiles(operator.mul, COMPLEX, COMPLEX, COMPLEX)
def _mul_complex(emit: Emitter, a: Value, b: Value) -> Value:
    (ar, ai), (br, bi) = emit.parts(a), emit.parts(b)
    real = _sub(emit, _mul(emit, ar, br), _mul(emit, ai, bi))
    return emit.complex(real, _add(emit, _mul(emit, ar, bi), _mul(emit, ai, br)))


@compiles(vocabulary.to_complex, COMPLEX, REAL, REAL)
def _to_complex(emit: Emitter, real: Value, imag: Value) -> Value:
    return emit.complex(real, imag)


@compiles(vocabulary.conjugate, COMPLEX, COMPLEX)
def _conjugate(emit: Emitter, value: Value) -> Value:
    real, imag = emit.parts(value)
    return emit.complex(real, emit.llvm.fneg(imag))


@compiles(vocabulary.turned, COMPLEX, COMPLEX)
def _turned(emit: Emitter, value: Value) -> Value:
    real, imag = emit.parts(value)
    return emit.complex(imag, emit.llvm.fneg(real))


@compiles(vocabulary.eighth_turned, COMPLEX, COMPLEX)
def _eighth_turned(emit: Emitter, value: Value) -> Value:
    real, imag = emit.parts(value)
    root = emit.spread(emit.precision.llvm_number(0.5**0.5))
    turned = emit.llvm.fadd(real, imag), emit.llvm.fsub(imag, real)
    return emit.complex(*(emit.llvm.fmul(part, root) for part in turned))


@compiles(vocabulary.squared, REAL, COMPLEX)
def _squared(emit: Emitter, value: Value) -> Value:
    real, imag = emit.parts(value)
    return _add(emit, _mul(emit, real, real), _mul(emit, imag, imag))


@compiles(vocabulary.transposed, Kind.COMPLEX_EIGHT, Kind.COMPLEX_EIGHT)
def _transposed(emit: Emitter, rows: Value) -> Value:
    real, imag = zip(*map(emit.parts, emit.items(rows)), strict=True)
    columns = map(emit.complex, emit.transposed(real), emit.transposed(imag))
    return emit.context.make_tuple(emit.llvm, Kind.COMPLEX_EIGHT.of(emit.precision), list(columns))


@compiles(vocabulary.backwards, REAL, REAL)
def _backwards(emit: Emitter, value: Value) -> Value:
    return emit.woven(value, value, reversed(range(LANES)))


@compiles(vocabulary.one_on, REAL, REAL)
def _one_on(emit: Emitter, value: Value) -> Value:
    return emit.woven(value, emit.zeros(), ONE_ON)


@compiles(vocabulary.sum_each, REAL, Kind.EIGHT)
def _sum_each(emit: Emitter, rows: Value) -> Value:
    return emit.sum_each(emit.items(rows))


@compiles(vocabulary.sum_all, Kind.NUMBER, REAL)
def _sum_all(emit: Emitter, value: Value) -> Value:
    return emit.folded(value, emit.llvm.fadd)


@compiles(vocabulary.least_of, types.float32, SINGLES)
def _least_of(emit: Emitter, value: Value) -> Value:
    return emit.folded(value, lambda a, b: _lesser(emit, a, b))


@compiles(vocabulary.at_least, SINGLES, SINGLES, SINGLES)
def _at_least(emit: Emitter, floor: Value, value: Value) -> Value:
    return emit.llvm.select(emit.llvm.fcmp_ordered("<", value, floor), floor, value)


@compiles(vocabulary.lesser, SINGLES, SINGLES, SINGLES)
def _lesser(emit: Emitter, a: Value, b: Value) -> Value:
    return emit.llvm.select(emit.llvm.fcmp_ordered("<", a, b), a, b)


@compiles(vocabulary.if_above, SINGLES, SINGLES, SINGLES, SINGLES, SINGLES)
def _if_above(emit: Emitter, floor: Value, value: Value, chosen: Value, other: Value) -> Value:
    return emit.llvm.select(emit.llvm.fcmp_ordered(">", value, floor), chosen, other)


@compiles(vocabulary.exponent, SINGLES, SINGLES)
def _exponent(emit: Emitter, value: Value) -> Value:
    return emit.llvm.sitofp(_exponent_bits(emit, emit.llvm.bitcast(value, INTS)), SINGLE.vector)


@compiles(vocabulary.mantissa, SINGLES, SINGLES)
def _mantissa(emit: Emitter, value: Value) -> Value:
    bits = emit.llvm.bitcast(value, INTS)
    exponent = emit.llvm.shl(_exponent_bits(emit, bits), _in_all(MANTISSA_BITS))
    return emit.llvm.bitcast(emit.llvm.sub(bits, exponent), SINGLE.vector)


def _exponent_bits(emit: Emitter, bits: Value) -> Value:
    return emit.llvm.ashr(emit.llvm.sub(bits, _in_all(SQRT_HALF_BITS)), _in_all(MANTISSA_BITS))


def _in_all(number: int) -> ir.Constant:
    return ir.Constant(INTS, [number] * LANES)
