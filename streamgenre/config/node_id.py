"""What a node is called where nobody said."""

from __future__ import annotations

import re
import socket

LONGEST_ID = 64


def default_node_id() -> str:
    """Return the host's name in the letters an id may have."""
    letters = re.sub(r"[^a-z0-9_-]+", "-", socket.gethostname().lower())
    return letters.strip("-")[:LONGEST_ID] or "streamgenre"
