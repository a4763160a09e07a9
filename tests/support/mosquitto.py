"""A real MQTT broker on free loopback ports, with passwords, access rules and TLS of its own authority."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SEARCH_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
MOSQUITTO = shutil.which("mosquitto", path=SEARCH_PATH)
PASSWORDS = {"streamgenre": "secret", "viewer": "look", "ha": "assist"}
ACCESS_RULES = """\
user streamgenre
topic readwrite streamgenre/#
topic readwrite homeassistant/#
user ha
topic readwrite homeassistant/#
topic read streamgenre/#
topic write streamgenre/+/+/set
user viewer
topic read streamgenre/#
topic read homeassistant/#
"""
UNSTORED = ("PING", "DISCONNECT", "disconnected", "closed", "New connection")
CONFIGURATION = """\
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/access
persistence true
persistence_location {folder}/
autosave_interval 1
autosave_on_changes true
log_dest file {folder}/mosquitto.log
log_type all
{user}
listener {port} 127.0.0.1
listener {tls_port} 127.0.0.1
cafile {folder}/ca.crt
certfile {folder}/server.crt
keyfile {folder}/server.key
listener {websocket_port} 127.0.0.1
protocol websockets
listener {secure_websocket_port} 127.0.0.1
protocol websockets
cafile {folder}/ca.crt
certfile {folder}/server.crt
keyfile {folder}/server.key
listener {strict_port} 127.0.0.1
cafile {folder}/ca.crt
certfile {folder}/server.crt
keyfile {folder}/server.key
require_certificate true
"""


@dataclass(slots=True)
class Broker:
    """One mosquitto, which can be stopped, killed and started again on the same ports and stored state."""

    folder: Path
    port: int
    """Plain TCP on 127.0.0.1."""
    tls_port: int
    """TLS on 127.0.0.1 and localhost, signed by `ca_file`."""
    websocket_port: int
    """Plain WebSocket."""
    secure_websocket_port: int
    """WebSocket over TLS."""
    strict_port: int
    """TLS for those who show a certificate of the same authority."""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def ports(self) -> tuple[int, ...]:
        websockets = (self.websocket_port, self.secure_websocket_port)
        return (self.port, self.tls_port, *websockets, self.strict_port)

    def configure(self, line: str) -> None:
        """Add a line for all listeners; it holds from the next start on."""
        file = self.folder / "mosquitto.conf"
        file.write_text(f"{line}\n{file.read_text()}")

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"mqtts://localhost:{self.tls_port}"

    @property
    def websocket_url(self) -> str:
        return f"ws://127.0.0.1:{self.websocket_port}/mqtt"

    @property
    def secure_websocket_url(self) -> str:
        return f"wss://localhost:{self.secure_websocket_port}/mqtt"

    @property
    def strict_url(self) -> str:
        return f"mqtts://localhost:{self.strict_port}"

    @property
    def log(self) -> str:
        path = self.folder / "mosquitto.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        assert MOSQUITTO is not None
        assert self.process is None
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                [MOSQUITTO, "-c", str(self.folder / "mosquitto.conf")], stdout=output, stderr=output
            )
        self._wait_until_open()

    def stop(self) -> None:
        """End it in good order; its stored state remains."""
        if self.process is not None:
            self.process.terminate()
            self._reap()

    def kill(self) -> None:
        """End it as a power cut would: what it acknowledged last may be lost."""
        if self.process is not None:
            self.process.kill()
            self._reap()

    def kill_saved(self) -> None:
        """End it as a power cut would end one that stores each message before it acknowledges it.

        Mosquitto stores a moment after; it is stopped until it is seen with everything stored.
        """
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            self.freeze()
            if self._has_stored_all() and not (self.folder / "mosquitto.db.new").exists():
                self.kill()
                return
            self.thaw()
            time.sleep(0.01)
        raise RuntimeError(f"mosquitto never stored all it had:\n{self.log[-2000:]}")

    def _has_stored_all(self) -> bool:
        """Comings and goings change nothing that is stored."""
        lines = [line for line in self.log.splitlines() if not any(word in line for word in UNSTORED)]
        return bool(lines) and "Saving in-memory database" in lines[-1]

    def read_rules_again(self) -> None:
        """Take what has changed in access rules and passwords; connections stay."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def freeze(self) -> None:
        """Let it hang: its connections stay and nothing is answered."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def _reap(self) -> None:
        assert self.process is not None
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)
        self.process = None

    def _wait_until_open(self) -> None:
        assert self.process is not None
        give_up = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < give_up:
            if all(accepts(port) for port in self.ports):
                return
            time.sleep(0.02)
        output = (self.folder / "output").read_text(errors="replace")
        self.kill()
        raise RuntimeError(f"mosquitto did not start:\n{output}\n{self.log}")


def accepts(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Return distinct loopback ports that nothing listened on a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def make_certificates(folder: Path) -> None:
    """Write ca.crt, and server.crt for localhost and 127.0.0.1 that it has signed, with their keys."""
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    authority = ("-x509", "-days", "2", "-subj", "/CN=streamgenre test authority")
    openssl(folder, "req", *authority, *new_key, "-keyout", "ca.key", "-out", "ca.crt")
    sign(folder, "server", days=2)


def sign(folder: Path, name: str, *, days: int) -> None:
    """Write name.crt for localhost and 127.0.0.1, and its key; with negative days it has expired."""
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        folder, "req", *new_key, "-subj", "/CN=localhost", "-keyout", f"{name}.key", "-out", f"{name}.csr"
    )
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
    authority = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
    openssl(
        folder, "x509", "-req", "-in", f"{name}.csr", *authority, "-days", str(days), "-out", f"{name}.crt"
    )


def make_accounts(
    folder: Path, accounts: dict[str, str] = PASSWORDS, access_rules: str = ACCESS_RULES
) -> None:
    passwords = folder / "passwords"
    passwords.write_text("".join(f"{name}:{password}\n" for name, password in accounts.items()))
    hasher = shutil.which("mosquitto_passwd", path=SEARCH_PATH) or "mosquitto_passwd"
    subprocess.run([hasher, "-U", str(passwords)], check=True, capture_output=True, timeout=60)
    (folder / "access").write_text(access_rules)
    for secret in (passwords, folder / "access"):
        secret.chmod(0o600)


def make_broker(folder: Path) -> Broker:
    """Write everything a broker needs into an empty folder; it is not yet started."""
    port, tls_port, websocket_port, secure_websocket_port, strict_port = free_ports(5)
    make_certificates(folder)
    make_accounts(folder)
    user = "user root" if os.geteuid() == 0 else ""
    (folder / "mosquitto.conf").write_text(
        CONFIGURATION.format(
            folder=folder,
            port=port,
            tls_port=tls_port,
            websocket_port=websocket_port,
            secure_websocket_port=secure_websocket_port,
            strict_port=strict_port,
            user=user,
        )
    )
    return Broker(folder, port, tls_port, websocket_port, secure_websocket_port, strict_port)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Broker]:
    """A running broker of this test's own; ended by its process id."""
    if MOSQUITTO is None or shutil.which("openssl") is None:
        pytest.skip("mosquitto or openssl is not installed")
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    broker = make_broker(folder)
    broker.start()
    try:
        yield broker
    finally:
        if broker.process is not None:
            broker.thaw()
        broker.stop()
