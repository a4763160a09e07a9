"""Several processes of one section, and one that crashes."""

from __future__ import annotations

from streamgenre.bench import worker
from streamgenre.bench.effort import QUICK
from streamgenre.bench.rows import compared, failed, measured
from streamgenre.bench.worker import middle_rows, run_section


def run_of(ours: float) -> list:
    return [
        measured("front-end", "clip", "s", [ours]),
        compared("front-end", "clip", "s", [ours], "librosa", [12.0]),
    ]


def test_the_middle_process_is_told():
    found = middle_rows([run_of(3.0), run_of(1.0), run_of(2.0)])
    assert [(row.ours, row.ratio) for row in found] == [(2.0, None), (2.0, 6.0)]


def test_what_broke_in_one_process_is_not_hidden_by_the_others():
    broken = failed("front-end", "clip", "broken")
    found = middle_rows([run_of(1.0), [broken], run_of(2.0)])
    assert [row.error for row in found] == ["broken", None]


def test_a_crash_is_a_row_with_its_error():
    rows = run_section("no such section", QUICK)
    assert [row.name for row in rows] == ["the process that measures"]
    assert "KeyError" in (rows[0].error or "")


def test_libraries_are_held_to_one_thread(monkeypatch):
    seen = {}

    def run(_command, *, env, **_):
        seen.update(env)
        return worker.subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr(worker.subprocess, "run", run)
    assert run_section("front-end", QUICK) == []
    assert {seen[name] for name in worker.ONE_THREAD} == {"1"}
