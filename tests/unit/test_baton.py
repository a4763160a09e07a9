"""Holding, laying down, and not waiting for ever."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from streamgenre import baton as baton_module
from streamgenre.baton import Baton

PATIENCE = 20.0


def in_thread(work) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_one_computes_at_a_time_and_another_while_it_is_laid_down(monkeypatch):
    monkeypatch.setattr(baton_module, "PATIENCE_SECONDS", PATIENCE)
    baton, order = Baton(), []

    def other():
        with baton.held:
            order.append("other computes")

    with baton.held:
        thread = in_thread(other)
        thread.join(0.1)
        order.append("first computes")
        with baton.laid_down:
            thread.join(PATIENCE)
            order.append("first infers")
        order.append("first computes again")
    assert order == ["first computes", "other computes", "first infers", "first computes again"]


def test_laying_down_what_one_does_not_hold_means_nothing():
    baton = Baton()
    with baton.laid_down:
        pass
    with baton.held:
        thread = in_thread(baton.laid_down.__enter__)
        thread.join(PATIENCE)
        assert not thread.is_alive()
        other = in_thread(lambda: ExitStack().enter_context(baton.laid_down))
        other.join(PATIENCE)
        assert not other.is_alive()


def test_it_is_taken_again_after_an_error_and_given_back_at_the_end(monkeypatch):
    monkeypatch.setattr(baton_module, "PATIENCE_SECONDS", PATIENCE)
    baton = Baton()
    with pytest.raises(KeyError), baton.held, baton.laid_down:
        raise KeyError
    with baton.held:
        pass


def test_who_hangs_with_it_holds_nobody_up_for_long(monkeypatch):
    monkeypatch.setattr(baton_module, "PATIENCE_SECONDS", 0.01)
    baton, leave, inside = Baton(), threading.Event(), threading.Event()

    def hang():
        with baton.held:
            inside.set()
            assert leave.wait(PATIENCE)

    hanging = in_thread(hang)
    assert inside.wait(PATIENCE)
    with baton.held:
        monkeypatch.setattr(baton_module, "PATIENCE_SECONDS", PATIENCE)
    with baton.held, baton.laid_down:
        pass
    assert hanging.is_alive()
    leave.set()
    hanging.join(PATIENCE)
    assert not hanging.is_alive()
