"""Notices by real mail: who gets which, what stands in it, and that a server that is wrong, down or unwilling loses none."""

import os
import signal
import time

import pytest
from broker import wait_for
from mail_server import PASSWORD, USER, MailServer


def channel(server, slapd, folder, **changes):
    secret = folder / "mail-password"
    descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(PASSWORD)
    return {"plugin": "notify-smtp", "settings": {"server": server.url, "ca_file": slapd.ca_file, "from": "Stint <stint@example.test>",
                                                  "username": USER, "password_file": str(secret), "timeout": "5s", **changes}}


def mailing(make, server, slapd, **changes):
    broker = make(notify=[])
    broker.notify = [channel(server, slapd, broker.folder, **changes)]
    broker.write_config()
    return broker.start()


@pytest.mark.parametrize("is_implicit", [False, True], ids=["starttls", "implicit-tls"])
def test_the_story_by_mail(make, slapd, is_implicit):
    with MailServer(slapd.pki, is_implicit) as server:
        broker = mailing(make, server, slapd)
        number = broker.grant("ada", "ehr-look", "--impact", "secret words")
        broker.stint("ada", "release", str(number)).must_be()
        wait_for("the end is told", lambda: any(one.startswith("Ended") for one in server.subjects("ada")))
        for approver in ("cleo", "dan"):
            assert server.subjects(approver) == [f"Approval wanted: ehr-look for Ada Osei (request {number})"]
        assert len(server.subjects("ada")) == len(set(server.subjects("ada")))  # none twice
        assert any(one.startswith("Ready") for one in server.subjects("ada"))
        assert {tuple(people) for people, _ in server.mails} == {(f"{one}@example.test",) for one in ("ada", "cleo", "dan")}
        for _, mail in server.mails:
            assert mail.get_content_type() == "multipart/alternative" and mail["Message-ID"] and mail["Date"]
            assert mail["References"] == mail["In-Reply-To"] == f"<stint.request.{number}@example.test>"
            assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
            for part in mail.iter_parts():
                assert "secret words" not in part.get_content() and "to test" not in part.get_content()


def test_break_glass_tells_reviewers_and_security(make, slapd):
    with MailServer(slapd.pki) as server:
        broker = mailing(make, server, slapd)
        broker.stint("dan", "break-glass", "ehr-password-reset", "-r", "a patient", "--confirm", "ehr-password-reset").must_be()
        for who in ("eve", "gus"):
            wait_for("they are told", lambda who=who: any(one.startswith("BREAK-GLASS") for one in server.subjects(who)))
        wait_for("the review waits", lambda: any(one.startswith("Review due") for one in server.subjects("eve")))


@pytest.mark.parametrize("refusals", [["451 later"] * 2, ["421 closing"]], ids=["451", "421"])
def test_a_refusal_for_now_is_tried_again(make, slapd, refusals):
    with MailServer(slapd.pki) as server:
        server.refusals += refusals
        broker = mailing(make, server, slapd)
        broker.request("ada", "ehr-look")
        wait_for("both are told", lambda: server.subjects("cleo") and server.subjects("dan"))
        wait_for("nothing is owed", lambda: broker.owed() == 0)
        assert len(server.subjects("cleo")) == len(server.subjects("dan")) == 1


def test_a_refusal_for_good_is_an_alarm_and_not_tried_for_ever(make, slapd):
    with MailServer(slapd.pki) as server:
        server.refusals += ["554 no"] * 2
        broker = mailing(make, server, slapd)
        broker.request("ada", "ehr-look")
        wait_for("nothing is owed", lambda: "delivery_failed" in broker.log and broker.owed() == 0)
        assert "554 no" in broker.log and PASSWORD not in broker.log


@pytest.mark.parametrize("certificate", ["stranger", "elsewhere"])
def test_a_server_that_cannot_prove_itself_gets_nothing_and_the_right_one_all(make, slapd, certificate):
    with MailServer(slapd.pki, certificate=certificate) as server:
        broker = mailing(make, server, slapd)
        broker.request("ada", "ehr-look")
        wait_for("it is refused", lambda: "delivery_postponed" in broker.log)
        wait_for("it is owed", lambda: broker.metric("stint_outbox_waiting") >= 1)
        assert server.mails == []
        server.stop()
        server.certificate = "server"
        server.start()
        wait_for("it is told", lambda: server.subjects("cleo") and server.subjects("dan"))


def test_a_server_that_was_down(make, slapd):
    server = MailServer(slapd.pki)
    server.start()
    broker = mailing(make, server, slapd)
    server.stop()
    broker.request("ada", "ehr-look")
    wait_for("it is tried", lambda: "delivery_postponed" in broker.log)
    with server:
        wait_for("it is told", lambda: server.subjects("cleo") and server.subjects("dan"))


def test_a_mail_that_was_just_taken_when_the_broker_ends_is_not_sent_again(make, slapd):
    with MailServer(slapd.pki) as server:
        broker = mailing(make, server, slapd)
        server.is_slow = True
        broker.request("ada", "ehr-look")
        wait_for("the first is taken", lambda: server.mails)
        broker.process.send_signal(signal.SIGTERM)
        wait_for("it is about to end", lambda: " stopping" in broker.log)
        server.is_slow = False
        assert broker.wait_for_end() == 0
        broker.start()
        wait_for("nothing is owed", lambda: broker.owed() == 0)
        assert len(server.subjects("cleo")) == len(server.subjects("dan")) == 1


def test_a_mail_server_that_does_not_answer_keeps_the_broker_from_no_end(make, slapd):
    with MailServer(slapd.pki) as server:
        broker = mailing(make, server, slapd)
        server.is_slow = True
        broker.request("ada", "ehr-look")
        wait_for("the first is taken", lambda: server.mails)
        began = time.monotonic()
        assert broker.stop() == 0
        assert time.monotonic() - began < 15
        server.is_slow = False
