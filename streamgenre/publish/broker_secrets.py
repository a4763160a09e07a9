"""Passwords and certificates for the broker: read anew for each connection, and kept nowhere."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from streamgenre.publish.broker_trouble import BrokerRefusalError, BrokerTrouble
from streamgenre.settings import MqttSettings

USUAL_CREDENTIAL = "mqtt-password"
LARGEST_PASSWORD_BYTES = 65_535


def read_password(settings: MqttSettings) -> str | None:
    """Return the password without its last line feed; None: there is none.

    Raises BrokerRefusalError where the file cannot be read.
    """
    path = password_path(settings)
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            line = file.read(LARGEST_PASSWORD_BYTES + 3).removesuffix(b"\n").removesuffix(b"\r")
        password = line.decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        text = f"the broker's password cannot be read from {path} ({reason})"
        raise BrokerRefusalError(BrokerTrouble("no password", text, "check mqtt.password_file")) from None
    if not line or len(line) > LARGEST_PASSWORD_BYTES:
        text = f"{path} holds no password of 1 to {LARGEST_PASSWORD_BYTES} bytes"
        raise BrokerRefusalError(BrokerTrouble("no password", text, "write the password alone into it"))
    return password


def password_path(settings: MqttSettings) -> Path | None:
    """Return where the password is: a bare name is looked for among systemd's credentials first."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    named = settings.password_file
    if credentials is None or (named is not None and len(named.parts) != 1):
        return named
    found = Path(credentials) / (named or USUAL_CREDENTIAL)
    return found if found.exists() else named


def tls_context(settings: MqttSettings) -> ssl.SSLContext:
    """Return a context that checks the broker's name and certificate, and shows ours.

    Raises BrokerRefusalError where a file of it cannot be used.
    """
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise _unusable("mqtt.ca_file", settings.ca_file, error) from None
    context.sslsocket_class = _TidySocket
    if settings.cert_file is not None:
        try:
            context.load_cert_chain(settings.cert_file, settings.key_file, password=_no_passphrase)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise _unusable("mqtt.cert_file and mqtt.key_file", settings.cert_file, error) from None
    return context


class _TidySocket(ssl.SSLSocket):
    """Closed at once where the handshake fails: the library that called for it forgets it."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002  # as the parent has it
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def _no_passphrase() -> str:
    raise ValueError("the key is encrypted: store it without a passphrase")


def _unusable(what: str, path: Path, error: Exception) -> BrokerRefusalError:
    reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or error
    text = f"{path} cannot be used for TLS ({reason})"
    return BrokerRefusalError(BrokerTrouble("certificate file", text, f"{what} must name readable PEM files"))
