"""What the image would run, run without an engine: its health check, in its environment, on a real daemon."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.audio_files import write_wav
from tests.support.daemon import daemon, free_port
from tests.support.packages import ROOT
from tests.support.sounds import tune

pytestmark = pytest.mark.system


def image_environment() -> dict[str, str]:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    told = re.findall(r"^ENV (.*)$", text, re.MULTILINE)
    return dict(word.split("=", 1) for line in told for word in shlex.split(line))


def health_check() -> list[str]:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    found = re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", text, re.MULTILINE)
    assert found is not None
    return json.loads(found.group(1))


def test_the_container_is_healthy_once_a_source_is_heard(tmp_path: Path):
    environment = image_environment()
    assert environment["STREAMGENRE_METRICS__LISTEN"].startswith("127.0.0.1:")
    own = {"STREAMGENRE_METRICS__LISTEN": f"127.0.0.1:{free_port()}"}
    program, *words = health_check()
    assert program == "python"

    def healthy() -> bool:
        check = [sys.executable, *words]
        return subprocess.run(check, env=os.environ | own, capture_output=True, check=False).returncode == 0

    assert not healthy()
    song = write_wav(tmp_path / "song.wav", tune(120, 22_050), 22_050)
    configuration = f'[[sources]]\nid = "main"\nsource = "{song}"\n'
    with daemon(tmp_path, configuration, **own) as running:
        running.wait(healthy, "health")
        assert (tmp_path / "state").is_dir()
        assert running.end() == 0
    assert not healthy()
