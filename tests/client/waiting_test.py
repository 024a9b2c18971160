"""Waiting and watching, on a terminal and off one: the live line, Ctrl-C, and a broker that goes away meanwhile."""

import json
import re

from terminal import stint_on_terminal
from world import until

ASK = ["request", "ehr-password-reset", "-t", "INC0001", "-r", "locked out", "--verified", "callback"]


def test_on_a_terminal_one_line_counts_down_and_the_outcome_ends_it(broker):
    with stint_on_terminal(broker, *ASK) as terminal:
        first = terminal.expect(r"\r\x1b\[KRequest 1 is pending[^\r\n]*lapses in ([0-9hms]+)").group(1)
        second = terminal.expect(r"\r\x1b\[KRequest 1 is pending[^\r\n]*lapses in ([0-9hms]+)").group(1)
        assert first != second
        broker.stint("approve", 1, who="ben")
        assert terminal.wait() == 0
        assert "Request 1 is ready" in terminal.text


def test_no_color_and_pipes_have_plain_lines(broker):
    with stint_on_terminal(broker, *ASK, env={"NO_COLOR": "1"}) as terminal:
        terminal.expect("is pending")
        broker.stint("deny", 1, "-r", "no", who="ben")
        assert terminal.wait() == 3
        assert "\x1b" not in terminal.text and terminal.text.count("is pending") == 1


def test_ctrl_c_while_waiting_leaves_the_request_filed_and_says_so(broker):
    with stint_on_terminal(broker, *ASK) as terminal:
        terminal.expect("is pending")
        terminal.type("\x03")
        assert terminal.wait() == 130
        assert "request 1 stays filed" in terminal.text and "stint cancel 1" in terminal.text
    assert broker.state(1) == "pending"


def test_a_broker_killed_and_started_again_while_a_client_waits_is_found_again(broker):
    client = broker.start_stint(*ASK)
    until("it waits", lambda: "is pending" in client.stderr.readline())
    broker.kill()
    until("the loss is told", lambda: "lost" in client.stderr.readline())
    broker.start()
    broker.stint("approve", 1, who="ben")
    data, _ = client.communicate(timeout=60)
    assert client.returncode == 0 and "Request 1 is ready" in data


def test_watch_follows_a_request_to_its_end_one_json_object_a_line(broker):
    number = broker.file_reset()
    client = broker.start_stint("--json", "watch", number)
    first = json.loads(client.stdout.readline())
    broker.stint("deny", number, "-r", "no", who="ben")
    data, _ = client.communicate(timeout=30)
    seen = [first, *map(json.loads, data.splitlines())]
    assert client.returncode == 0 and seen[-1]["state"] == "denied"
    for one in seen:
        assert one["schema_version"] == 1 and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", one["created_at"])
