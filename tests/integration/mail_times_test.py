"""What time brings about, by real mail: the warning before an end, a lapse, reminder and escalation, a review that is due and one
that is late. To the right people, once each; a restart repeats none. Hours pass by a clock that is set ahead."""

import pytest
from broker import POLICY, entitlement, group, wait_for
from mail_server import MailServer
from mail_test import channel


@pytest.fixture(name="mails")
def _mails(slapd):
    with MailServer(slapd.pki) as server:
        yield server


def mailing(make, server, slapd, policy=POLICY):
    broker = make(notify=[], policy=policy)
    broker.notify = [channel(server, slapd, broker.folder)]
    broker.write_config()
    return broker.start()


def told(server, beginning):
    """Who got a mail with such a subject: one name a mail, in order of the names."""
    return sorted(people[0].removesuffix("@example.test") for people, mail in list(server.mails) if str(mail["Subject"]).startswith(beginning))


def settled(broker):
    wait_for("nothing is owed", lambda: broker.owed() == 0)


def text_of(server, beginning):
    mail = next(mail for _, mail in server.mails if str(mail["Subject"]).startswith(beginning))
    return mail.get_body(("plain",)).get_content()


def test_the_end_is_announced_five_minutes_before_to_who_holds_it_once(make, slapd, mails):
    broker = mailing(make, mails, slapd)
    number = broker.grant("ada", "ehr-look", "-d", "15m")
    short = broker.grant("ivy", "ehr-look", "-d", "9m")  # who borrows for less than twice the warning knows the end
    settled(broker)
    assert broker.stop() == 0
    broker.start(ahead_s=9 * 60 - 30)
    broker.wait_for_state("ivy", short, "ready")
    assert broker.stop() == 0
    warning = f"Ends in 5 minutes: ehr-look (request {number})"
    assert told(mails, "Ends in 5") == []
    broker.start(ahead_s=10 * 60 + 5)
    wait_for("it is announced", lambda: told(mails, warning))
    assert f"stint extend {number} " in text_of(mails, warning) and f"stint release {number}" in text_of(mails, warning)
    broker.wait_for_state("ivy", short, "closed")
    assert broker.stop() == 0
    broker.start(ahead_s=10 * 60 + 10)
    broker.stint("ada", "release", str(number)).must_be()
    broker.wait_for_state("ada", number, "closed")
    wait_for("the end is told", lambda: told(mails, f"Ended: ehr-look (request {number})") == ["ada"])
    settled(broker)
    assert told(mails, "Ends in 5") == ["ada"]
    assert [one["type"] for one in broker.events()].count("grant.warned") == 2


def test_a_longer_grant_is_announced_again_at_its_new_end(make, slapd, mails):
    broker = mailing(make, mails, slapd, policy=entitlement("look", approvals=[], duration={"default": "15m", "max": "2h"}))
    number = broker.grant("ada", "look", by=())
    settled(broker)
    assert broker.stop() == 0
    broker.start(ahead_s=10 * 60 + 5)
    wait_for("it is announced", lambda: told(mails, "Ends in 5") == ["ada"])
    broker.stint("ada", "extend", str(number), "-d", "20m", "-r", "not done").must_be()
    assert broker.stop() == 0
    broker.start(ahead_s=25 * 60)
    wait_for("it is ready after the start", lambda: broker.show("ada", number)["state"] == "ready")
    settled(broker)
    assert told(mails, "Ends in 5") == ["ada"]
    assert broker.stop() == 0
    broker.start(ahead_s=31 * 60)
    wait_for("the new end is announced", lambda: told(mails, "Ends in 5") == ["ada", "ada"])


def test_a_lapse_is_told_to_who_asked_once(make, slapd, mails):
    broker = mailing(make, mails, slapd, policy=entitlement("look", pending_for="1h") + entitlement("other"))
    number = broker.request("ada", "look")
    wait_for("they are asked", lambda: told(mails, "Approval wanted: look") == ["cleo", "dan"])
    assert broker.stop() == 0 and told(mails, "Lapsed") == []
    broker.start(ahead_s=3600 + 5)
    wait_for("it is told", lambda: told(mails, f"Lapsed: look (request {number})") == ["ada"])
    assert "got no answer in time" in text_of(mails, "Lapsed")
    settled(broker)
    assert broker.stop() == 0
    broker.start(ahead_s=3600 + 10)
    broker.stint("cleo", "approve", str(number)).must_be_refused("request_not_pending")
    broker.request("ada", "other")
    wait_for("the next is told", lambda: told(mails, "Approval wanted: other") == ["cleo", "dan"])
    settled(broker)
    assert told(mails, "Lapsed") == ["ada"] and told(mails, "Approval wanted: look") == ["cleo", "dan"]


