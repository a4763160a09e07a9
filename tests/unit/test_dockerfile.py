"""The rules of our Dockerfile. No engine is needed: what can be done without one is done."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.packages import ROOT, hatchling

EXEC_FORM = ("ENTRYPOINT", "CMD")


def instructions() -> list[list[str]]:
    """Return each keyword with what follows it, continued lines joined and comments left out."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [line.split(maxsplit=1) for line in joined.splitlines() if line]


def said(keyword: str, *, of: list[list[str]] | None = None) -> list[str]:
    return [text for word, text in of or instructions() if word == keyword]


def last_stage() -> list[list[str]]:
    every = instructions()
    return every[max(place for place, (word, _) in enumerate(every) if word == "FROM") :]


def copied() -> list[str]:
    """Return what is taken from the checkout."""
    from_here = [text.split() for text in said("COPY") if not text.startswith("--from=")]
    return [source for words in from_here for source in words[:-1]]


def test_base_images_name_a_release_of_python_and_of_debian():
    arguments = dict(text.split("=", 1) for text in said("ARG"))
    images = [text.split()[0] for text in said("FROM")]
    assert len(images) == 2
    for image in images:
        named = re.sub(r"\$\{(\w+)\}", lambda found: arguments[found.group(1)], image)
        assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", named)


def test_nothing_is_fetched_but_from_locked_requirements_and_debian():
    commands = " && ".join(said("RUN"))
    assert said("ADD") == []
    assert re.search(r"curl|wget|git clone|://", commands) is None
    for install in re.findall(r"pip install [^&]*", commands):
        assert "--require-hashes" in install or {"--no-deps", "--no-index"} <= set(install.split())
    assert all("--no-install-recommends" in line for line in re.findall(r"apt-get install [^&]*", commands))
    assert "rm -rf /var/lib/apt/lists/*" in commands


def test_it_runs_as_nobody_special_and_gets_signals_itself():
    stage = last_stage()
    user = said("USER", of=stage)[-1]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    place = [word for word, _ in stage].index("USER")
    assert {word for word, _ in stage[place:]} <= {"USER", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", *EXEC_FORM}
    for keyword in EXEC_FORM:
        assert all(isinstance(word, str) for word in json.loads(said(keyword, of=stage)[-1]))


def test_no_secret_is_built_in():
    assert re.search(r"(?i)password|secret|token", " ".join([*said("ARG"), *said("ENV")])) is None


def test_what_is_copied_is_let_through_and_makes_the_wheel(tmp_path):
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    let_through = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert {source for source in copied() if source not in let_through} == set()
    for source in let_through:
        copy(ROOT / source, tmp_path / "src" / source)
    hatchling(tmp_path / "src", tmp_path, "wheel")
    assert len(list(tmp_path.glob("streamgenre-*.whl"))) == 1


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def test_hadolint_finds_nothing():
    if shutil.which("hadolint") is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run(["hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
