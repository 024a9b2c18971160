"""The verbs that decide on a request or end one, each through the real client: what it says, does, and refuses."""

import json

import pytest
from terminal import stint_on_terminal

SCHEMA = 1
BREAK = ["break-glass", "ehr-password-reset", "-r", "patient in theatre"]


def ready(broker):
    return broker.file("at-once")


def broken_glass(broker):
    return broker.json(*BREAK, "--confirm", "ehr-password-reset", who="dee")["id"]


def refused(broker, code, *words, who="ada"):
    """Refused with status 6, in sentences and in JSON alike."""
    plain = broker.stint(*words, who=who, check=6)
    assert f"code: {code}" in plain.stderr and "  do:   " in plain.stderr and plain.stdout == ""
    told = broker.json(*words, who=who, check=6)
    assert (told["code"], told["exit"], told["schema_version"]) == (code, 6, SCHEMA)


def test_approve_opens_and_may_shorten(broker):
    number = broker.file_reset()
    done = broker.stint("approve", number, "-r", "seen the ticket", "-d", "20m", who="ben")
    assert f"Approved. Request {number} is " in done.stdout
    broker.until_state(number, "ready")
    seen = broker.show(number)
    assert seen["duration"] == "20m" and seen["approvals"][0]["comment"] == "seen the ticket"
    assert broker.members("ehr-reset") == ["ada"]


def test_approve_is_refused_for_the_requester_twice_and_longer(broker):
    number = broker.file_reset()
    refused(broker, "approver_is_requester", "approve", number)
    refused(broker, "duration_exceeds_request", "approve", number, "-d", "2h", who="ben")
    assert broker.state(number) == "pending" and broker.members("ehr-reset") == []
    broker.stint("approve", number, who="ben")
    refused(broker, "approver_already_decided", "approve", number, who="ben")


def test_two_stages_want_two_approvals(broker):
    number = broker.file("ehr-chart-view", "-t", "INC0003", "--verified", "callback", who="abe")
    assert "stage 2 of 2" in broker.stint("approve", number, who="ben").stdout
    refused(broker, "approver_not_eligible", "approve", number, who="bea")
    broker.stint("approve", number, who="cho")
    broker.until_state(number, "ready")


def test_deny_wants_a_comment_and_ends_it(broker):
    number = broker.file_reset()
    broker.stint("deny", number, who="ben", check=2)
    assert broker.stint("deny", number, "-r", "wrong ticket", who="ben").stdout == f"Denied. Request {number} is denied.\n"
    assert "wrong ticket" in broker.stint("show", number).stdout
    refused(broker, "request_not_pending", "deny", number, "-r", "again", who="bea")


def test_cancel_is_the_requesters_alone_and_comes_before_the_grant(broker):
    number = broker.file_reset()
    broker.stint("cancel", number, who="ben", check=6)
    assert broker.state(number) == "pending"
    assert broker.stint("cancel", number).stdout == f"Cancelled. Request {number} is cancelled.\n"
    refused(broker, "request_ended", "cancel", number)


def test_cancel_of_a_grant_points_to_the_verbs_that_end_it(broker):
    number = ready(broker)
    broker.until_state(number, "ready")
    for who in ("ada", "sam"):
        refused(broker, "grant_already_open", "cancel", number, who=who)
        advice = broker.stint("cancel", number, who=who, check=6).stderr
        assert "stint release" in advice and "stint revoke" in advice
    assert broker.state(number) == "ready" and broker.members("at-once") == ["ada"]


def test_release_and_revoke_of_what_waits_point_to_the_verb_that_fits(broker):
    number = broker.file_reset()
    refused(broker, "grant_not_open", "release", number)
    assert "`stint cancel` takes it back" in broker.stint("release", number, check=6).stderr
    assert "`stint deny` gives one" in broker.stint("revoke", number, "-r", "x", who="ben", check=6).stderr
    assert "it has not opened yet" in broker.stint("extend", number, "-d", "5m", "-r", "x", check=6).stderr
    assert broker.state(number) == "pending"


def test_release_gives_the_grant_back(broker):
    number = ready(broker)
    broker.until_state(number, "ready")
    broker.stint("release", number, who="abe", check=6)
    assert "Given back." in broker.stint("release", number, "--resolution", "password reset").stdout
    broker.until_state(number, "closed")
    assert broker.show(number)["close_reason"] == "released" and broker.members("at-once") == []
    refused(broker, "grant_not_open", "release", number)


def test_revoke_takes_the_grant_away(broker):
    number = ready(broker)
    broker.until_state(number, "ready")
    broker.stint("revoke", number, "-r", "x", who="abe", check=6)
    broker.stint("revoke", number, who="sam", check=2)
    assert "Revoked." in broker.stint("revoke", number, "-r", "misused", who="sam").stdout
    broker.until_state(number, "closed")
    assert broker.show(number)["close_reason"] == "revoked" and broker.members("at-once") == []


