"""The wheel and the sdist: they hold all that a checkout has to run, and run where there is nothing else."""

from __future__ import annotations

import email
import os
import re
import shutil
import subprocess
import tarfile
import zipfile
from email.message import Message
from pathlib import Path

import pytest

from streamgenre import __version__
from tests.support.packages import (
    INSTALL_SECONDS,
    ROOT,
    Distributions,
    distributions,
    hatchling,
    run,
    skip_without_index,
)
from tests.support.program import PROGRAM

pytestmark = pytest.mark.timeout(1800)

COMPLETIONS = {
    "share/bash-completion/completions/streamgenre": "streamgenre.bash",
    "share/zsh/site-functions/_streamgenre": "_streamgenre",
    "share/fish/vendor_completions.d/streamgenre.fish": "streamgenre.fish",
}
MAN_FOLDER = "share/man/man1"
COMPLETION_FOLDER = ROOT / "packaging" / "completions"
# What each shell would offer after these words.
ASKING = {
    "bash": """
        source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _streamgenre streamgenre
        printf '%s\\n' "${COMPREPLY[@]}"
    """,
    "zsh": """
        script=$1; shift; words=("$@"); CURRENT=$#
        _arguments() { print -rl -- "$@" }; _files() { print "(files)" }
        source $script
    """,
    "fish": 'source $argv[1]; complete --do-complete "$argv[2..]"',
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    return distributions(tmp_path_factory.mktemp("dist"))


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def metadata(wheel: Path) -> Message:
    files = contents(wheel)
    return email.message_from_bytes(files[f"streamgenre-{__version__}.dist-info/METADATA"])


def kept(folder: str, place: str) -> set[str]:
    """Return the files of a folder of this checkout, by the names they are installed under."""
    paths = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    compiled = (".pyc", ".nbi", ".nbc")
    return {f"{place}/{path.relative_to(ROOT / folder)}" for path in paths if path.suffix not in compiled}


def test_the_wheel_holds_program_models_units_completions_manual_and_licences(built):
    described = f"streamgenre-{__version__}"
    expected = (
        kept("streamgenre", "streamgenre")
        | kept("models", "streamgenre/shipped_models")
        | kept("systemd", "streamgenre/shipped_units")
        | {f"{described}.data/data/{place}" for place in COMPLETIONS}
        | kept("packaging/man", f"{described}.data/data/{MAN_FOLDER}")
        | {f"{described}.dist-info/licenses/{name}" for name in ("LICENSE", "THIRD_PARTY_NOTICES.md")}
    )
    found = contents(built.wheel).keys()
    assert expected - found == set()
    further = {name.removeprefix(f"{described}.dist-info/") for name in found - expected}
    assert further == {"METADATA", "WHEEL", "RECORD", "entry_points.txt"}


def test_the_metadata_tells_version_licence_and_what_it_is(built):
    told = metadata(built.wheel)
    assert told["Version"] == __version__
    assert told["License-Expression"] == "MIT"
    assert told["Description-Content-Type"] == "text/markdown"
    assert told.get_payload(decode=True) == (ROOT / "README.md").read_bytes()
    wanted = [line for line in (ROOT / "requirements/run.in").read_text().splitlines() if line[:1].isalpha()]
    needed = [line for line in told.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert sorted(map(named, needed)) == sorted(map(named, wanted))


def named(requirement: str) -> str:
    return re.split(r"[<>=]", requirement)[0]


def test_a_wheel_made_from_the_sdist_is_the_same(built, tmp_path):
    with tarfile.open(built.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    project = tmp_path / built.sdist.name.removesuffix(".tar.gz")
    hatchling(project, tmp_path, "wheel")
    assert contents(next(tmp_path.glob("*.whl"))) == contents(built.wheel)
    assert os.access(project / "packaging" / "build-deb", os.X_OK)
    assert (project / "requirements" / "run.txt").read_bytes() == (ROOT / "requirements/run.txt").read_bytes()


@pytest.mark.slow
def test_both_run_in_an_empty_environment(built, tmp_path):
    skip_without_index(tmp_path)
    environment = tmp_path / "environment"
    run([shutil.which("python3") or "python3", "-m", "venv", environment], INSTALL_SECONDS, tmp_path)
    pip: list[str | Path] = [environment / "bin" / "python", "-m", "pip", "--quiet", "install"]
    locked = ROOT / "requirements" / "run.txt"
    run([*pip, "--require-hashes", "-r", locked], INSTALL_SECONDS, tmp_path)
    for package, options in (
        (built.wheel, ["--no-index"]),
        (built.sdist, ["--force-reinstall", "--no-deps"]),
    ):
        run([*pip, *options, package], INSTALL_SECONDS, tmp_path)
        settles_in(environment, tmp_path)
    assert (environment / "bin" / "streamgenre").exists()


def settles_in(environment: Path, folder: Path) -> None:
    """It finds its models, its units, completions and manual, and hears the built-in programme."""

    def ask(*words: str) -> str:
        program = environment / "bin" / "streamgenre"
        return run([program, *words], INSTALL_SECONDS, folder, HOME=str(folder), PYTHONPATH="")

    assert ask("--version") == f"streamgenre {__version__}\n"
    assert "jazz" in ask("demo", "--fast")
    assert "genre-light" in ask("models", "list")
    assert "PrivateDevices=yes" in ask("service", "print", "--stream-only")
    assert ask("config", "init", "-").startswith("# The configuration of streamgenre")
    assert all((environment / place).is_file() for place in (*COMPLETIONS, f"{MAN_FOLDER}/streamgenre.1"))


@pytest.mark.parametrize(("shell", "script"), [*zip(ASKING, COMPLETIONS.values(), strict=True)])
def test_a_shell_completes_commands_and_values_and_leaves_files_to_itself(shell, script):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")

    def offered(*words: str) -> str:
        asked = [" ".join(words)] if shell == "fish" else words
        no_configuration = {"bash": "--norc", "zsh": "-f", "fish": "--no-config"}[shell]
        before = [] if shell == "fish" else [shell]
        return run(
            [shell, no_configuration, "-c", ASKING[shell], *before, COMPLETION_FOLDER / script, *asked],
            120, ROOT, PATH=f"{PROGRAM.parent}:{os.environ['PATH']}",
        )  # fmt: skip

    assert "listen" in offered("streamgenre", "li")
    assert "models" not in offered("streamgenre", "li")
    assert "verify" in offered("streamgenre", "models", "")
    assert "hmm" in offered("streamgenre", "listen", "--smoothing", "h")
    files = {"bash": "\n", "zsh": "(files)\n", "fish": "README.md\n"}[shell]
    assert offered("streamgenre", "classify", "README") == files


def test_the_program_installs_completion_for_the_shell_it_is_called_from(tmp_path):
    environment = os.environ | {"HOME": str(tmp_path)}
    called = ["bash", "--norc", "-c", f"'{PROGRAM}' --install-completion; true"]
    done = subprocess.run(called, capture_output=True, text=True, env=environment, check=True, timeout=120)
    assert "bash completion installed" in done.stdout
    assert "complete_bash" in (tmp_path / ".bash_completions" / "streamgenre.sh").read_text()
