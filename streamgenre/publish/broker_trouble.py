"""Why the broker cannot be used, in words, and what to do about each reason."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from streamgenre.errors import BrokerError
from streamgenre.publish.broker_address import BrokerAddress


@dataclass(frozen=True, slots=True)
class BrokerTrouble:
    """One reason; two of the same kind and text are the same trouble."""

    kind: str
    """unknown host, port closed, wrong password and so on: few, and made for machines to compare."""
    text: str
    """What was seen, and where."""
    remedy: str
    """What to do."""

    def __str__(self) -> str:
        return f"{self.text}; {self.remedy}"


class BrokerRefusalError(BrokerError):
    """The broker cannot be used just now."""

    def __init__(self, trouble: BrokerTrouble) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


TOO_LARGE = 149
"""The reason code for a message that this broker will never take."""

_CERTIFICATE_TROUBLES = {
    9: ("certificate expired", "is not valid yet", "set this machine's clock, or renew it"),
    10: ("certificate expired", "has expired", "renew it on the broker, or set this machine's clock"),
    18: ("wrong authority", "is its own authority", "name that certificate as mqtt.ca_file"),
    62: ("wrong name", "is for another name", "use a name that the certificate holds in mqtt.url"),
    64: ("wrong name", "is for another address", "use a name that the certificate holds in mqtt.url"),
}
_UNKNOWN_HOST = (
    "unknown host",
    "the broker's host in {address} is not known",
    "check mqtt.url and this machine's DNS",
)
_NETWORK_TROUBLES: tuple[tuple[type[Exception], str, str, str], ...] = (
    (socket.gaierror, *_UNKNOWN_HOST),
    (UnicodeError, *_UNKNOWN_HOST),
    (
        ConnectionRefusedError,
        "port closed",
        "nothing listens at {address}",
        "start the broker, or check the port in mqtt.url",
    ),
    (TimeoutError, "no answer", "{address} does not answer", "check host, firewall and network"),
)
_REASONS = {
    132: ("protocol", "does not speak this version of MQTT", 'set mqtt.protocol = "3.1.1"'),
    133: ("client id", "refuses our client id", "allow ids that begin with streamgenre- on the broker"),
    134: ("wrong password", "refuses user and password", "check mqtt.username and mqtt.password_file"),
    135: ("wrong password", "does not let us in", "check mqtt.username and mqtt.password_file"),
    136: ("unavailable", "is not available", "look at the broker's log; it is tried again"),
    137: ("unavailable", "is busy", "look at the broker's load; it is tried again"),
    138: ("banned", "has banned us", "lift the ban on the broker"),
    139: ("unavailable", "is shutting down", "it is tried again"),
    140: ("wrong password", "wants another way to log in", "allow user and password on the broker"),
    141: ("lost", "heard nothing from us for too long", "look at the network between"),
    142: ("taken over", "says that another client uses our id", "give each node its own node.id"),
    TOO_LARGE: ("too large", "finds a message too large", "raise the packet size that the broker allows"),
    151: ("quota", "says that a quota is exceeded", "raise the broker's limits for this user"),
    152: ("unavailable", "was told to end our connection", "ask who administers the broker"),
    154: ("no retaining", "keeps no retained messages", "allow them on the broker, or use another"),
    155: ("no QoS 1", "acknowledges no messages", "allow QoS 1 on the broker, or use another"),
    159: ("quota", "says that we connect too often", "it is tried again"),
}


def trouble_of_reason(code: int, address: BrokerAddress) -> BrokerTrouble:
    """Return what a reason code of MQTT 5, of CONNACK or DISCONNECT, means for the user."""
    unknown = ("refused", f"ended the connection with reason {code}", "look at the broker's log")
    kind, text, remedy = _REASONS.get(code, unknown)
    return BrokerTrouble(kind, f"the broker at {address} {text}", remedy)


def trouble_of_topic(code: int, topic: str) -> BrokerTrouble:
    """Return what it means that a publication, or a subscription, was answered with this reason code."""
    if code in {128, 135}:
        return BrokerTrouble(
            "not allowed", f"the broker does not let us use {topic}", "allow it in the broker's access rules"
        )
    if code == TOO_LARGE:
        return BrokerTrouble(
            "too large",
            f"a message to {topic} is larger than the broker takes",
            "raise the size of packets that the broker allows",
        )
    return BrokerTrouble(
        "not taken", f"the broker does not take {topic} (reason {code})", "look at the broker's log"
    )


def trouble_of_silence(address: BrokerAddress, seconds: float) -> BrokerTrouble:
    """It accepts connections and says nothing."""
    return BrokerTrouble(
        "no answer",
        f"the broker at {address} has not answered for {seconds:.0f} s",
        "it may hang, or be something else than a broker: look at it; it is tried again",
    )


def trouble_of_closing(address: BrokerAddress, *, answered: bool) -> BrokerTrouble:
    """The connection ended without a reason; before the first answer that means something else."""
    if answered:
        return BrokerTrouble(
            "lost", f"the connection to the broker at {address} was lost", "it is tried again"
        )
    if address.tls:
        return _client_certificate(address)
    return BrokerTrouble(
        "not a broker",
        f"what answers at {address} is no MQTT broker",
        "use the port of MQTT, or mqtts:// if the port is for TLS",
    )


def trouble_of_flapping(address: BrokerAddress, client_id: str) -> BrokerTrouble:
    """Connections are lost without a reason soon after they began; some brokers do not tell why."""
    return BrokerTrouble(
        "taken over",
        f"the broker at {address} ends each connection after seconds; "
        f"another node may use the id {client_id}, or a message may be larger than it takes",
        "give each node its own node.id, or look at the broker's log",
    )


def trouble_of_error(error: Exception, address: BrokerAddress) -> BrokerTrouble:
    """Return what an exception on the way to the first answer means for the user."""
    match error:
        case BrokerRefusalError():
            found = error.trouble
        case ssl.SSLCertVerificationError():
            found = _certificate(error, address)
        case ssl.SSLError():
            found = _tls(error.reason or "", address)
        case ConnectionResetError() | BrokenPipeError():
            found = _tls("", address) if address.tls else trouble_of_closing(address, answered=False)
        case _:
            found = _network(error, address) or _not_a_broker(error, address)
    return found


def _network(error: Exception, address: BrokerAddress) -> BrokerTrouble | None:
    for kind_of_error, kind, text, remedy in _NETWORK_TROUBLES:
        if isinstance(error, kind_of_error):
            return BrokerTrouble(kind, text.format(address=address), remedy)
    if isinstance(error, OSError) and error.errno:
        text = f"{address} cannot be reached ({error.strerror})"
        return BrokerTrouble("no route", text, "check host, firewall and network")
    return None


def _not_a_broker(error: Exception, address: BrokerAddress) -> BrokerTrouble:
    if address.path is not None:
        text = f"there is no MQTT over WebSocket at {address} ({error})"
        return BrokerTrouble("not a broker", text, "check port and path in mqtt.url")
    text = f"what answers at {address} is no MQTT broker ({error!r})"
    return BrokerTrouble("not a broker", text, "check the port in mqtt.url")


def _certificate(error: ssl.SSLCertVerificationError, address: BrokerAddress) -> BrokerTrouble:
    unknown = ("wrong authority", "is of an authority not trusted here", "name its CA as mqtt.ca_file")
    kind, text, remedy = _CERTIFICATE_TROUBLES.get(error.verify_code, unknown)
    return BrokerTrouble(kind, f"the certificate of the broker at {address} {text}", remedy)


def _tls(reason: str, address: BrokerAddress) -> BrokerTrouble:
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason or "BAD_CERTIFICATE" in reason:
        return _client_certificate(address)
    return BrokerTrouble(
        "not tls", f"what answers at {address} does not speak TLS", "use the port for TLS, or mqtt:// without"
    )


def _client_certificate(address: BrokerAddress) -> BrokerTrouble:
    return BrokerTrouble(
        "client certificate",
        f"{address} ended the connection after TLS had begun, before its first answer",
        "if it wants a client certificate, name one as mqtt.cert_file and mqtt.key_file; "
        "else look whether the port is that of MQTT",
    )
