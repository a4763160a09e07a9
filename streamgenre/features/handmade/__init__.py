"""The papers' expert features, from the samples of one window."""

from streamgenre.features.handmade.handmade import Handmade, handmade_features
from streamgenre.settings import HANDMADE_COLUMNS, HandmadeSettings

__all__ = ["HANDMADE_COLUMNS", "Handmade", "HandmadeSettings", "handmade_features"]
