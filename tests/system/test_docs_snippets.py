"""Every command and snippet of the documentation is executed as its reader would, with real parts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from streamgenre.config import load_settings
from streamgenre.fleet.stations.read import read_station_list
from streamgenre.settings import Settings
from tests.support.doc_elsewhere import ELSEWHERE, elsewhere
from tests.support.doc_sandbox import Sandbox, sandbox
from tests.support.doc_snippets import PAGES, ROOT, SHELL, Command, Snippet, commands, one_by_one, snippets

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

AT_ONCE = re.compile(r"README")
"""The page of every run; the others, new ones too, are of the full run."""
REFERENCE = (ROOT / "docs" / "commands.md",)
"""Pages whose commands are no story: each begins anew, with all configured."""
GOES_ON = re.compile(
    r"\bstreamgenre (--\S+ )*(listen|run|demo|dashboard)\b"
    r"(?!.*( --(help|duration|fast|as-fast-as-possible)\b|>))"
    r"|\bmosquitto_sub\b(?!.* -[CW] )|\btail -[fF]\b"
)
KEEPS_READING = re.compile(r"\bloop_forever\(\)")
NEEDS_DAEMON = re.compile(r"\bcurl\b.*:9464|\bmosquitto_sub\b|\bstreamgenre dashboard\b")
OURS = re.compile(r"^\[+(node|sources|model|decide|mqtt|history|metrics|json_lines|log)\]", re.MULTILINE)
HERE_DOCUMENT = re.compile(r"<<'?(\w+)'?\n.*?\n\1$", re.DOTALL | re.MULTILINE)
LEFT_OUT = re.compile(r",?\s*…")
LOOKS_LIKE_A_CALL = re.compile(
    r"^\s*(\$ )?(sudo )?(streamgenre|make|curl|mosquitto_\w+) (?!.*\[OPTIONS\])[\w-]", re.MULTILINE
)


def parameters() -> list[Any]:
    marks = {True: [], False: [pytest.mark.slow]}
    return [
        pytest.param(page, marks=marks[bool(AT_ONCE.match(page.stem))], id=str(page.relative_to(ROOT)))
        for page in PAGES
        if snippets(page)
    ]


@pytest.mark.parametrize("page", parameters())
def test_what_a_page_tells_to_do_can_be_done(page: Path, tmp_path: Path):
    missing: list[str] = []
    blocks = snippets(page)
    if page in REFERENCE:
        for number, block in enumerate(one_by_one(blocks)):
            configured = "config init" not in block.text
            assert do([block], tmp_path / str(number), missing, configured=configured) == 1
    else:
        assert do(blocks, tmp_path / "all", missing, configured=False) == len(blocks)
    if missing:
        pytest.skip(f"{page.name}: not run, for it is not installed: {', '.join(missing)}")


def do(blocks: list[Snippet], folder: Path, missing: list[str], *, configured: bool) -> int:
    """Do what blocks tell, one after the other, in one sandbox; return how many were done."""
    with sandbox(folder) as reader:
        reader.prepare("\n".join(part for block in blocks for part in taken_for_granted(block)))
        if configured:
            reader.configure()
        done = 0
        for block in blocks:
            KINDS[block.language](reader, block, missing)
            done += 1
    return done


def taken_for_granted(block: Snippet) -> list[str]:
    """Return what of a block speaks of things that must be there."""
    if block.language in SHELL:
        return [call.text for call in commands(block) if not elsewhere(call.text)]
    return [block.text] if block.language in ("toml", "python") else []


def run_shell(reader: Sandbox, block: Snippet, missing: list[str]) -> None:
    for command in commands(block):
        program = absent_program(command)
        if entry := elsewhere(command.text):
            entry.instead(reader, command.text)
        elif program:
            missing.append(program)
        else:
            run_command(reader, command)


def run_command(reader: Sandbox, command: Command) -> None:
    words = reader.moved(command.text)
    if NEEDS_DAEMON.search(command.text):
        reader.need_daemon()
    if GOES_ON.search(command.text):
        reader.follow(words)
        return
    done = reader.run(words)
    assert done.returncode == 0, (
        f"{command.place}: {words}\nended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    )


def absent_program(command: Command) -> str | None:
    """Return a program of the command that this machine lacks."""
    words = re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "", HERE_DOCUMENT.sub("", command.text))
    called = re.findall(r"(?:^|[|;&]|\bsudo)\s*(?:\w+=\S* )*([a-z][\w.-]+)(?= |$)", words, re.MULTILINE)
    ours = {"streamgenre", "sudo", "arecord", "python"}
    builtin = {"cd", "export", "for", "do", "done", "while", "if", "then", "fi", "set", "source", "read"}
    return next((name for name in called if name not in ours | builtin and not shutil.which(name)), None)


def run_python(reader: Sandbox, block: Snippet, _: list[str]) -> None:
    """Each block stands by itself: who copies it can run it."""
    (reader.home / "snippet.py").write_text(reader.moved(block.text))
    if KEEPS_READING.search(block.text):
        reader.follow_reader(f"{sys.executable} snippet.py")
        return
    done = reader.run(f"{sys.executable} snippet.py")
    assert done.returncode == 0, f"{block.place}:\n{done.stderr}"


def take_configuration(reader: Sandbox, block: Snippet, missing: list[str]) -> None:
    """Put it where the text before it says, beside what is there if it goes together."""
    if block.text.startswith("[[stations]]"):
        take_stations(reader, block, missing)
        return
    text = reader.moved(block.text)
    tomllib.loads(text)
    named = block.file_name(".toml")
    if not OURS.search(text):
        return
    path = reader.path(named) if named else reader.config
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text() if path.exists() else ""
    path.write_text(text if set(tomllib.loads(before)) & set(tomllib.loads(text)) else f"{before}\n{text}")
    load_settings(path, {})


def parse_json(_: Sandbox, block: Snippet, __: list[str]) -> None:
    text = LEFT_OUT.sub("", block.text)
    try:
        json.loads(text)
    except json.JSONDecodeError:
        for line in text.splitlines():
            json.loads(line)


class _Tolerant(yaml.SafeLoader):
    """Takes the tags of Home Assistant for what they stand before."""


def tag(_: object, name: str, __: object) -> str:
    return name


_Tolerant.add_multi_constructor("!", tag)


def parse_yaml(_: Sandbox, block: Snippet, __: list[str]) -> None:
    assert yaml.load(block.text, _Tolerant)


def verify_unit(reader: Sandbox, block: Snippet, missing: list[str]) -> None:
    """Lay it beside the unit as a drop-in, and have systemd read both."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        missing.append("systemd-analyze")
        return
    unit = reader.folder / "units" / "streamgenre.service"
    drop_in = unit.with_name(f"{unit.name}.d") / "page.conf"
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.write_text(block.text)
    shutil.copy(ROOT / "systemd" / unit.name, unit)
    done = subprocess.run([analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "page.conf" in line]
    assert complaints == []


def show(_: Sandbox, block: Snippet, __: list[str]) -> None:
    """What a program printed; a command among it would never be run."""
    assert not LOOKS_LIKE_A_CALL.search(block.text), f"{block.place}: commands are written in ```sh"


def take_stations(_reader: Sandbox, block: Snippet, _missing: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"stations.{block.language}")
        path.write_text(block.text)
        found = read_station_list(path, Settings("radio"))
    assert found.stations, block.place
    assert found.problems == (), block.place


KINDS: dict[str, Callable[[Sandbox, Snippet, list[str]], None]] = {
    **dict.fromkeys(SHELL, run_shell),
    "python": run_python,
    "toml": take_configuration,
    "csv": take_stations,
    "json": parse_json,
    "yaml": parse_yaml,
    "ini": verify_unit,
    "text": show,
    "": show,
}


def test_every_kind_of_snippet_is_known():
    unknown = {block.place: block.language for page in PAGES for block in snippets(page)}
    assert {place: kind for place, kind in unknown.items() if kind not in KINDS} == {}


def test_what_is_not_run_is_there_and_has_its_own_test():
    calls = [
        call.text
        for page in PAGES
        for block in snippets(page)
        if block.language in SHELL
        for call in commands(block)
    ]
    found = {entry.pattern for text in calls if (entry := elsewhere(text))}
    assert [entry.pattern for entry in ELSEWHERE if entry.pattern not in found] == []
    assert [entry.where for entry in ELSEWHERE if not (ROOT / entry.where).exists()] == []
