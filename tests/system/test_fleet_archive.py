"""`streamgenre fleet classify` on a real Ray: one machine, several, and what ends them."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import soundfile

from streamgenre import classify
from streamgenre.errors import StreamgenreError
from streamgenre.publish.classification import row_of, row_of_failure
from tests.support.crashing_decoder import crashing
from tests.support.isolated_ray import isolated_ray, run_isolated
from tests.support.program import PROGRAM, run
from tests.support.ray_nodes import HEAD, processes, ray_processes, start_head, start_node, wait_until
from tests.support.sounds import silence, tune

pytestmark = pytest.mark.system
WORKER = "ray::MapWorker"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Three files, one of them broken."""
    folder = tmp_path / "archive"
    (folder / "sub").mkdir(parents=True)
    soundfile.write(folder / "b tune.flac", tune(5.0, 22050), 22050)
    soundfile.write(folder / "sub" / "a.wav", silence(3.0, 8000), 8000)
    (folder / "broken.mp3").write_bytes(b"no music here" * 50)
    return folder


@pytest.fixture
def tunes(tmp_path: Path) -> Path:
    """Six files, none of them broken."""
    folder = tmp_path / "tunes"
    folder.mkdir()
    for number in range(6):
        soundfile.write(folder / f"{number}.wav", tune(4.0, 22050, seed=number), 22050)
    return folder


def as_classified(path: Path) -> dict[str, Any]:
    try:
        return row_of(classify(path))
    except StreamgenreError as error:
        return row_of_failure(str(path), str(error))


def rows(out: Path) -> dict[str, dict[str, Any]]:
    """Return the rows of results.json by the names of their files."""
    return {Path(row["path"]).name: row for row in json.loads((out / "results.json").read_text())}


def journalled(out: Path) -> set[str]:
    """Return the names of the files that the journal holds."""
    journal = out / "journal.ndjson"
    lines = journal.read_text().splitlines()[1:] if journal.exists() else []
    return {Path(json.loads(line)["path"]).name for line in lines}


def words(folder: Path, out: Path, *more: str) -> list[str]:
    return ["fleet", "classify", str(folder), "--output", str(out), "--format", "json", *more]


