"""ONNX Runtime is not to make files or connections of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = "import streamgenre.classify; from streamgenre.classify.onnx_model import OnnxModel"


def test_the_model_room_keeps_the_runtime_from_telemetry(tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", SCRIPT], env=environment, check=True, timeout=120)
    assert [path for path in tmp_path.rglob("*") if "onnx" in path.name.lower()] == []