def test_extend_moves_the_end_once(broker):
    number = ready(broker)
    broker.until_state(number, "ready")
    before = broker.show(number)["expires_at"]
    told = broker.stint("extend", number, "-d", "20m", "-r", "not done").stdout
    assert told == f"Request 2 (an extension of {number}) is granted: request {number} ends 20m later.\n"
    assert broker.show(number)["expires_at"] > before
    refused(broker, "grant_already_extended", "extend", number, "-d", "20m", "-r", "again")
    refused(broker, "request_unknown", "extend", 99, "-d", "20m", "-r", "no such")


def test_break_glass_is_reviewed_by_somebody_else_once(broker):
    number = broken_glass(broker)
    assert broker.members("ehr-reset") == ["dee"]
    assert str(number) in broker.stint("list", "--due", who="cho").stdout
    refused(broker, "reviewer_is_user", "review", number, "--verdict", "justified", "-r", "me", who="dee")
    words = ["review", number, "--verdict", "unjustified", "-r", "no patient there", "--incident", "SEC-7"]
    assert "Reviewed as unjustified." in broker.stint(*words, who="cho").stdout
    review = broker.show(number)["review"]
    assert (review["state"], review["comment"], review["incident"]) == ("unjustified", "no patient there", "SEC-7")
    refused(broker, "review_already_done", *words, who="che")
    assert "No review is due." in broker.stint("list", "--due", who="cho").stderr


def test_break_glass_says_what_follows_and_is_not_open_to_all(broker):
    messages = broker.stint(*BREAK, "--confirm", "ehr-password-reset", who="dee").stderr
    assert "BREAK-GLASS 1" in messages and "A REVIEW WILL FOLLOW, due by" in messages
    refused(broker, "break_glass_not_allowed", *BREAK, "--confirm", "ehr-password-reset")


def test_break_glass_asks_on_a_terminal_for_the_name(broker):
    with stint_on_terminal(broker, *BREAK, who="dee") as terminal:
        terminal.expect("Type ehr-password-reset to go on: ")
        terminal.type("ehr-password-reset\n")
        assert terminal.wait() == 0 and "is ready" in terminal.text


@pytest.mark.parametrize("typed", ["yes\n", "\n", "ehr-password-reset \n", "EHR-PASSWORD-RESET\n", "\x04"])
def test_a_wrong_confirmation_asks_for_nothing(shared, typed):
    before = shared.numbers()
    with stint_on_terminal(shared, *BREAK, who="dee") as terminal:
        terminal.expect("to go on: ")
        terminal.type(typed)
        assert terminal.wait() == 2 and "nothing was asked for" in terminal.text
    assert shared.numbers() == before


def test_ctrl_c_at_the_confirmation_asks_for_nothing(shared):
    before = shared.numbers()
    with stint_on_terminal(shared, *BREAK, who="dee") as terminal:
        terminal.expect("to go on: ")
        terminal.type("\x03")
        assert terminal.wait() == 130
    assert shared.numbers() == before


@pytest.mark.parametrize("words", [[], ["--confirm", "ehr-chart-view"], ["--confirm="]])
def test_break_glass_off_a_terminal_wants_the_flag(shared, words):
    assert "Give --confirm ehr-password-reset." in shared.stint(*BREAK, *words, who="dee", check=2).stderr


def test_audit_show_tells_one_event_and_is_the_auditors(shared):
    number = shared.file("second-door", reason="for the record")
    event = json.loads(shared.stint("--json", "audit", "search", "--request", number, "--type", "request.filed", who="lin").stdout)
    text = shared.stint("audit", "show", event["seq"], who="lin").stdout
    assert text.startswith(f"Event {event['seq']}  request.filed\n") and "for the record" in text and "Ada Osei (ada)" in text
    assert shared.json("audit", "show", event["seq"], who="lin")["schema_version"] == SCHEMA
    refused(shared, "not_permitted", "audit", "show", event["seq"])
    refused(shared, "event_unknown", "audit", "show", 999999, who="lin")


def test_json_of_every_verb_that_changes_things_is_one_object_with_its_version(broker):
    def one(*words, who="ada", state=None, check=0):
        told = broker.json(*words, who=who, check=check)  # one line, or it fails
        assert told["schema_version"] == SCHEMA and (state is None or told["state"] in state)
        return told["id"]

    number = one("request", "ehr-password-reset", "-t", "INC0001", "-r", "x", "--verified", "callback", "--no-wait", state=["pending"], check=8)
    one("approve", number, who="ben", state=["approved", "opening", "active", "ready"])
    broker.until_state(number, "ready")
    extension = one("extend", number, "-d", "10m", "-r", "x", "--no-wait", state=["pending"], check=8)
    one("deny", extension, "-r", "x", who="bea", state=["denied"])
    one("release", number, state=["closing", "closed"])
    broker.until_state(number, "closed")
    one("cancel", one("request", "ehr-password-reset", "-t", "INC0001", "-r", "x", "--verified", "callback", "--no-wait", check=8), state=["cancelled"])
    glass = one(*BREAK, "--confirm", "ehr-password-reset", who="dee", state=["ready"])
    one("review", glass, "--verdict", "justified", "-r", "x", who="cho")
    one("revoke", glass, "-r", "x", who="sam", state=["closing", "closed"])
    one("request", "at-once", "-r", "x", state=["ready"])
