"""The main job on a real directory, told by the people in it: each is another uid, each word goes through `stint`."""

from broker import wait_for
from conftest import lent


def dn(slapd, *logins):
    return [slapd.person_dn(login) for login in logins]


def test_asked_approved_held_and_taken_back_on_time(broker, slapd):
    number = broker.request("ada", "ehr-password-reset", "-d", "3s")
    assert broker.show("ada", number)["state"] == "pending"
    assert lent(slapd)["ehr-reset"] == []
    broker.stint("cleo", "approve", str(number), "-r", "fine").must_be()
    ready = broker.wait_for_state("ada", number, "ready")
    assert lent(slapd)["ehr-reset"] == dn(slapd, "ada")
    assert ready["memberships"][0]["present"] and ready["approvals"][0]["approver"]["login"] == "cleo"
    closed = broker.wait_for_state("ada", number, "closed")
    assert lent(slapd)["ehr-reset"] == []
    assert closed["close_reason"] == "expired" and not closed["memberships"][0]["present"]
    assert closed["closing_at"] >= closed["expires_at"] and closed["memberships"][0]["removed_at"]


def test_waiting_clients_end_as_their_request_does(broker, slapd):
    """`stint request` itself waits: it ends with 0 once ready, and its words name the end."""
    number = broker.request("ada", "ehr-look")
    broker.stint("ada", "cancel", str(number)).must_be()
    with broker.started("ada", "request", "ehr-look", "-t", "INC0001", "-r", "to test", "-d", "1m") as waiting:
        pending = wait_for("it is filed", lambda: broker.json("cleo", "list", "--pending")["requests"])
        broker.stint("cleo", "approve", str(pending[0]["id"])).must_be()
        answer = waiting.end()
    assert answer.status == 0 and "ready" in answer.out.lower(), answer
    assert lent(slapd)["ehr-reset"] == dn(slapd, "ada")


def test_another_person_in_the_same_group_stays(broker, slapd):
    first = broker.grant("ada", "ehr-look", "-d", "4s")
    broker.grant("ivy", "ehr-look", "-d", "1h")
    assert lent(slapd)["ehr-reset"] == dn(slapd, "ada", "ivy")
    broker.wait_for_state("ada", first, "closed")
    assert lent(slapd)["ehr-reset"] == dn(slapd, "ivy")


def test_two_grants_on_one_membership_are_counted(broker, slapd):
    first = broker.grant("ada", "ehr-look", "-d", "3s")
    second = broker.grant("ada", "ehr-password-reset", "-d", "1h")
    closed = broker.wait_for_state("ada", first, "closed")
    assert closed["close_reason"] == "expired"
    assert lent(slapd)["ehr-reset"] == dn(slapd, "ada")
    broker.stint("ada", "release", str(second)).must_be()
    broker.wait_for_state("ada", second, "closed")
    assert lent(slapd)["ehr-reset"] == []


def test_given_back_early(broker, slapd):
    number = broker.grant("ada", "ehr-look")
    broker.stint("ada", "release", str(number), "--resolution", "done").must_be()
    assert broker.wait_for_state("ada", number, "closed")["close_reason"] == "released"
    assert lent(slapd)["ehr-reset"] == []


def test_taken_away_by_security_and_by_an_approver_but_by_nobody_else(broker, slapd):
    for who in ("gus", "cleo"):
        number = broker.grant("ada", "ehr-look")
        broker.stint("ivy", "revoke", str(number), "-r", "I say so").must_be_refused("request_unknown")
        broker.stint("ada", "revoke", str(number), "-r", "I say so").must_be_refused("not_permitted")
        broker.stint("fay", "revoke", str(number), "-r", "I say so").must_be_refused("not_permitted")
        assert lent(slapd)["ehr-reset"] == dn(slapd, "ada")
        broker.stint(who, "revoke", str(number), "-r", "no longer needed").must_be()
        assert broker.wait_for_state("ada", number, "closed")["close_reason"] == "revoked"
        assert lent(slapd)["ehr-reset"] == []


def test_extended_once_with_a_fresh_approval(broker, slapd):
    number = broker.grant("ada", "ehr-look", "-d", "1h")
    before = broker.show("ada", number)["expires_at"]
    asked = broker.stint("ada", "extend", str(number), "-d", "30m", "-r", "still at it", "--no-wait", "--json").must_be(8).json
    assert asked["kind"] == "extension" and asked["extends"] == number
    assert broker.show("ada", number)["expires_at"] == before
    broker.stint("ada", "approve", str(asked["id"])).must_be_refused("approver_is_requester")
    broker.stint("dan", "approve", str(asked["id"])).must_be()
    after = wait_for("it ends later", lambda: (seen := broker.show("ada", number))["expires_at"] > before and seen)
    assert after["state"] == "ready"
    broker.stint("ada", "extend", str(number), "-d", "30m", "-r", "and more", "--no-wait").must_be_refused("grant_already_extended")


