"""Which certificate authorities vouch for a server, for those who want them as one file."""

from __future__ import annotations

import os
import ssl

import certifi


def authorities_file() -> str:
    """Return the file `SSL_CERT_FILE` names, else this system's, else certifi's."""
    named = os.environ.get("SSL_CERT_FILE")
    return named or ssl.get_default_verify_paths().cafile or certifi.where()
