from __future__ import annotations

import socket
import threading
import time
from contextlib import closing

import pytest

from streamgenre.capture.stations import http
from streamgenre.capture.stations.http import Download
from streamgenre.errors import PermanentSourceError, SourceError, TransientSourceError
from tests.support.local_http import (
    file_server,
    fixed_answer,
    raw_server,
    self_signed,
    silent_server,
    status_server,
    tls_file_server,
    trickling_server,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Type: Audio/MPEG; charset=x\r\n\r\n"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def whole(url: str) -> bytes:
    with closing(Download(url)) as download:
        return b"".join(iter(lambda: download.read(1000), b""))


def test_a_body_comes_whole_and_may_be_looked_at_first():
    with fixed_answer(OK + b"x" * 5000 + b"end") as server, closing(Download(server.address)) as download:
        assert download.content_type == "audio/mpeg"
        assert download.content_length is None
        assert download.peek(3) == b"xxx"
        assert download.peek(9999) == b"x" * 5000 + b"end"
        assert len(download.read(10)) == 10
        rest = b"".join(iter(lambda: download.read(100_000), b""))
        assert rest == b"x" * 4990 + b"end"
    (request,) = server.requests
    assert "icy-metadata: 1" in request.lower()
    assert "accept-encoding: identity" in request.lower()


@pytest.mark.parametrize("cut", [1, 3, 4, 200])
def test_an_old_shoutcast_is_understood(cut):
    head = b"ICY 200 OK\r\nicy-name:Old\r\nicy-metaint:8192\r\nContent-Type:audio/mpeg\r\n\r\n"

    def answer(connection: socket.socket, _: str) -> None:
        connection.sendall(head[:cut])
        time.sleep(0.05)
        connection.sendall(head[cut:] + b"sound")

    with raw_server(answer) as server, closing(Download(server.address)) as download:
        assert download.is_station
        assert download.header("icy-metaint") == "8192"
        assert download.read(100) == b"sound"


def redirecting(target: str):
    def answer(connection: socket.socket, request: str) -> None:
        if request.startswith("GET /there"):
            connection.sendall(OK + b"sound")
        else:
            connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\n\r\n".encode())

    return raw_server(answer)


def test_a_redirect_is_followed_and_the_new_address_known():
    with redirecting("/there?x=1") as server, closing(Download(f"{server.address}/a/b")) as download:
        assert download.url == f"{server.address}/there?x=1"
        assert download.read(100) == b"sound"


def test_an_endless_redirect_is_for_good():
    with redirecting("/again") as server, pytest.raises(PermanentSourceError, match="redirects more than 5"):
        Download(f"{server.address}/again")
    assert len(server.requests) == 6


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "rtsp://127.0.0.1/x"])
def test_a_redirect_stays_on_the_web(target):
    with redirecting(target) as server, pytest.raises(SourceError, match="only http and https") as refusal:
        Download(f"{server.address}/")
    assert isinstance(refusal.value, PermanentSourceError)


def test_credentials_go_to_their_own_host_only():
    with fixed_answer(OK + b"sound") as other, redirecting(f"{other.address}/there") as server:
        assert whole(server.address.replace("//", "//me:hu%20sh@")) == b"sound"
    assert "authorization: basic bwu6ahugc2g=" in server.requests[0].lower()
    assert "authorization" not in other.requests[0].lower()
    with redirecting("/there") as server:
        assert whole(server.address.replace("//", "//me:hush@")) == b"sound"
    assert all("authorization" in request.lower() for request in server.requests)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(status, PermanentSourceError) for status in (401, 403, 404, 410)]
    + [(status, TransientSourceError) for status in (400, 408, 429, 500, 503)],
)
def test_the_status_decides_whether_to_try_again(status, kind):
    with status_server() as address, pytest.raises(kind, match=f"HTTP {status}") as error:
        Download(f"{address.replace('//', '//me:hush@')}/{status}?token=hush")
    assert "hush" not in str(error.value)


def test_what_cannot_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TransientSourceError, match="connection refused"):
        Download(f"http://127.0.0.1:{port}/x")
    for address in ("http://", "http://[::bad/x"):
        with pytest.raises(PermanentSourceError, match="not an address"):
            Download(address)


def test_what_is_not_http():
    with (
        fixed_answer(b"SSH-2.0-OpenSSH\r\n\r\n") as server,
        pytest.raises(TransientSourceError, match="not HTTP"),
    ):
        Download(server.address)
    with fixed_answer(b"") as server, pytest.raises(TransientSourceError, match="lost"):
        Download(server.address)
    with (
        fixed_answer(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000) as server,
        pytest.raises(TransientSourceError, match="not HTTP") as refusal,
    ):
        Download(server.address)
    assert len(str(refusal.value)) < 200


def test_compression_is_refused():
    head = OK.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    with fixed_answer(head) as server, pytest.raises(PermanentSourceError, match="compresses"):
        Download(server.address)


