"""Everything a person can get wrong at the client: each has its own refusal by name, says what to do, and changes nothing."""

import pytest
from broker import POLICY, TICKET_RULE, entitlement, group
from conftest import lent

ASK = ("request", "ehr-look", "-r", "to test")
CONTROL = ("a\x1b[31mred", "bell\x07", "two\nlines", "back\bspace", "del\x7f", "c1\x9b31m")
BIDI = ("a\u202egnp.exe", "\u2066hidden\u2069", "mark\u200f", "tag\U000e0041")


@pytest.fixture(scope="module", name="shared")
def _shared(slapd):
    """One broker for all that must change nothing."""
    from broker import Broker
    with Broker(slapd, policy=POLICY + entitlement("verified-reset", verification=["callback", "manager"])
                + entitlement("on-ticket", ticket=TICKET_RULE)) as broker:
        broker.set_ticket("INC0002", state="closed", assignee="ada")
        broker.set_ticket("INC0003", assignee="ivy")
        yield broker.start()


@pytest.fixture(name="unchanged")
def _unchanged(shared, slapd):
    """The same broker; afterwards nothing may have changed but for what it says of refused asks."""
    def facts():
        return (broker_list(shared), [one for one in shared.events() if one["type"] != "ask.refused"], lent(slapd))

    before = facts()
    yield shared
    assert facts() == before


def broker_list(broker):
    return broker.json("gus", "list", "--all")


@pytest.mark.parametrize("words", [
    ("request",), ("request", "ehr-look"), (*ASK, "-d", "soon"), (*ASK, "-d", "0s"), (*ASK, "-d", "-5m"), (*ASK, "-d", "30"), (*ASK, "--start", "yesterday"),
    (*ASK, "--colour", "blue"), (*ASK, "more"), ("approve",), ("approve", "one"), ("approve", "-1"), ("approve", "010x"), ("approve", "99999999999999999999"),
    ("deny", "1"), ("extend", "1"), ("extend", "1", "-d", "30m"), ("review", "1", "--verdict", "maybe", "-r", "x"), ("review", "1", "-r", "x"),
    ("list", "--mine", "--all"), ("list", "--limit", "0"), ("audit",), ("audit", "burn"), ("approv", "1"), ("",), ("report",), ("break-glass", "ehr-look"),
], ids=" ".join)
def test_wrong_words(unchanged, words):
    answer = unchanged.stint("ada", *words)
    assert answer.status == 2 and answer.err.startswith("stint: ") and "code: " in answer.err and answer.out == "", answer


@pytest.mark.parametrize("who,words,code", [
    ("ada", ("request", "no-such-thing", "-r", "x"), "entitlement_unknown"),
    ("ada", ("request", "EHR-look", "-r", "x"), "entitlement_unknown"),
    ("eve", ASK, "not_eligible"),
    ("ada", ("request", "on-ticket", "-r", "x"), "ticket_required"),
    ("ada", ("request", "on-ticket", "-r", "x", "-t", "INC9999"), "ticket_unknown"),
    ("ada", ("request", "on-ticket", "-r", "x", "-t", "INC0002"), "ticket_closed"),
    ("ada", ("request", "on-ticket", "-r", "x", "-t", "INC0003"), "ticket_not_yours"),
    ("ada", (*ASK, "-d", "2h1s"), "duration_exceeds_limit"),
    ("ada", (*ASK, "--start", "2020-01-01T00:00:00Z"), "start_not_valid"),
    ("ada", (*ASK, "--start", "+800h"), "start_not_valid"),
    ("ada", ("request", "verified-reset", "-r", "x"), "verification_required"),
    ("ada", ("request", "verified-reset", "-r", "x", "--verified", "astrology"), "verification_unknown"),
    ("ada", ("show", "777"), "request_unknown"), ("cleo", ("approve", "777"), "request_unknown"), ("ada", ("cancel", "777"), "request_unknown"),
    ("cleo", ("deny", "777", "-r", "x"), "request_unknown"), ("ada", ("extend", "777", "-d", "5m", "-r", "x"), "request_unknown"),
    ("ada", ("release", "777"), "request_unknown"), ("gus", ("revoke", "777", "-r", "x"), "request_unknown"),
    ("eve", ("review", "777", "--verdict", "justified", "-r", "x"), "review_unknown"), ("ada", ("watch", "777"), "request_unknown"),
    ("fay", ("audit", "show", "999999"), "event_unknown"), ("ada", ("audit", "search"), "not_permitted"),
], ids=lambda value: value if isinstance(value, str) else " ".join(value))
def test_refused_by_a_rule(unchanged, who, words, code):
    unchanged.stint(who, *words).must_be_refused(code)


