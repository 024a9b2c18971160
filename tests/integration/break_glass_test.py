"""Access before approval: at once, shorter, told to all concerned, and reviewed by somebody who had no part in it."""

import pytest
from broker import POLICY, entitlement, wait_for
from conftest import lent


def break_glass(broker, who="dan", *flags):
    answer = broker.stint(who, "break-glass", "ehr-password-reset", "-r", "a patient cannot wait", "--confirm", "ehr-password-reset", "--json", *flags)
    return answer.must_be().json


def test_opens_at_once_without_approval_or_ticket_and_owes_a_review(broker, slapd):
    taken = break_glass(broker)
    assert taken["state"] == "ready" and taken["approvals"] == [] and taken["review"]["state"] == "due"
    assert lent(slapd)["ehr-reset"] == [slapd.person_dn("dan")]
    wait_for("all concerned are told", lambda: any("BREAK-GLASS: Dan Ruiz took ehr-password-reset" in text for _, text in broker.notices()))
    broker.stint("dan", "release", str(taken["id"])).must_be()
    broker.wait_for_state("dan", taken["id"], "closed")
    assert [one["id"] for one in broker.json("eve", "list", "--due")["requests"]] == [taken["id"]]


def test_ends_by_itself_and_no_longer_than_policy_lets_it(broker, slapd):
    broker.stint("dan", "break-glass", "ehr-password-reset", "-r", "a patient", "--confirm", "ehr-password-reset", "-d",
                 "61m").must_be_refused("duration_exceeds_limit")
    taken = break_glass(broker, "dan", "-d", "2s")
    assert broker.wait_for_state("dan", taken["id"], "closed")["close_reason"] == "expired"
    assert lent(slapd)["ehr-reset"] == []


def test_who_may_not_and_what_may_not(broker):
    words = ["-r", "a patient", "--confirm"]
    broker.stint("ada", "break-glass", "ehr-password-reset", *words, "ehr-password-reset").must_be_refused("break_glass_not_allowed")
    broker.stint("dan", "break-glass", "ehr-look", *words, "ehr-look").must_be_refused("break_glass_not_allowed")
    broker.stint("dan", "break-glass", "ehr-password-reset", *words, "ehr-look").must_be_refused("usage", status=2)
    broker.stint("dan", "break-glass", "ehr-password-reset", "-r", "a patient").must_be_refused("usage", status=2)
    assert broker.json("fay", "list", "--all")["requests"] == []


def test_is_not_extended(broker):
    taken = break_glass(broker)
    broker.stint("dan", "extend", str(taken["id"]), "-d", "30m", "-r", "more", "--no-wait").must_be_refused("not_permitted")


def test_is_reviewed_once_by_a_reviewer_and_never_by_its_user(broker):
    number = break_glass(broker)["id"]
    judge = ("review", str(number), "--verdict", "justified", "-r", "it was needed")
    for who in ("ada", "cleo"):
        answer = broker.stint(who, *judge)
        assert answer.status == 6, answer
    broker.stint("dan", *judge).must_be_refused("reviewer_is_user")
    assert broker.show("fay", number)["review"]["state"] == "due"
    broker.stint("eve", *judge, "--incident", "INC0007").must_be()
    done = broker.show("fay", number)["review"]
    assert done["state"] == "justified" and done["reviewer"]["login"] == "eve" and done["incident"] == "INC0007"
    broker.stint("eve", *judge).must_be_refused("review_already_done")


def test_a_reviewer_who_took_the_glass_has_another_review(make, slapd):
    """eve may break glass too here: her own use waits for somebody else."""
    policy = entitlement("ehr-password-reset", break_glass={"requesters": [slapd.group_dn("privacy")],
                                                            "reviewers": [slapd.group_dn("privacy"), slapd.group_dn("soc")]})
    broker = make(policy=policy).start()
    number = break_glass(broker, "eve")["id"]
    broker.stint("eve", "review", str(number), "--verdict", "justified", "-r", "mine").must_be_refused("reviewer_is_user")
    broker.stint("gus", "review", str(number), "--verdict", "unjustified", "-r", "no").must_be()
    assert broker.show("eve", number)["review"]["state"] == "unjustified"


@pytest.fixture(name="late")
def _late(make):
    """A broker on which jon's break-glass was not reviewed in time."""
    broker = make(policy=POLICY.replace('review_within = "24h"', 'review_within = "1s"')).start()
    number = break_glass(broker, "jon", "-d", "1s")["id"]
    wait_for("the review is overdue", lambda: broker.show("fay", number)["review"]["state"] == "overdue")
    return broker, number


def test_an_overdue_review_bars_the_ordinary_and_never_break_glass(late):
    broker, number = late
    broker.wait_for_state("jon", number, "closed")
    broker.stint("jon", "request", "ehr-look", "-r", "to test").must_be_refused("review_overdue")
    broker.stint("jon", "request", "unix-fix", "-r", "to test").must_be_refused("review_overdue")
    again = break_glass(broker, "jon")
    assert again["state"] == "ready"
    for one in (number, again["id"]):
        broker.stint("eve", "review", str(one), "--verdict", "justified", "-r", "late").must_be()
    broker.stint("jon", "request", "unix-fix", "-r", "to test").must_be()


def test_an_overdue_review_is_told_to_those_above_and_found(late):
    broker, number = late
    wait_for("security and the reviewers are told", lambda: any(f"OVERDUE review: break-glass on ehr-password-reset (request {number})" in text
                                                                 for _, text in broker.notices()))
    assert [one["kind"] for one in broker.json("gus", "list", "--findings")["findings"]] == ["overdue_review"]


def test_two_channels_of_one_program_both_hear_of_it(make, slapd):
    broker = make()
    folders = [broker.folder / "inbox" / name for name in ("chat", "pager")]
    for folder in folders:
        folder.mkdir()
    broker.notify = [{"plugin": "notify-inbox", "settings": {"folder": str(folder)}} for folder in folders]
    broker.write_config()
    broker.start()
    taken = break_glass(broker)
    for folder in folders:
        wait_for(f"{folder.name} hears of it",
                 lambda folder=folder: any("BREAK-GLASS" in file.read_text(encoding="utf-8") for file in folder.rglob("*") if file.is_file()))
    broker.stint("dan", "release", str(taken["id"])).must_be()
    broker.wait_for_state("dan", taken["id"], "closed")
