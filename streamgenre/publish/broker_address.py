"""Where the broker is: what a URL says of it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from streamgenre.errors import ConfigurationError

PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
USUAL_WEBSOCKET_PATH = "/mqtt"


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Everything of a broker's URL; it never holds a password."""

    scheme: str
    """mqtt, mqtts, ws or wss."""
    host: str
    port: int
    path: str | None
    """Of the WebSocket; None: plain MQTT."""
    username: str | None

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.scheme in {"mqtts", "wss"}

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path or ''}"


def parse_broker_url(url: str) -> BrokerAddress:
    """Return what the URL says; raises ConfigurationError, which never repeats a password."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise _refused("mqtt.url: the port must be a number from 1 to 65535") from None
    _check(parts, port)
    path = (parts.path.rstrip("/") or USUAL_WEBSOCKET_PATH) if parts.scheme in {"ws", "wss"} else None
    username = unquote(parts.username) if parts.username else None
    return BrokerAddress(parts.scheme, parts.hostname or "", port or PORTS[parts.scheme], path, username)


def _check(parts: SplitResult, port: int | None) -> None:
    if parts.password is not None:
        raise ConfigurationError(
            "mqtt.url holds a password, which others could read: "
            "put it into a file and name that as mqtt.password_file"
        )
    if parts.scheme not in PORTS:
        raise _refused(f"mqtt.url: {parts.scheme or 'no scheme'} is none of mqtt, mqtts, ws, wss")
    if not parts.hostname or port == 0:
        raise _refused("mqtt.url names no host" if port != 0 else "mqtt.url: port 0 cannot be connected to")
    if parts.path.strip("/") and parts.scheme in {"mqtt", "mqtts"}:
        raise _refused(f"mqtt.url: {parts.path} is too much; the prefix of topics is mqtt.prefix")


def _refused(what: str) -> ConfigurationError:
    return ConfigurationError(f"{what}; write it as mqtt://HOST:1883 or mqtts://HOST:8883")
