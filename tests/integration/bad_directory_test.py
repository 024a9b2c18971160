"""A directory that cannot be trusted, does not speak TLS or is not let in: nothing is lent, and it is said why."""

import os

import pytest
from broker import wait_for
from conftest import lent
from slapd import Slapd


@pytest.mark.parametrize("certificate", ["stranger", "elsewhere"])
def test_a_server_that_cannot_prove_itself(make, slapd, certificate):
    with Slapd(certificate=certificate, pki=slapd) as other:
        broker = make(on=other).launch()
        wait_for("it listens", lambda: "http.listening" in broker.log)
        broker.stint("ada", "request", "unix-fix", "-r", "x").must_be_refused("directory_unreachable")
        status, text = broker.check()
        assert status == 2 and "could not ask the directory" in text, text
        assert other.values(other.group_dn("unix-admins"), "memberUid") == []


def test_a_server_that_speaks_no_tls_there(make, slapd):
    """Its plain port under an ldaps:// address."""
    broker = make(settings={"servers": [f"ldaps://127.0.0.1:{slapd.port}"]}).launch()
    wait_for("it listens", lambda: "http.listening" in broker.log)
    broker.stint("ada", "request", "unix-fix", "-r", "x").must_be_refused("directory_unreachable")
    assert lent(slapd)["unix-admins"] == []


def test_plain_ldap_is_not_even_tried(make, slapd):
    broker = make(settings={"servers": [slapd.starttls_url]}).launch()
    assert broker.wait_for_end() == 1
    assert "starttls" in broker.log, broker.log


@pytest.mark.parametrize("mode,words", [(0o644, "chmod 0600"), (None, "cannot read the secret")], ids=["open-to-all", "missing"])
def test_a_credential_that_is_open_or_missing_keeps_it_from_starting(make, mode, words):
    broker = make()
    secret = broker.folder / "secret"
    if mode is not None:
        descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, b"broker-password\n")
        os.close(descriptor)
        secret.chmod(mode)
    broker.config["[directory.settings]"]["bind_password_file"] = str(secret)
    broker.write_config()
    status, text = broker.check()
    assert status == 1 and words in text and str(secret) in text, text
    assert broker.launch().wait_for_end() == 1
    assert words in broker.log and "broker-password" not in broker.log


def test_a_wrong_password(make, slapd):
    broker = make()
    secret = broker.folder / "secret"
    descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(descriptor, b"not-the-password\n")
    os.close(descriptor)
    broker.config["[directory.settings]"]["bind_password_file"] = str(secret)
    broker.write_config()
    broker.launch()
    wait_for("it listens", lambda: "http.listening" in broker.log)
    broker.stint("ada", "request", "unix-fix", "-r", "x").must_be_refused("directory_unreachable")
    assert lent(slapd)["unix-admins"] == [] and "not-the-password" not in broker.log