@pytest.mark.parametrize("text", ["Jane Doe MRN 123", "#12", "INC 1", "INC0001\u00e9", "Jane,Doe"])
def test_what_is_no_reference_never_reaches_log_or_mail(unchanged, text):
    unchanged.stint("ada", "request", "ehr-look", "-r", "x", "-t", text).must_be_refused("reference_not_valid", status=2)
    unchanged.stint("eve", "review", "1", "--verdict", "justified", "-r", "x", "--incident", text).must_be_refused("reference_not_valid", status=2)
    unchanged.stint("ada", "request", text, "-r", "x").must_be_refused("entitlement_unknown")
    assert text not in str(unchanged.events()) and text not in unchanged.log


def test_of_a_refused_ask_the_log_has_only_the_names_that_are_known(shared):
    shared.stint("ada", "request", "jane-doe", "-r", "x", "-t", "MRN-123").must_be_refused("entitlement_unknown")
    shared.stint("ada", "request", "on-ticket", "-r", "x", "-t", "MRN-123").must_be_refused("ticket_unknown")
    shared.stint("ada", "request", "on-ticket", "-r", "x", "-t", "INC0002").must_be_refused("ticket_closed")
    said = [(one["entitlement"], one["ticket"]) for one in shared.events() if one["type"] == "ask.refused"][-3:]
    assert said == [("", ""), ("on-ticket", ""), ("on-ticket", "INC0002")]


@pytest.mark.parametrize("reason", ["", " ", "\u3000\u200b"], ids=["empty", "space", "blank"])
def test_a_reason_that_is_none(unchanged, reason):
    unchanged.stint("ada", "request", "ehr-look", "-r", reason).must_be_refused("reason_required", status=2)


def fields(text):
    """Each text that a person can type, with this in it."""
    ask = ("request", "ehr-look", "-r")
    return {"reason": (*ask, text), "impact": (*ask, "x", "--impact", text), "action": (*ask, "x", "--action", text),
            "affected": (*ask, "x", "--affected", text), "ticket": (*ask, "x", "-t", text), "verified": (*ask, "x", "--verified", text),
            "entitlement": ("request", text, "-r", "x"), "break-glass": ("break-glass", "ehr-password-reset", "--confirm", "ehr-password-reset", "-r", text),
            "approve": ("approve", "1", "-r", text), "deny": ("deny", "1", "-r", text), "revoke": ("revoke", "1", "-r", text),
            "release": ("release", "1", "--resolution", text), "extend": ("extend", "1", "-d", "5m", "-r", text),
            "review": ("review", "1", "--verdict", "justified", "-r", text),
            "incident": ("review", "1", "--verdict", "justified", "-r", "x", "--incident", text)}


@pytest.mark.parametrize("field", fields(""))
def test_control_characters_and_changes_of_direction_in_any_text(unchanged, field):
    for text in CONTROL + BIDI:
        unchanged.stint("ada", *fields(text)[field]).must_be_refused("text_not_allowed", status=2)


@pytest.mark.parametrize("field", fields(""))
def test_a_text_that_is_too_long(unchanged, field):
    unchanged.stint("ada", *fields("x" * 201)[field]).must_be_refused("text_too_long", status=2)


