"""Where a public server may lead: not to this machine or its network, which it could not reach itself."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from streamgenre.capture.source_text import shown
from streamgenre.errors import PermanentSourceError


def is_public(host: str) -> bool:
    """Whether a numeric address can be reached by everybody; what is none is not."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_global


def require_public(url: str) -> None:
    """Raise PermanentSourceError where a host's name leads into this network; unknown is not near."""
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    for *_, address in found:
        if not is_public(str(address[0])):
            raise leads_home(url, str(address[0]))


def leads_home(url: str, host: str) -> PermanentSourceError:
    """Return what to say of an address that a public server named."""
    return PermanentSourceError(
        f"{shown(url)}: a public server leads to {host}, in this machine's own network; "
        "that is not followed, so give that address itself if it is meant"
    )
