from __future__ import annotations

from streamgenre.publish.node_diagnostics import MOST_SOURCES, NodeDiagnostics


def account(number):
    return {"source": f"s{number}", "time": f"2026-11-21T10:{number // 60:02}:{number % 60:02}.000Z"}


def told(count):
    diagnostics = NodeDiagnostics("radio")
    for number in reversed(range(count)):
        diagnostics.offer(account(number), 1.0)
    return diagnostics.take(2.0, waiting=0, lost=0)


def test_every_account_is_told_in_the_order_of_the_sources():
    found = told(3)
    assert [one["source"] for one in found["sources"]] == ["s2", "s1", "s0"]
    assert "sources_left_out" not in found


def test_of_thousands_the_newest_are_told_and_the_others_counted():
    found = told(MOST_SOURCES + 7)
    assert [one["source"] for one in found["sources"]] == [f"s{n}" for n in range(7, MOST_SOURCES + 7)]
    assert found["sources_left_out"] == 7
