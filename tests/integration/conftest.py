"""What the integration tests share: root (they become other users), one authority a run, a slapd a file, a broker a test."""

import os

import pytest
from broker import Broker, group
from slapd import Slapd

PLACEHOLDER = "cn=nobody,dc=example,dc=test"


@pytest.fixture(scope="session", autouse=True)
def _as_root():
    if os.geteuid() != 0:
        pytest.skip("these tests run as root, because they call the broker as other users")


@pytest.fixture(scope="module", name="slapd")
def _slapd(_as_root):
    with Slapd() as server:
        yield server


def lent(slapd):
    """What stands in the groups that are lent, by their short names; the placeholder is nobody."""
    attributes = {"ehr-reset": "member", "lab-access": "uniqueMember", "unix-admins": "memberUid"}
    return {name: [who for who in slapd.values(group(name), attribute) if who != PLACEHOLDER] for name, attribute in attributes.items()}


@pytest.fixture(name="make")
def _make(slapd):
    """Makes brokers that are not started yet; at the end each must have kept records that agree with its log, and a group
    must hold nobody whom a test forgot (the next one would not start clean)."""
    made = []

    def make(on=slapd, **changes):
        made.append(Broker(on, **changes))
        return made[-1]

    yield make
    try:
        for broker in made:
            if broker.process is not None:
                broker.stop()
            if broker.database.exists() and broker.is_replayed:
                status, text = broker.check("--offline", "--replay")
                assert "records and log agree" in text, f"{status}: {text}"
    finally:
        for broker in made:
            broker.close()
        if slapd.process is None:
            slapd.start()
        slapd.resume()
        for name, attribute in (("ehr-reset", "member"), ("lab-access", "uniqueMember"), ("unix-admins", "memberUid")):
            for value in lent(slapd)[name]:
                slapd.remove_value(group(name), attribute, value)


@pytest.fixture(name="broker")
def _broker(make):
    """One that runs with the ordinary policy."""
    return make().start()


