"""What a newcomer may rely on: requirements pinned by hash, short files, verbs that are told."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKED = sorted((ROOT / "requirements").glob("*.txt"))
SOURCES = sorted(path for room in ("streamgenre", "training") for path in (ROOT / room).rglob("*.py"))
VERBS = {
    "setup",
    "run",
    "demo",
    "check",
    "test",
    "test-full",
    "test-homeassistant",
    "bench",
    "docs",
    "train",
    "dist",
    "deb",
    "lock",
    "clean",
}


def wanted(path: Path) -> set[str]:
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return {line for line in lines if line and not line.startswith("-")}


def function_lengths(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1


@pytest.mark.parametrize("locked", LOCKED, ids=lambda path: path.stem)
def test_each_requirement_is_pinned_with_its_hashes_and_no_index_is_named(locked):
    text = locked.read_text()
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)
    for requirement in text.replace("\\\n", " ").splitlines():
        assert re.match(r"[a-z0-9.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement), requirement
    assert locked.with_suffix(".in").exists()


def test_the_package_wants_what_its_requirement_file_pins():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(project["project"]["dependencies"]) == wanted(ROOT / "requirements" / "run.in")
    assert set(project["build-system"]["requires"]) == wanted(ROOT / "requirements" / "build.in")


def test_the_notices_name_every_library_installed_to_run():
    names = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "run.txt").read_text(), re.MULTILINE))
    notices = (ROOT / "THIRD_PARTY_NOTICES.md").read_text()
    assert {
        name for name in names if not re.search(rf"(^\| |, ){re.escape(name)}\b", notices, re.MULTILINE)
    } == set()


def test_files_and_functions_stay_short():
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: count for name, count in lines.items() if count > 400} == {}
    assert statistics.median(lines.values()) < 150
    lengths = dict(pair for path in SOURCES for pair in function_lengths(path))
    assert {name: count for name, count in lengths.items() if count > 50} == {}
    assert statistics.median(lengths.values()) < 8


def test_make_alone_lists_its_verbs():
    listed = subprocess.run(["make", "-C", ROOT], capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z-]+)", listed, re.MULTILINE)) >= VERBS


@pytest.mark.parametrize(
    "source", ["http://radio.example/a?b=c&d=$e", "two words.wav", 'it\'s "it".wav', "$(HOME)"]
)
def test_a_source_reaches_the_program_as_it_was_typed(source, tmp_path):
    """The program is replaced by one that prints what it is called with."""
    program = tmp_path / "bin" / "streamgenre"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    for stamp in (".made", ".run", ".system-demo"):
        (tmp_path / stamp).touch()
    call = ["make", "--silent", "-C", ROOT, "demo", f"VENV={tmp_path}", f"SOURCE={source}"]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    assert [line for line in done.stdout.splitlines() if not line.startswith("make")] == [
        "listen",
        "--",
        source,
    ]
