"""Deadlines while something is down: the broker itself, the directory; and ends that others bring about."""

from broker import STRANGER_UID, TICKET_RULE, entitlement, group, wait_for
from conftest import lent


def test_a_deadline_that_passed_while_the_broker_was_down_is_honoured_first(make, slapd):
    broker = make().start()
    number = broker.grant("ada", "ehr-look", "-d", "2s")
    broker.kill()
    assert lent(slapd)["ehr-reset"] == [slapd.person_dn("ada")]
    broker.start(ahead_s=3600)
    assert lent(slapd)["ehr-reset"] == []  # the door opens after the first round
    assert broker.wait_for_state("ada", number, "closed")["close_reason"] == "expired"


def test_a_grant_that_still_runs_survives_a_restart(make, slapd):
    broker = make().start()
    number = broker.grant("ada", "ehr-look", "-d", "1h")
    assert broker.stop() == 0
    broker.start()
    assert broker.show("ada", number)["state"] == "ready"
    assert lent(slapd)["ehr-reset"] == [slapd.person_dn("ada")]
    broker.stint("ada", "release", str(number)).must_be()
    broker.wait_for_state("ada", number, "closed")


def test_a_directory_that_is_down_at_the_end_is_waited_for_and_nothing_is_called_closed_before(broker, slapd):
    number = broker.grant("ada", "ehr-look", "-d", "2s")
    slapd.stop()
    wait_for("it was tried", lambda: "directory_operation_failed" in broker.log)
    assert broker.metric("stint_grants_closing") == 1 and broker.metric("stint_removals_proven_total") == 0
    assert broker.record(number, "state") == "closing"
    slapd.start()
    closed = broker.wait_for_state("ada", number, "closed")
    assert closed["close_reason"] == "expired" and lent(slapd)["ehr-reset"] == []


def test_a_directory_that_hangs_at_the_end_is_read_back_before_anything_is_believed(broker, slapd):
    number = broker.grant("ada", "ehr-look", "-d", "2s")
    slapd.pause()
    wait_for("it was tried", lambda: "directory_operation_failed" in broker.log)
    assert broker.record(number, "state") == "closing"
    slapd.resume()
    broker.wait_for_state("ada", number, "closed")
    assert lent(slapd)["ehr-reset"] == []


def test_nothing_is_filed_while_the_directory_is_down_but_for_break_glass(broker, slapd):
    earlier = broker.request("jon", "ehr-look")  # so the broker knows who jon is without asking
    broker.stint("jon", "cancel", str(earlier)).must_be()
    slapd.stop()
    broker.stint("ada", "request", "ehr-look", "-t", "INC0001", "-r", "to test").must_be_refused("directory_unreachable")
    filed = broker.stint("jon", "break-glass", "ehr-password-reset", "-r", "a patient", "--confirm", "ehr-password-reset", "--no-wait", "--json")
    assert filed.status == 8, filed
    slapd.start()
    broker.wait_for_state("jon", filed.json["id"], "ready")
    assert lent(slapd)["ehr-reset"] == [slapd.person_dn("jon")]
    assert broker.show("fay", filed.json["id"])["review"]["state"] == "due"
    assert [one["id"] for one in broker.json("fay", "list", "--all")["requests"]] == [filed.json["id"], earlier]


def test_break_glass_is_open_to_who_never_filed_anything_while_the_directory_is_down(broker, slapd):
    # By the group that policy names, learnt when it was loaded; jon has never said a word to the broker.
    wait_for("the broker knows who may break glass", lambda: broker.remembers("jon"))
    slapd.stop()
    filed = broker.stint("jon", "break-glass", "ehr-password-reset", "-r", "a patient", "--confirm", "ehr-password-reset", "--no-wait", "--json")
    assert filed.status == 8, filed
    refused = broker.stint(STRANGER_UID, "break-glass", "ehr-password-reset", "-r", "x", "--confirm", "ehr-password-reset")
    refused.must_be_refused("directory_unreachable")
    assert "has not met you" in refused.err
    slapd.start()
    broker.wait_for_state("jon", filed.json["id"], "ready")


def test_whoever_was_identified_once_is_remembered(broker):
    assert not broker.remembers("ivy")
    broker.stint("ivy", "whoami").must_be()
    assert broker.remembers("ivy")


