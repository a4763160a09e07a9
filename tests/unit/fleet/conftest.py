"""What holds for every test of a fleet."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture(autouse=True)
def a_log_that_speaks() -> None:
    """A simulation silences the fleet's log, hours of which would be all that is seen, and may go first."""
    logging.getLogger("streamgenre.fleet").setLevel(logging.NOTSET)