def test_an_extension_never_exceeds_what_one_grant_may_last(broker):
    number = broker.grant("ada", "ehr-look", "-d", "1h")
    broker.stint("ada", "extend", str(number), "-d", "3h", "-r", "still at it", "--no-wait").must_be_refused("duration_exceeds_limit")


def test_an_approver_shortens_but_does_not_lengthen(broker):
    number = broker.request("ada", "ehr-look", "-d", "1h")
    broker.stint("cleo", "approve", str(number), "-d", "90m").must_be_refused("duration_exceeds_request")
    broker.stint("cleo", "approve", str(number), "-d", "2s").must_be()
    closed = broker.wait_for_state("ada", number, "closed")
    assert closed["close_reason"] == "expired" and closed["duration"] == "2s"
    assert closed["approvals"][0]["shortened_to"] == "2s"


def test_opens_at_its_start_and_not_before(broker, slapd):
    number = broker.request("ada", "ehr-look", "-d", "2s", "--start", "+3s")
    broker.stint("cleo", "approve", str(number)).must_be()
    approved = broker.show("ada", number)
    assert approved["state"] == "approved" and approved["scheduled"]
    assert lent(slapd)["ehr-reset"] == []
    closed = broker.wait_for_state("ada", number, "closed")
    assert closed["opened_at"] >= closed["start_at"] and closed["expires_at"] > closed["opened_at"]


def test_a_scheduled_grant_is_stopped_before_it_opens(broker, slapd):
    number = broker.request("ada", "ehr-look", "--start", "+1h")
    broker.stint("cleo", "approve", str(number)).must_be()
    broker.stint("ada", "cancel", str(number)).must_be()
    assert broker.show("ada", number)["state"] == "cancelled"
    assert lent(slapd)["ehr-reset"] == []


def test_two_stages_in_order_each_with_its_count(broker, slapd):
    number = broker.request("ada", "lab-change")
    broker.stint("eve", "approve", str(number)).must_be_refused("approver_not_eligible")  # the second stage is not open
    broker.stint("cleo", "approve", str(number)).must_be()
    broker.stint("cleo", "approve", str(number)).must_be_refused("approver_already_decided")
    assert broker.show("ada", number)["state"] == "pending"
    broker.stint("dan", "approve", str(number)).must_be()
    seen = broker.show("ada", number)
    assert seen["state"] == "pending" and [stage["given"] for stage in seen["stages"]] == [2, 0]
    assert lent(slapd)["lab-access"] == []
    broker.stint("eve", "approve", str(number)).must_be()
    broker.wait_for_state("ada", number, "ready")
    assert lent(slapd)["lab-access"] == dn(slapd, "ada")


def test_without_stages_policy_alone_lends(broker, slapd):
    answer = broker.stint("ben", "request", "unix-fix", "-r", "to test", "-d", "1m", "--json").must_be()
    assert answer.json["state"] == "ready" and lent(slapd)["unix-admins"] == ["ben"]


def test_denied(broker, slapd):
    number = broker.request("ada", "lab-change")
    broker.stint("cleo", "approve", str(number)).must_be()
    broker.stint("dan", "deny", str(number), "-r", "not today").must_be()
    seen = broker.show("ada", number)
    assert seen["state"] == "denied" and seen["approvals"][1]["comment"] == "not today"
    broker.stint("eve", "approve", str(number)).must_be_refused("request_not_pending")
    assert lent(slapd)["lab-access"] == []


def test_lapses_without_an_answer(broker, slapd):
    """An hour is long: the broker is started again with its clock ahead of the policy's limit."""
    number = broker.request("ada", "ehr-look")
    assert broker.stop() == 0
    broker.start(ahead_s=5 * 3600)
    assert broker.wait_for_state("ada", number, "lapsed")["ended_at"]
    broker.stint("cleo", "approve", str(number)).must_be_refused("request_not_pending")
    assert lent(slapd)["ehr-reset"] == []


def test_the_whole_story_stands_in_the_log(broker):
    number = broker.grant("ada", "ehr-password-reset")
    broker.stint("ada", "release", str(number)).must_be()
    broker.wait_for_state("ada", number, "closed")
    told = [one["type"] for one in broker.events() if one.get("request") == number or one["type"].startswith("membership")]
    for kind in ("request.filed", "request.stage_opened", "request.approval_given", "request.approved", "grant.opened", "membership.intended", "grant.ready",
                 "grant.closing", "grant.closed"):
        assert kind in told, told
    assert told.index("membership.intended") < told.index("grant.ready") < told.index("grant.closed")
