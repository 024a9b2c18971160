"""`stint request -n` explains itself: the rules, the ticket, the end, who would be asked and whether they can; and files nothing."""

import json
import re

import pytest
from world import Broker

RESET = ["request", "ehr-password-reset", "-t", "INC0001", "-r", "locked out", "--verified", "callback", "-n"]
# One who may approve and is disabled, and an entitlement that only one other may approve for its requester.
PEOPLE = """
[[person]]
login = "old"
name = "Gone Away"
mail = "old@example.org"
enabled = false
[[group]]
name = "owners-of-lone"
members = ["ada", "old", "ben"]
[[group]]
name = "lone"
members = []
"""
LONE = """
[[entitlement]]
name = "lone"
title = "One person is left to approve it"
risk = "low"
access = "write"
groups = ["lone"]
requesters = ["helpdesk"]
duration = { default = "30m", max = "2h" }
[[entitlement.approval]]
from = ["owners-of-lone"]
"""


@pytest.fixture(scope="module")
def asked():
    with Broker() as one:
        yield one


def test_it_tells_the_rules_the_ticket_the_end_and_who_would_be_asked(asked):
    text = asked.stint(*RESET).stdout
    assert text.startswith("It would be filed: ehr-password-reset for 30m. Nothing was filed.\n")
    for line in (r"Would end +\d{4}-\d\d-\d\d .*, if it opened now", "Rules, all kept", r"duration +30m; the limit is 2h",
                 r"ticket +INC0001 is open, assigned to ada", r"verification +callback", r"standing +you are no member of ehr-reset",
                 r"Stage 1 +1 of ehr-owners, where 2 people beside you may"):
        assert re.search(line, text), f"{line} in\n{text}"
    assert "Filed" not in text and asked.numbers() == []


def test_json_has_the_same(asked):
    told = asked.json(*RESET)
    assert told["id"] == 0 and told["stages"][0]["able"] == 2 and told["stages"][0]["from"] == ["ehr-owners"]
    preview = told["preview"]
    assert preview["ticket"] == {"sight": "seen", "state": "open", "assignee": "ada"}
    assert [rule["rule"] for rule in preview["rules"]] == ["account", "reason", "duration", "start", "verification", "ticket", "clock", "reviews",
                                                          "under_way", "standing", "removals"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", preview["ends_at"])


def test_what_is_lent_on_policy_alone_asks_nobody(asked):
    text = asked.stint("request", "at-once", "-r", "x", "-d", "10m", "--start", "+1h", "-n").stdout
    assert re.search(r"Nobody +it is lent on policy alone", text) and "from its start on" in text and "ticket        none is asked for" in text
    assert "would open at its start" in text and "would open at once" in asked.stint("request", "at-once", "-r", "x", "-n").stdout
    assert asked.numbers() == [] and asked.members("at-once") == []


def test_every_broken_rule_is_told_at_once(asked):
    words = ["request", "ehr-password-reset", "-t", "INC0003", "-r", "x", "-d", "9h", "-n"]
    told = asked.json(*words, check=6)
    assert told["code"] == "duration_exceeds_limit"
    assert told["detail"] == "the limit is 2h; broken as well: verification_required, ticket_not_yours"
    assert "why:  the limit is 2h; broken as well: verification_required, ticket_not_yours" in asked.stint(*words, check=6).stderr
    assert asked.json(*words[:-1], check=6)["detail"] == "the limit is 2h"


def test_who_may_not_ask_learns_nothing_more(asked):
    told = asked.json("request", "ehr-password-reset", "-r", "x", "-n", who="lin", check=6)
    assert told["code"] == "not_eligible" and told["detail"] == ""


def test_an_open_request_of_ones_own_stands_in_the_way_but_not_the_dry_run_itself(broker):
    broker.stint(*RESET)
    broker.stint(*RESET)
    number = broker.file_reset()
    assert f"it is number {number}" in broker.stint(*RESET, check=6).stderr


def test_nobody_left_to_approve_is_said():
    with Broker(people=PEOPLE, policy=LONE) as broker:
        assert "where 1 person beside you may" in broker.stint("request", "lone", "-r", "x", "-n").stdout
        file = broker.folder / "directory.toml"
        changed = broker.folder / "changed"
        changed.write_text(file.read_text("utf-8").replace('members = ["ada", "old", "ben"]', 'members = ["ada", "old"]'), "utf-8")
        changed.replace(file)
        done = broker.stint("request", "lone", "-r", "x", "-n")
        assert "NOT ENOUGH" in done.stdout and "where 0 people beside you may" in done.stdout
        assert json.loads(broker.stint("--json", "request", "lone", "-r", "x", "-n").stdout)["stages"][0]["able"] == 0
