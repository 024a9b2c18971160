"""STARTTLS with a directory that has no TLS, or lies about it: no password goes out, it is said why, and TLS mends it."""

import contextlib
import socket
import threading

import pytest
from broker import wait_for
from conftest import lent
from slapd import BROKER_PASSWORD, Slapd
from tcp_proxy import TcpProxy

START_TLS, UNBIND, SUCCESS = 0x77, 0x42, bytes.fromhex("300c02010178070a010004000400")


@pytest.fixture(name="server")
def _server(slapd):
    with Slapd(pki=slapd) as server:
        server.stop()
        server.set_tls(False)
        server.start()
        yield server


def asking(make, server, port):
    """A broker that reaches the directory through this port, and has tried to."""
    broker = make(on=server, settings={"servers": [f"ldap://127.0.0.1:{port}"], "starttls": True}).launch()
    wait_for("it listens", lambda: "http.listening" in broker.log)
    return broker


def must_be_refused(broker, words):
    refused = broker.stint("ada", "request", "unix-fix", "-r", "to test").must_be_refused("directory_unreachable")
    assert "nothing was filed" in refused.err
    assert broker.metric("stint_directory_reachable") == 0
    assert words in broker.log and "plugin=directory-ldap" in broker.log, broker.log
    status, text = broker.check()
    assert status == 2 and "could not ask the directory" in text and words in text, text


def operations(stream):
    """The operation of each LDAP message; all here are shorter than 128 bytes."""
    found = []
    while stream:
        assert stream[0] == 0x30 and stream[1] < 0x80 and stream[2:4] == b"\x02\x01", stream
        found.append(stream[5])
        stream = stream[2 + stream[1]:]
    return found


def test_a_server_without_tls_is_sent_nothing_until_it_has_some(make, server):
    with TcpProxy(server.port) as proxy:
        broker = asking(make, server, proxy.port)
        must_be_refused(broker, "the server does not do STARTTLS: unsupported extended operation")
        sent = set(operations(proxy.from_clients))
        assert sent == {START_TLS, UNBIND} or sent == {START_TLS}
        server.stop()
        server.set_tls(True)
        server.start()
        broker.must_become_ready()
        wait_for("it is asked again", lambda: broker.stint("ada", "whoami").status == 0)
        number = broker.grant("ada", "unix-fix", by=())
        assert lent(server)["unix-admins"] == ["ada"]
        broker.stint("ada", "release", str(number)).must_be()
        broker.wait_for_state("ada", number, "closed")
        assert lent(server)["unix-admins"] == [] and broker.metric("stint_directory_reachable") == 1
        for secret in (BROKER_PASSWORD, "cn=stint", "unix-admins"):
            assert secret.encode() not in proxy.from_clients


def test_what_is_lent_is_taken_back_once_tls_is_there_again(make, server):
    server.stop()
    server.set_tls(True)
    server.start()
    with TcpProxy(server.port) as proxy:
        broker = asking(make, server, proxy.port)
        broker.must_become_ready()
        number = broker.grant("ada", "unix-fix", "-d", "3s", by=())
        server.stop()
        server.set_tls(False)
        server.start()
        wait_for("its end is tried", lambda: "directory_operation_failed" in broker.log)
        assert broker.record(number, "state") == "closing" and lent(server)["unix-admins"] == ["ada"]
        server.stop()
        server.set_tls(True)
        server.start()
        assert broker.wait_for_state("ada", number, "closed")["close_reason"] == "expired"
        assert lent(server)["unix-admins"] == [] and BROKER_PASSWORD.encode() not in proxy.from_clients


def test_one_who_says_yes_and_goes_on_in_the_clear_gets_a_handshake_and_no_password(make, slapd):
    """Somebody in between who takes the place of the directory."""
    heard = []

    def answer(connection):
        with connection, contextlib.suppress(OSError):
            heard.append([connection.recv(4096)])
            connection.sendall(SUCCESS)
            while data := connection.recv(4096):
                heard[-1].append(data)
                connection.sendall(SUCCESS)

    def serve(listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        broker = asking(make, slapd, listener.getsockname()[1])
        must_be_refused(broker, "TLS was refused: ")
        assert heard and all(operations(said[0]) == [START_TLS] for said in heard)
        assert any(len(said) > 1 for said in heard)
        for said in heard:
            assert BROKER_PASSWORD.encode() not in b"".join(said) and all(part[0] in (0x15, 0x16) for part in said[1:2])  # alert, handshake
        assert broker.stop() == 0
        listener.shutdown(socket.SHUT_RDWR)
