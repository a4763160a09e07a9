"""The only door to other people's libraries: nothing but the benchmarks comes through it."""

from __future__ import annotations

import importlib
from types import ModuleType

PEERS = ("librosa", "torch", "scipy", "sonara", "kaldi-native-fbank", "essentia", "ducc0")
"""By the names under which they are installed."""
HOW_TO_GET = "not installed; in the source tree `make bench` sets up an environment that has it"

_MODULES = {"kaldi-native-fbank": "kaldi_native_fbank"}


def peer(name: str) -> ModuleType | None:
    """Import one; None where it is not installed or does not load."""
    try:
        return importlib.import_module(_MODULES.get(name, name))
    except (ImportError, OSError):  # OSError: a shared library it wants is not there
        return None


def part_of(name: str, part: str) -> ModuleType:
    """Import a module within an installed peer."""
    return importlib.import_module(f"{_MODULES.get(name, name)}.{part}")