def test_a_promise_not_kept_is_a_break():
    head = OK.replace(b"\r\n\r\n", b"\r\nContent-Length: 100\r\n\r\n")
    with fixed_answer(head + b"short") as server, closing(Download(server.address)) as download:
        assert download.content_length == 100
        assert download.read(100) == b"short"
        with pytest.raises(TransientSourceError, match="lost"):
            download.read(100)


@pytest.mark.parametrize("length", ["9223372036854775807", "1099511627776"])
def test_a_length_beyond_belief_is_none(length):
    head = OK.replace(b"\r\n\r\n", f"\r\nContent-Length: {length}\r\n\r\n".encode())
    with fixed_answer(head + b"x") as server, closing(Download(server.address)) as download:
        assert download.content_length is None


def test_a_stall_is_noticed(monkeypatch):
    monkeypatch.setattr(http, "_TIMEOUTS", http.httpx.Timeout(0.3))
    with silent_server() as address, pytest.raises(TransientSourceError, match="sent nothing for 3 s"):
        Download(address)
    with silent_server(OK + b"x") as address, closing(Download(address)) as download:
        assert download.read(10) == b"x"
        with pytest.raises(TransientSourceError, match="sent nothing for 3 s"):
            download.read(10)


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\n"])
def test_headers_that_trickle_for_ever_are_given_up(beginning):
    with (
        trickling_server(beginning, b"X-More: x\r\n"[: 11 if beginning else 1], 0.05) as server,
        pytest.raises(TransientSourceError, match=r"lost|no audio came within"),
    ):
        Download(server.address, opening_seconds=0.5)


def test_a_body_that_trickles_is_slow_until_it_has_settled():
    with (
        trickling_server(OK, b"x", 0.05) as server,
        closing(Download(server.address, 0.5)) as download,
        pytest.raises(TransientSourceError, match="no audio came within"),
    ):
        download.peek(1000)
    with trickling_server(OK, b"x", 0.05) as server, closing(Download(server.address, 0.5)) as download:
        download.settle()
        assert download.peek(15) == b"x" * 15


@pytest.mark.parametrize("secured", [False, True])
def test_closing_wakes_a_reader_that_hangs(tmp_path, monkeypatch, secured):
    if secured:
        certificate = self_signed(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        (tmp_path / "big").write_bytes(bytes(1 << 24))
        serving = tls_file_server(tmp_path, certificate)
    else:
        serving = silent_server(OK + b"x")
    with serving as address:
        download = Download(f"{address}/big")
        download.read(1)
        over = threading.Event()

        def read_on() -> None:
            try:
                while download.read(10) and not secured:
                    pass
            except SourceError:
                pass
            over.set()

        reader = threading.Thread(target=read_on, daemon=True)
        reader.start()
        download.close()
        assert over.wait(2.0)
        reader.join()
        download.close()


def test_a_certificate_is_checked(tmp_path, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    certificate = self_signed(tmp_path)
    (tmp_path / "a").write_bytes(b"sound")
    with tls_file_server(tmp_path, certificate) as address:
        with pytest.raises(PermanentSourceError, match=r"not trusted \(self.signed.*SSL_CERT_FILE"):
            Download(f"{address}/a")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert whole(f"{address}/a") == b"sound"
        assert whole(f"{address.replace('127.0.0.1', 'localhost')}/a") == b"sound"


def test_a_certificate_of_another_name_is_refused(tmp_path, monkeypatch):
    certificate = self_signed(tmp_path, "elsewhere")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with (
        tls_file_server(tmp_path, certificate) as address,
        pytest.raises(PermanentSourceError, match="not trusted"),
    ):
        Download(f"{address.replace('127.0.0.1', 'localhost')}/a")


def test_a_proxy_from_the_environment_is_used(monkeypatch):
    with fixed_answer(OK + b"through") as proxy:
        monkeypatch.setenv("http_proxy", proxy.address)
        assert whole("http://station.example/x") == b"through"
    assert proxy.requests[0].startswith("GET http://station.example/x ")


def test_a_proxy_that_makes_no_sense_is_told(monkeypatch):
    monkeypatch.setenv("http_proxy", "nonsense://x")
    with pytest.raises(PermanentSourceError, match="proxy"):
        Download("http://127.0.0.1:9/")


def test_a_secret_is_not_logged(tmp_path, caplog):
    caplog.set_level("INFO")
    (tmp_path / "a").write_bytes(b"sound")
    with file_server(tmp_path) as address:
        assert whole(f"{address}/a?token=hush") == b"sound"
    assert "hush" not in caplog.text


def test_a_proxy_that_is_no_address_is_said_without_its_password(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://us:se/cret@host:port")
    with pytest.raises(PermanentSourceError, match="proxy") as refusal:
        Download("http://127.0.0.1:9/x")
    assert "cret" not in str(refusal.value)


def test_an_address_that_cannot_be_asked_is_said_without_its_password():
    with pytest.raises(PermanentSourceError, match="not an address") as refusal:
        Download("http://user:topsecret/x@127.0.0.1:1/x")
    assert "topsecret" not in str(refusal.value)
