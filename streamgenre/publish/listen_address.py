"""Where a server of ours may listen."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass

from streamgenre.errors import ConfigurationError
from streamgenre.settings import MetricsSettings

_SHAPE = re.compile(r"(?:\[(?P<bracketed>[^\[\]]*)\]|(?P<plain>[^\[\]:]*)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """A numeric address and a port."""

    host: str
    port: int

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen(settings: MetricsSettings) -> ListenAddress:
    """Return where to listen; raises ConfigurationError for what is no address, or is public unasked."""
    told = f"metrics.listen = {settings.listen!r}"
    match = _SHAPE.fullmatch(settings.listen)
    if match is None or int(match["port"]) > 65535:
        raise ConfigurationError(f"{told}: not ADDRESS:PORT, as 127.0.0.1:9464 or [::1]:9464")
    text = match["bracketed"] if match["bracketed"] is not None else match["plain"]
    try:
        address = ipaddress.ip_address("127.0.0.1" if text == "localhost" else text)
    except ValueError:
        raise ConfigurationError(f"{told}: {text!r} is not a numeric address, nor localhost") from None
    if not address.is_loopback and not settings.allow_public:
        raise ConfigurationError(
            f"{told}: other machines could read it without a password; listen on 127.0.0.1, "
            "or set metrics.allow_public = true"
        )
    return ListenAddress(str(address), int(match["port"]))