def test_a_reason_of_a_megabyte(unchanged):
    """One argument may have 128 KiB on Linux, so the client is not the only one who has to say no: the door is asked too."""
    unchanged.stint("ada", "request", "ehr-look", "-r", "x" * 100_000).must_be_refused("body_too_large", status=2)
    status, text = unchanged.post("ada", "/v1/requests", '{"entitlement": "ehr-look", "reason": "' + "x" * 1_000_000 + '"}')
    assert status == 413 and "body_too_large" in text


def test_text_that_is_no_utf8(unchanged):
    answer = unchanged.stint("ada", "request", "ehr-look", "-r", b"caf\xe9")
    assert answer.status == 2 and "code: " in answer.err, answer


def test_a_decision_twice_and_after_the_end(broker):
    number = str(broker.request("ada", "lab-change"))
    broker.stint("cleo", "approve", number).must_be()
    broker.stint("cleo", "approve", number).must_be_refused("approver_already_decided")
    broker.stint("cleo", "deny", number, "-r", "x").must_be_refused("approver_already_decided")
    broker.stint("ada", "approve", number).must_be_refused("approver_is_requester")
    broker.stint("ada", "cancel", number).must_be()
    broker.stint("dan", "approve", number).must_be_refused("request_not_pending")
    broker.stint("ada", "cancel", number).must_be_refused("request_ended")
    broker.stint("ada", "extend", number, "-d", "5m", "-r", "x").must_be_refused("grant_not_open")
    broker.stint("ada", "release", number).must_be_refused("grant_not_open")
    broker.stint("gus", "revoke", number, "-r", "x").must_be_refused("grant_not_open")


def test_after_the_grant_has_ended(broker):
    number = str(broker.grant("ada", "ehr-look", "-d", "1s"))
    broker.wait_for_state("ada", number, "closed")
    broker.stint("ada", "extend", number, "-d", "5m", "-r", "x").must_be_refused("grant_not_open")
    broker.stint("ada", "release", number).must_be_refused("grant_not_open")
    broker.stint("gus", "revoke", number, "-r", "x").must_be_refused("grant_not_open")
    broker.stint("cleo", "approve", number).must_be_refused("approver_already_decided")
    broker.stint("ada", "cancel", number).must_be_refused("request_ended")


def test_the_same_again_and_too_many(broker):
    broker.request("ada", "ehr-look")
    broker.stint("ada", *ASK).must_be_refused("request_already_open")
    broker.request("ada", "ehr-password-reset")
    broker.request("ada", "lab-change")
    broker.stint("ada", "request", "unix-fix", "-r", "x").must_be_refused("too_many_pending")


UNSATISFIABLE = {
    "no approver left": (entitlement("x", approvals=[{"from": [group("privacy")], "count": 2}]), "approv"),
    "an unknown group": (entitlement("x", groups=[group("no-such-group")]), "no-such-group"),
    "a group the plugin may not write": (entitlement("x", groups=[group("forbidden")]), "forbidden"),
    "a role is lent": (entitlement("x", groups=[group("soc")]), "soc"),
    "a default beyond the limit": (entitlement("x", duration={"default": "3h", "max": "2h"}), "duration"),
    "an unknown key": (entitlement("x", approvers=["y"]), "approvers"),
}


@pytest.mark.parametrize("policy,word", UNSATISFIABLE.values(), ids=UNSATISFIABLE)
def test_a_policy_that_cannot_be_satisfied_is_told_by_check_and_by_the_start(make, policy, word):
    broker = make(policy=policy)
    status, text = broker.check()
    assert status == 1 and "error: " in text and "test.toml:" in text and word in text, text
    assert broker.launch().wait_for_end() == 1
    assert word in broker.log and not broker.socket.exists()


def test_check_tells_all_faults_at_once(make):
    broker = make(policy=entitlement("Bad Name") + entitlement("x", colour="blue") + entitlement("y", duration={"default": "3h", "max": "2h"}))
    status, text = broker.check("--offline")
    assert status == 1 and len([line for line in text.splitlines() if line.startswith("error: ")]) >= 3, text
