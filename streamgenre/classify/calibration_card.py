"""The card's [calibration]: what the beliefs made of a model's scores proved to be worth."""

from __future__ import annotations

from streamgenre.classify.card_table import CardTable
from streamgenre.settings import CalibrationSettings

_WAYS = ("hmm", "ema", "vote", "none", "verdict")


def read_calibration(table: CardTable) -> CalibrationSettings:
    """Read the table; a belief not in it is taken as it is. Raises ModelError for what does not fit."""
    found = {way: table.number(way, 0.05, 20.0) for way in _WAYS if table.has(way)}
    table.finish()
    return CalibrationSettings(**found)
