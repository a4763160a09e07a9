"""What `listen` imports on its way to the first decision."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import soundfile

from tests.support.sounds import tune

RESEARCH = ("librosa", "matplotlib", "onnx", "pandas", "scipy", "sklearn", "torch")


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> set[str]:
    """Names of all modules that a short `listen` asked for, as `python -X importtime` tells them."""
    path = tmp_path_factory.mktemp("start") / "a.wav"
    soundfile.write(path, tune(3.6, 16000), 16000)
    command = [sys.executable, "-X", "importtime", "-m", "streamgenre.cli", "listen", str(path), "--json"]
    done = subprocess.run([*command, "--as-fast-as-possible"], capture_output=True, text=True, check=True)
    assert '"top": [{' in done.stdout
    return set(re.findall(r"^import time:.*\|\s+(\S+)$", done.stderr, re.MULTILINE))


def test_the_report_of_imports_is_understood(imported):
    assert {"numba", "onnxruntime", "streamgenre.pipeline"} <= imported


@pytest.mark.parametrize("library", RESEARCH)
def test_no_research_library_is_imported(imported, library):
    """Numba asks for scipy: the refusal leaves a line, but no module of its own is read after it."""
    loaded = {name for name in imported if name.startswith(f"{library}.")} - {
        "scipy.linalg",
        "scipy.linalg.cython_blas",
    }
    assert loaded == set()
    assert library == "scipy" or library not in imported


def test_the_dashboard_is_left_to_terminals(imported):
    assert not any(name.startswith("streamgenre.publish.dashboard") for name in imported)
