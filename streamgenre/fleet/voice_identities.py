"""Stations as publishers show them; what their models are called and say is read from the cards alone."""

from __future__ import annotations

from collections.abc import Iterable

from streamgenre.classify.model_card import Head, ModelCard, read_card
from streamgenre.classify.registry import find_model
from streamgenre.errors import ModelError
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.settings import SourceSettings


def identities(stations: Iterable[SourceSettings]) -> list[SourceIdentity]:
    """Return them in order; raises ModelError, naming the first station, for a model that cannot be used."""
    models: dict[str, tuple[ModelCard, Head]] = {}
    found: list[SourceIdentity] = []
    for station in stations:
        if station.model not in models:
            models[station.model] = _genre_model(station)
        card, genres = models[station.model]
        found.append(SourceIdentity(station.id, station.shown_as, card.name, genres.labels))
    return found


def _genre_model(station: SourceSettings) -> tuple[ModelCard, Head]:
    try:
        card = read_card(find_model(station.model))
    except ModelError as error:
        raise ModelError(f"station {station.id}: {error}") from error
    if card.genre is None:
        raise ModelError(f"station {station.id}: {card.path}: model {card.name} gives tags, not genres")
    return card, card.genre