def test_who_does_not_answer_is_reminded_once_and_then_others_are_asked(make, slapd, mails):
    stages = [{"from": [group("ehr-owners")], "count": 2, "remind_after": "30m", "escalate_after": "2h", "escalate_to": [group("soc"), group("ehr-owners")]}]
    broker = mailing(make, mails, slapd, policy=entitlement("look", approvals=stages, pending_for="4h"))
    number = broker.request("ada", "look")
    wait_for("they are asked", lambda: told(mails, "Approval wanted") == ["cleo", "dan"])
    broker.stint("cleo", "approve", str(number)).must_be()
    settled(broker)
    assert broker.stop() == 0 and told(mails, "Still waiting") == []
    broker.start(ahead_s=31 * 60)
    wait_for("who has not decided is reminded", lambda: told(mails, f"Still waiting: look for Ada Osei (request {number})") == ["dan"])
    settled(broker)
    assert broker.stop() == 0
    broker.start(ahead_s=121 * 60)
    wait_for("others are asked", lambda: "gus" in told(mails, "Approval wanted"))
    settled(broker)
    assert broker.stop() == 0
    broker.start(ahead_s=122 * 60)
    broker.stint("gus", "approve", str(number)).must_be()
    broker.wait_for_state("ada", number, "ready")
    wait_for("it is told", lambda: told(mails, "Ready") == ["ada"])
    settled(broker)
    assert told(mails, "Approval wanted") == ["cleo", "dan", "dan", "gus"]
    assert told(mails, "Still waiting") == ["dan"]


def test_a_review_is_asked_of_the_reviewers_and_its_lateness_told_to_all_concerned_once(make, slapd, mails):
    """dan takes it, and may review others: not himself. Security hears of the taking and of the lateness."""
    reviewers = {"reviewers": [group("privacy"), group("oncall")], "review_within": "1h"}
    broker = mailing(make, mails, slapd, policy=entitlement("reset", break_glass=reviewers))
    broker.stint("dan", "break-glass", "reset", "-r", "a patient", "--confirm", "reset").must_be()
    number = broker.json("fay", "list", "--due")["requests"][0]["id"]
    wait_for("it is due", lambda: told(mails, f"Review due: break-glass on reset (request {number})") == ["eve", "jon"])
    assert f"stint review {number} --verdict" in text_of(mails, "Review due")
    wait_for("all hear of it", lambda: told(mails, "BREAK-GLASS: Dan Ruiz took reset") == ["dan", "eve", "gus", "jon"])
    settled(broker)
    assert broker.stop() == 0 and told(mails, "OVERDUE") == []
    broker.start(ahead_s=3600 + 5)
    wait_for("it is late", lambda: told(mails, f"OVERDUE review: break-glass on reset (request {number})") == ["dan", "eve", "gus", "jon"])
    broker.wait_for_state("dan", number, "closed")
    assert broker.stop() == 0
    broker.start(ahead_s=3600 + 10)
    broker.stint("eve", "review", str(number), "--verdict", "justified", "-r", "late").must_be()
    wait_for("the verdict is told", lambda: told(mails, "Reviewed") == ["dan", "gus"])
    settled(broker)
    assert told(mails, "OVERDUE") == ["dan", "eve", "gus", "jon"] and told(mails, "Review due") == ["eve", "jon"]
    assert told(mails, "BREAK-GLASS") == ["dan", "eve", "gus", "jon"]


def test_a_review_in_time_is_never_called_late(make, slapd, mails):
    broker = mailing(make, mails, slapd)
    broker.stint("dan", "break-glass", "ehr-password-reset", "-r", "a patient", "--confirm", "ehr-password-reset").must_be()
    number = broker.json("fay", "list", "--due")["requests"][0]["id"]
    broker.stint("eve", "review", str(number), "--verdict", "justified", "-r", "it was right").must_be()
    settled(broker)
    assert broker.stop() == 0
    broker.start(ahead_s=25 * 3600)
    broker.wait_for_state("dan", number, "closed")
    wait_for("the end is told", lambda: told(mails, "Ended") == ["dan"])
    settled(broker)
    assert told(mails, "OVERDUE") == []
