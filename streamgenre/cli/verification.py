"""`models verify`: one model's golden vectors, run and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from streamgenre.classify.golden import OutputCheck, verify_model
from streamgenre.errors import ModelError


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found for one model."""

    name: str
    """As it was asked for."""
    windows: int
    """Golden windows that were run."""
    checks: tuple[OutputCheck, ...]
    error: str | None
    """Why nothing could be run."""

    @property
    def passed(self) -> bool:
        return self.error is None and all(check.passed for check in self.checks)


def verify_one(name: str) -> Verification:
    """Verify one model; whatever is wrong with it is in what is returned."""
    try:
        report = verify_model(name)
    except ModelError as error:
        return Verification(name, 0, (), str(error))
    return Verification(name, report.windows, report.checks, None)


def told(found: Verification) -> str:
    """Say it in a line an output."""
    if found.error is not None:
        return f"{found.name}: FAILED: {found.error}"
    return "\n".join(_line(found, check) for check in found.checks)


def failures(found: Sequence[Verification]) -> str:
    """Sum up what failed and what to do; empty if nothing did."""
    unlike = [one.name for one in found if one.error is None and not one.passed]
    unrun = [one.name for one in found if one.error is not None]
    words: list[str] = []
    if unlike:
        words.append(
            f"{', '.join(unlike)}: not as the golden vectors say; reinstall the model or onnxruntime"
        )
    if unrun:
        words.append(f"{', '.join(unrun)}: could not be verified, for the reason told")
    return "; ".join(words)


def payload(found: Verification) -> Mapping[str, object]:
    """Return what scripts are told."""
    checks = [asdict(check) | {"passed": check.passed} for check in found.checks]
    return asdict(found) | {"checks": checks, "passed": found.passed}


def _line(found: Verification, check: OutputCheck) -> str:
    word = "ok" if check.passed else "FAILED"
    errors = f"largest error {check.max_error:.1e}, allowed {check.tolerance:.1e}"
    return f"{found.name}: {check.output}: {word}: {errors} ({found.windows} windows)"