def test_what_is_ones_own_is_seen_and_given_back_while_the_directory_is_down(broker, slapd):
    grant, waiting = broker.grant("ada", "ehr-look"), broker.request("ada", "lab-change")
    theirs = broker.grant("ivy", "ehr-look")
    slapd.stop()
    refused = broker.stint("ada", "extend", str(grant), "-d", "30m", "-r", "longer").must_be_refused("directory_unreachable")
    assert "nothing was filed" in refused.err
    for verb in ("show", "release", "cancel"):
        refused = broker.stint("ada", verb, str(theirs))
        assert refused.status == 6 and "break-glass" not in refused.err, refused
    assert broker.show("ada", grant)["state"] == "ready"
    broker.stint("ada", "cancel", str(waiting)).must_be()
    said = broker.stint("ada", "release", str(grant))
    assert said.status == 0, said
    assert broker.show("ada", grant)["state"] == "closing"
    assert (broker.record(grant, "state"), broker.record(theirs, "state")) == ("closing", "ready")
    slapd.start()
    assert broker.wait_for_state("ada", grant, "closed")["close_reason"] == "released"
    assert lent(slapd)["ehr-reset"] == [slapd.person_dn("ivy")]


def test_a_run_survives_a_directory_that_is_down_and_is_told_of_its_end(broker, slapd):
    # Longer than a stream stays silent (15 s): the broker looks anew who holds it while the directory is away.
    holding = broker.started("ada", "run", "unix-fix", "-r", "to test", "-d", "20s", "--kill-on-expiry", "--", "/usr/bin/tail", "-f", "/dev/null")
    with holding:
        number = wait_for("the grant stands", lambda: next(
            (one["id"] for one in broker.json("ada", "list", "--mine")["requests"] if one["state"] == "ready"), None))
        slapd.stop()
        wait_for("the grant ends", lambda: broker.record(number, "state") == "closing")
        assert broker.record(number, "reason") == "expired"
        told = holding.end()
        assert "HAS ENDED" in told.err and "expired" in told.err, told
        slapd.start()
    broker.wait_for_state("ada", number, "closed")


def test_an_approval_opens_the_grant_once_the_directory_is_back(broker, slapd):
    number = broker.request("ada", "ehr-look", "--start", "+2s")
    broker.stint("cleo", "approve", str(number)).must_be()
    slapd.stop()
    wait_for("it was tried", lambda: "opening_postponed" in broker.log)
    slapd.start()
    broker.wait_for_state("ada", number, "ready")


def test_who_is_disabled_loses_the_grant(broker, slapd):
    number = broker.grant("ada", "ehr-look")
    slapd.add_value(slapd.person_dn("ada"), "pwdAccountLockedTime", "000001010000Z")
    try:
        assert broker.wait_for_state("fay", number, "closed")["close_reason"] == "person_disabled"
        assert lent(slapd)["ehr-reset"] == []
    finally:
        slapd.remove_value(slapd.person_dn("ada"), "pwdAccountLockedTime", "000001010000Z")


def test_who_is_disabled_reads_no_more(broker, slapd):
    number = broker.request("ada", "lab-change")
    with broker.started("ada", "watch", str(number), "--json") as watching, broker.started("fay", "watch", "--json") as auditing:
        assert watching.process.stdout.readline()
        for login in ("ada", "fay"):
            slapd.add_value(slapd.person_dn(login), "pwdAccountLockedTime", "000001010000Z")
        try:
            for login in ("ada", "fay"):
                wait_for(f"{login} is not remembered any more", lambda: broker.stint(login, "whoami").status != 0)  # pylint: disable=cell-var-from-loop
            for words in (("whoami",), ("show", str(number)), ("list", "--all"), ("list", "--findings"), ("audit", "search"), ("entitlements",)):
                broker.stint("fay", *words).must_be_refused("caller_disabled", status=4)
            broker.stint("ada", "show", str(number)).must_be_refused("caller_disabled", status=4)
            for ended in (watching.end(), auditing.end()):
                assert ended.status == 4 and "code: caller_disabled" in ended.err, ended
        finally:
            for login in ("ada", "fay"):
                slapd.remove_value(slapd.person_dn(login), "pwdAccountLockedTime", "000001010000Z")


def test_a_closed_ticket_ends_the_grant(broker, slapd):
    number = broker.grant("ada", "ehr-password-reset")
    broker.set_ticket("INC0001", state="closed")
    assert broker.wait_for_state("ada", number, "closed")["close_reason"] == "ticket_closed"
    assert lent(slapd)["ehr-reset"] == []


def test_a_closed_ticket_ends_nothing_where_policy_does_not_say_so(make):
    broker = make(policy=entitlement("ehr-look", ticket={**TICKET_RULE, "close_revokes": False})
                  + entitlement("unix-fix", ticket=TICKET_RULE, groups=[group("unix-admins")])).start()
    kept, ended = broker.grant("ada", "ehr-look"), broker.grant("ada", "unix-fix")
    broker.set_ticket("INC0001", state="closed")
    broker.wait_for_state("ada", ended, "closed")  # so the ticket was looked at
    assert broker.show("ada", kept)["state"] == "ready"
