"""The musicnn wheel of 2019: fetching it, checking it, taking checkpoints, labels and licence out of it."""

from __future__ import annotations

import ast
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from training.tensor_bundle import TensorBundle

WHEEL = "musicnn==0.1.0"
WHEEL_SHA256 = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"


class WheelError(RuntimeError):
    """The wheel cannot be had, or is another one."""


def fetch_wheel(folder: Path) -> Path:
    """Download the wheel with pip into `folder`."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("musicnn-0.1.0-*.whl"))
    if done.returncode != 0 or not wheels:
        raise WheelError(
            f"pip could not download {WHEEL}: {done.stderr.strip()[-300:]}; give the wheel's path"
        )
    return wheels[0]


class MusicnnWheel:
    """An opened wheel, known to be the one these conversions were made for."""

    def __init__(self, path: Path) -> None:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != WHEEL_SHA256:
            raise WheelError(f"{path}: expected {WHEEL} with sha256 {WHEEL_SHA256}, found {found}")
        self._archive = zipfile.ZipFile(path)

    @classmethod
    def downloaded(cls) -> MusicnnWheel:
        with tempfile.TemporaryDirectory() as folder:
            return cls(fetch_wheel(Path(folder)))

    def checkpoint(self, name: str) -> TensorBundle:
        """Open MSD_musicnn or MTT_musicnn."""
        prefix = f"musicnn/{name}/"
        shard = self._archive.read(prefix + ".data-00000-of-00001")
        return TensorBundle(self._archive.read(prefix + ".index"), {0: shard})

    def labels(self, name: str) -> tuple[str, ...]:
        """Give the tags in the order of the outputs: MSD_LABELS or MTT_LABELS of its configuration."""
        tree = ast.parse(self._archive.read("musicnn/configuration.py"))
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "") == name:
                return tuple(ast.literal_eval(statement.value))
        raise WheelError(f"the wheel's configuration has no {name}")

    def licence(self) -> str:
        return self._archive.read("musicnn-0.1.0.dist-info/LICENSE.md").decode().strip() + "\n"