@contextmanager
def running(folder: Path, out: Path, *more: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run it in the background; it is gone at the end of the block."""
    call = [PROGRAM, *words(folder, out, *more)]
    with subprocess.Popen(call, env=os.environ | environment, stderr=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def test_rows_are_those_of_classify(archive: Path, tmp_path: Path):
    out = tmp_path / "out"
    done = run_isolated(PROGRAM, *words(archive, out, "--jobs", "1"))
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    paths = [archive / "b tune.flac", archive / "broken.mp3", archive / "sub" / "a.wav"]
    assert json.loads((out / "results.json").read_text()) == [as_classified(path) for path in paths]
    with (out / "failed.csv").open() as file:
        assert [row["path"] for row in csv.DictReader(file)] == [str(archive / "broken.mp3")]
    assert "on this machine alone" in done.stderr
    assert "1 of 3 failed" in done.stderr


@pytest.mark.slow
@isolated_ray(200)
def test_a_file_that_crashes_its_process_is_a_row_and_takes_no_other_with_it(tunes: Path, tmp_path: Path):
    out, site = tmp_path / "out", crashing(tmp_path / "site")
    (tunes / "3.wav").rename(tunes / "3 crash.wav")
    done = run(*words(tunes, out, "--jobs", "2"), PYTHONPATH=site)
    assert (done.returncode, done.stdout) == (1, "")
    assert "1 of 6 failed" in done.stderr
    found = rows(out)
    assert [name for name, row in found.items() if row["error"]] == ["3 crash.wav"]
    assert "died 2 times" in found["3 crash.wav"]["error"]
    again = run(*words(tunes, out), PYTHONPATH=site)
    assert "0 of 6 files were heard now" in again.stderr
    better = run(*words(tunes, out, "--retry-failed", "--jobs", "1"))
    assert (better.returncode, rows(out)["3 crash.wav"]["error"]) == (0, None)


@pytest.mark.slow
@isolated_ray(200)
def test_a_worker_that_is_killed_is_replaced(tunes: Path, tmp_path: Path):
    out = tmp_path / "out"
    (tunes / "2.wav").rename(tunes / "2 wait.wav")
    with running(tunes, out, "--jobs", "1", PYTHONPATH=crashing(tmp_path / "site")) as child:
        wait_until(lambda: len(journalled(out)) == 2)
        os.kill(processes(WORKER)[0], signal.SIGKILL)
        (tunes / "2 wait.go").touch()
        assert child.wait(120) == 0
    assert len(rows(out)) == 6


@pytest.mark.slow
@isolated_ray(200)
def test_when_the_command_is_killed_nothing_finished_is_lost(tunes: Path, tmp_path: Path):
    out, site = tmp_path / "out", crashing(tmp_path / "site")
    (tunes / "5.wav").rename(tunes / "5 wait.wav")
    with running(tunes, out, "--jobs", "1", PYTHONPATH=site) as child:
        wait_until(lambda: len(journalled(out)) == 5)
        child.kill()
        wait_until(lambda: not processes(WORKER))
    (tunes / "5 wait.go").touch()
    with (out / "journal.ndjson").open("a") as journal:
        journal.write('{"path": "torn')
    done = run(*words(tunes, out, "--jobs", "1"), PYTHONPATH=site)
    assert (done.returncode, len(rows(out))) == (0, 6)
    assert "1 of 6 files were heard now" in done.stderr


def see_it_interrupted(tunes: Path, out: Path, site: str, ending: signal.Signals) -> None:
    (tunes / "5.wav").rename(tunes / "5 wait.wav")
    with running(tunes, out, "--jobs", "1", PYTHONPATH=site) as child:
        wait_until(lambda: len(journalled(out)) == 5)
        child.send_signal(ending)
        assert child.wait(60) == 130
        assert child.stderr
        told = child.stderr.read().splitlines()
    assert told[1:] == [
        f"streamgenre: stopped: 5 of 6 are in {out}/results.json; the same command goes on from there"
    ]
    assert list(rows(out)) == [f"{number}.wav" for number in range(5)]
    wait_until(lambda: not ray_processes())
    assert list(Path(os.environ["RAY_TMPDIR"]).glob("streamgenre*")) == []


@pytest.mark.slow
@isolated_ray(200)
def test_after_ctrl_c_what_is_done_is_kept_and_how_to_go_on_is_told(tunes: Path, tmp_path: Path):
    see_it_interrupted(tunes, tmp_path / "out", crashing(tmp_path / "site"), signal.SIGINT)
    assert len(journalled(tmp_path / "out")) == 5


@pytest.mark.slow
@isolated_ray(200)
def test_so_it_is_after_sigterm(tunes: Path, tmp_path: Path):
    see_it_interrupted(tunes, tmp_path / "out", crashing(tmp_path / "site"), signal.SIGTERM)
    assert len(journalled(tmp_path / "out")) == 5


@pytest.mark.slow
@isolated_ray(250)
def test_a_machine_that_dies_is_done_without(tunes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "out"
    monkeypatch.setenv("PYTHONPATH", crashing(tmp_path / "site"))
    start_head(1)
    start_node(1)
    raylets = processes("/raylet/raylet")
    (tunes / "0.wav").rename(tunes / "0 wait.wav")
    (tunes / "1.wav").rename(tunes / "1 wait.wav")
    with running(tunes, out, "--address", HEAD) as child:
        wait_until(lambda: len(processes(f"{WORKER}(MapBatches(ArchiveWorker)).submit")) == 2)
        os.kill(raylets[-1], signal.SIGKILL)
        for number in range(2):
            (tunes / f"{number} wait.go").touch()
        assert child.wait(200) == 0
    assert len(rows(out)) == 6


@pytest.mark.slow
@isolated_ray(200)
def test_a_machine_that_does_not_see_the_files_is_named(tunes: Path, tmp_path: Path):
    out = tmp_path / "out"
    start_head(0)
    hidden = f'hostname elsewhere; mount -t tmpfs none "{tunes}"; exec "$@"'
    start_node(1, around=["unshare", "--mount", "--uts", "bash", "-c", hidden, "_"])
    done = run(*words(tunes, out))
    assert done.returncode == 1
    assert f"on the cluster at {HEAD}: 2 machines, 1 CPU" in done.stderr
    assert all(
        "on the machine elsewhere; every machine must see" in row["error"] for row in rows(out).values()
    )
    start_node(1)
    with running(tunes, out, "--jobs", "1", "--address", HEAD) as child:
        assert child.wait(120) in (0, 1)
        assert child.stderr
        assert "6 of 6 files were heard now" in child.stderr.read()


@pytest.mark.slow
@isolated_ray(200)
def test_who_waits_for_a_free_processor_is_told(tunes: Path, tmp_path: Path):
    out = tmp_path / "out"
    start_head(0)
    with running(tunes, out) as child:
        assert child.stderr
        child.stderr.readline()
        assert "is free (1 machine, 0 CPUs; a live fleet" in child.stderr.readline()
        start_node(1)
        assert child.wait(120) == 0
    assert len(rows(out)) == 6


@pytest.mark.slow
@isolated_ray(200)
def test_a_head_that_is_lost_is_told_and_the_run_ends(
    tunes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = tmp_path / "out"
    monkeypatch.setenv("PYTHONPATH", crashing(tmp_path / "site"))
    start_head(1)
    (tunes / "5.wav").rename(tunes / "5 wait.wav")
    with running(tunes, out) as child:
        wait_until(lambda: len(journalled(out)) == 5)
        for pid in processes("gcs_server"):
            os.kill(pid, signal.SIGKILL)
        assert child.wait(120) == 1
        assert child.stderr
        assert f"the cluster's head at {HEAD} does not answer any more" in child.stderr.read()
    assert len(rows(out)) == 5


IN_PARTS = """
import sys
from pathlib import Path
from streamgenre import __version__
from streamgenre.classify.registry import load_genre_model
from streamgenre.fleet.archive import crew
from streamgenre.fleet.archive.listing import listed
from streamgenre.fleet.archive.task import Manner
from streamgenre.fleet.connection import connected
crew.FEWEST_FILES_AT_ONCE = crew.FILES_A_WORKER_AT_ONCE = 2
manner = Manner("genre-light", load_genre_model("genre-light").identity.sha256, 0.5, "hmm", __version__)
with connected("local", cpus=2) as connection, crew.Crew(connection, manner, 1) as ours:
    for answer in ours.answers(listed([Path(sys.argv[1])])):
        print(answer.outcome, answer.file.path)
"""


@pytest.mark.slow
@isolated_ray(200)
def test_many_files_are_given_to_ray_in_parts(tunes: Path):
    call = [sys.executable, "-c", IN_PARTS, str(tunes)]
    told = subprocess.run(call, capture_output=True, text=True, check=True)
    assert sorted(told.stdout.splitlines()) == [f"heard {tunes}/{number}.wav" for number in range(6)]
    assert told.stderr == ""


LISTENING = """
import subprocess
from streamgenre.fleet.connection import connected
with connected("local", cpus=1) as connection:
    print(connection.is_own)
    print(subprocess.run(["ss", "-Hltn"], capture_output=True, text=True).stdout)
"""


@pytest.mark.slow
@isolated_ray(120)
def test_a_cluster_of_ones_own_listens_on_loopback_alone():
    """Where Ray finds another address of the machine, it would rather listen there."""
    for call in ("addr add 10.9.8.7/24 dev lo", "route add default dev lo src 10.9.8.7"):
        subprocess.run(["ip", *call.split()], check=True)
    told = subprocess.run([sys.executable, "-c", LISTENING], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("True")
    ports = [line.split()[3] for line in told.stdout.splitlines() if "LISTEN" in line]
    assert len(ports) > 3
    assert [port for port in ports if "127.0.0.1" not in port] == []
    assert told.stderr == ""
