"""A directory that is killed or frozen in the middle of an addition or a removal: between the request and its answer, before the
server has seen it or after it was done. Nobody is left in, what the broker says is what stands, and who asked hears of it."""

import json

import pytest
from broker import wait_for
from conftest import lent
from ldapi_proxy import LdapiProxy
from slapd import Slapd
from tcp_proxy import TcpProxy

ENDED_WITHOUT = ("closed", "refused", "failed")
HOWS = ("killed", "frozen")


@pytest.fixture(name="server")
def _server(slapd):
    with Slapd(pki=slapd) as server:
        yield server


@pytest.fixture(name="answers")
def _answers(server):
    """In front of the server, TLS passing through it."""
    with TcpProxy(server.tls_port) as proxy:
        yield proxy


@pytest.fixture(name="requests")
def _requests(server):
    with LdapiProxy(server) as proxy:
        yield proxy


def answering(broker):
    """Started, and the directory has answered: nothing is refused for a slow beginning."""
    broker.start()
    wait_for("the directory answers", lambda: broker.stint("ada", "whoami").status == 0)
    return broker


def by_tls(make, server, proxy):
    return answering(make(on=server, settings={"servers": [f"ldaps://127.0.0.1:{proxy.port}"]}))


def by_socket(make, server, proxy):
    return answering(make(on=server, settings={"servers": [proxy.url], "sasl": "EXTERNAL", "bind_dn": None, "bind_password_file": None, "ca_file": None}))


def members(server):
    return lent(server)["unix-admins"]


def vanish_and_return(broker, server, how, meanwhile):
    """`meanwhile`: what the proxy does once the server is away. It comes back when the broker has given the operation up."""
    if how == "killed":
        server.kill()
    else:
        server.pause()
    meanwhile()
    wait_for("the broker has noticed", lambda: "directory_operation_failed" in broker.log)
    if how == "killed":
        server.start()
    else:
        server.resume()


def asked(broker):
    """ada's waiting client, of an entitlement that is granted on policy alone."""
    return broker.started("ada", "request", "unix-fix", "-r", "to test", "--json")


def must_be_true(broker, server, client):
    """What the client was told in the end, what the broker says and what the directory holds are one; and stay so."""
    told = client.end()
    view = json.loads(told.out)
    number = view["id"]
    if told.status == 0:
        assert view["state"] == "ready", told
        assert members(server) == ["ada"] and broker.show("ada", number)["state"] == "ready"
        broker.stint("ada", "release", str(number)).must_be()
        assert broker.wait_for_state("ada", number, "closed")["close_reason"] == "released"
    else:
        assert told.status != 1 and told.err.startswith("stint: "), told
        wait_for("it is over", lambda: broker.show("ada", number)["state"] in ENDED_WITHOUT)
        wait_for("it is told", lambda: any("Ended" in text or "Not opened" in text for _, text in broker.notices()))
    must_be_over(broker, server)
    return told


def must_be_over(broker, server):
    """Nobody is in, no record waits for anything, and a restart, which looks at everything anew, finds nothing to do."""
    wait_for("nobody is in", lambda: members(server) == [])
    wait_for("nothing is under way", lambda: broker.number("SELECT count(*) FROM memberships WHERE intent IS NOT NULL") == 0)
    assert broker.stop() == 0
    broker.start()
    assert members(server) == [] and broker.metric("stint_grants_open") == broker.metric("stint_grants_closing") == 0
    wait_for("the directory is asked", lambda: broker.stint("gus", "whoami").status == 0)
    assert broker.json("gus", "list", "--findings")["findings"] == []
    again = broker.grant("ada", "unix-fix", by=())
    assert members(server) == ["ada"]
    broker.stint("ada", "release", str(again)).must_be()
    broker.wait_for_state("ada", again, "closed")
    assert members(server) == []


@pytest.mark.parametrize("how", HOWS)
def test_an_addition_that_was_done_and_never_answered(make, server, answers, how):
    broker = by_tls(make, server, answers)
    answers.keep_once(lambda: members(server) == ["ada"])
    with asked(broker) as client:
        wait_for("it was done, and nobody heard of it", lambda: answers.is_keeping or client.process.poll() is not None)
        assert answers.is_keeping, client.end()
        vanish_and_return(broker, server, how, answers.cut if how == "killed" else lambda: None)
        answers.cut()
        must_be_true(broker, server, client)


@pytest.mark.parametrize("how", HOWS)
def test_an_addition_that_the_server_had_not_seen(make, server, requests, how):
    """Frozen: it is in the server's hands and done when that comes back, after the broker has given it up."""
    broker = by_socket(make, server, requests)
    requests.keep_next_modify()
    with asked(broker) as client:
        wait_for("it is under way", lambda: requests.has_kept)
        vanish_and_return(broker, server, how, requests.let_go)
        must_be_true(broker, server, client)


@pytest.mark.parametrize("how", HOWS)
def test_a_removal_that_was_done_and_never_answered(make, server, answers, how):
    broker = by_tls(make, server, answers)
    number = broker.grant("ada", "unix-fix", by=())
    answers.keep_once(lambda: members(server) == [])
    broker.stint("ada", "release", str(number)).must_be()
    wait_for("it was done, and nobody heard of it", lambda: answers.is_keeping)
    assert broker.record(number, "state") == "closing"
    vanish_and_return(broker, server, how, answers.cut if how == "killed" else lambda: None)
    answers.cut()
    assert broker.wait_for_state("ada", number, "closed")["close_reason"] == "released"
    wait_for("it is told", lambda: any("Ended" in text for _, text in broker.notices()))
    must_be_over(broker, server)


@pytest.mark.parametrize("how", HOWS)
def test_a_removal_that_the_server_had_not_seen(make, server, requests, how):
    broker = by_socket(make, server, requests)
    number = broker.grant("ada", "unix-fix", by=())
    requests.keep_next_modify()
    broker.stint("ada", "release", str(number)).must_be()
    wait_for("it is under way", lambda: requests.has_kept)
    vanish_and_return(broker, server, how, requests.let_go)
    assert broker.wait_for_state("ada", number, "closed")["close_reason"] == "released"
    wait_for("it is told", lambda: any("Ended" in text for _, text in broker.notices()))
    must_be_over(broker, server)
