"""`stint run`: the command gets the right and its environment, its status comes back, and the right goes when it goes."""

import os
import re
import signal
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest
from world import until

PROBE = [sys.executable, str(Path(__file__).parent / "probe.py")]
AT_ONCE = ["run", "at-once", "-r", "a test", "--"]


def lines_in(file):
    return file.read_text("utf-8").splitlines() if file.exists() else []


def started(broker, number_of=0):
    """Starts a probe under `stint run`; (client, file, pid of the probe, number of the request)."""
    file = broker.folder / f"probe{number_of}"
    client = broker.start_stint(*AT_ONCE, *PROBE, file)
    first = until("the command runs", lambda: lines_in(file))[0].split()
    return client, file, int(first[1]), int(first[2])


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def end(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def assert_given_back(broker, number, reason="released"):
    broker.until_state(number, "closed")
    assert broker.show(number)["close_reason"] == reason
    assert broker.members("at-once") == []


@pytest.mark.parametrize("status", [0, 1, 3, 8, 42, 124, 255])
def test_the_commands_status_is_ours_and_the_right_is_given_back(broker, status):
    broker.stint(*AT_ONCE, "/bin/sh", "-c", f"exit {status}", check=status)
    assert_given_back(broker, 1)


def test_while_the_command_runs_the_membership_stands_and_the_environment_tells(broker):
    done = broker.stint(*AT_ONCE, "/bin/sh", "-c", f"env; cat {broker.folder}/directory.toml; echo; stint --as lin --json show $STINT_GRANT_ID")
    assert re.search(r'name = "at-once"\nmembers = \["ada"\]', done.stdout), done.stdout
    assert "STINT_GRANT_ID=1\n" in done.stdout
    expires = re.search(r"^STINT_EXPIRES_AT=(.*)$", done.stdout, re.M).group(1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", expires)
    assert f'"expires_at":"{expires}"' in done.stdout and '"state":"ready"' in done.stdout


def test_an_older_grant_in_the_environment_is_replaced_not_doubled(broker):
    done = broker.stint(*AT_ONCE, "/usr/bin/env", env={"STINT_GRANT_ID": "99", "STINT_EXPIRES_AT": "never"})
    assert re.findall(r"^STINT_GRANT_ID=(.*)$", done.stdout, re.M) == ["1"]
    assert len(re.findall(r"^STINT_EXPIRES_AT=", done.stdout, re.M)) == 1


def test_input_and_output_belong_to_the_command(broker):
    done = broker.stint("--json", *AT_ONCE, "/bin/cat", input="some bytes\n\nmore")
    assert done.stdout == "some bytes\n\nmore"
    assert '"close_reason"' in done.stderr


def test_what_stands_behind_the_dashes_is_the_commands_own(broker):
    done = broker.stint(*AT_ONCE, "/bin/echo", "--help", "--json", "--", "-r")
    assert done.stdout == "--help --json -- -r\n"


def test_no_descriptor_of_ours_reaches_the_command(broker):
    done = broker.stint(*AT_ONCE, "/bin/ls", "/proc/self/fd")
    assert done.stdout.split() == ["0", "1", "2", "3"]  # the last is ls's own, on the folder


def test_a_command_that_is_not_there_ends_with_127_and_nothing_is_asked_for(broker):
    for name in ("no-such-command", "./no-such-command", "/no/such/command", ""):
        done = broker.stint(*AT_ONCE, name, check=127)
        assert "command_not_found" in done.stderr and "PATH" in done.stderr
    assert broker.numbers() == []


def test_a_command_that_cannot_be_executed_ends_with_126_and_nothing_is_asked_for(broker):
    file = broker.folder / "not-executable"
    file.write_text("#!/bin/sh\n", encoding="utf-8")
    for name in (file, broker.folder):
        assert "command_not_executable" in broker.stint(*AT_ONCE, name, check=126).stderr
    assert broker.numbers() == []


def test_a_file_that_the_system_does_not_execute_ends_with_126_and_the_right_is_given_back(broker):
    file = broker.folder / "garbage"
    file.write_bytes(b"\x7fELF garbage")
    file.chmod(0o755)
    broker.stint(*AT_ONCE, file, check=126)
    assert_given_back(broker, 1)


def test_an_interpreter_that_is_not_there_ends_with_127(broker):
    file = broker.folder / "script"
    file.write_text("#!/no/such/interpreter\n", encoding="utf-8")
    file.chmod(0o755)
    broker.stint(*AT_ONCE, file, check=127)
    assert_given_back(broker, 1)


def test_a_missing_command_is_a_usage_error_of_run(broker):
    for words in (["run", "at-once", "-r", "x"], ["run", "at-once", "-r", "x", "--"]):
        assert "-- COMMAND" in broker.stint(*words, check=125).stderr


def test_a_refusal_ends_with_125_and_the_command_is_not_run(broker):
    file = broker.folder / "touched"
    done = broker.stint("run", "no-such", "-r", "x", "--", "/usr/bin/touch", file, check=125)
    assert "entitlement_unknown" in done.stderr and not file.exists()


def test_a_denial_ends_with_125_and_the_command_is_not_run(broker):
    file = broker.folder / "touched"
    client = broker.start_stint("run", "ehr-password-reset", "-t", "INC0001", "-r", "x", "--verified", "callback", "--", "/usr/bin/touch", file)
    number = broker.newest()
    broker.stint("deny", number, "-r", "not tonight", who="ben")
    _, messages = client.communicate(timeout=30)
    assert client.returncode == 125 and "not tonight" in messages and "not run" in messages and not file.exists()


def test_waiting_too_long_ends_with_124_and_the_request_is_taken_back(broker):
    done = broker.stint("run", "ehr-password-reset", "-t", "INC0001", "-r", "x", "--verified", "callback", "--wait-timeout", "1s", "--", "true", check=124)
    assert "waited_too_long" in done.stderr
    assert broker.state(1) == "cancelled"


def test_no_broker_ends_with_125(broker):
    broker.stop()
    assert "broker_unreachable" in broker.stint(*AT_ONCE, "/bin/true", check=125).stderr


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGHUP", "SIGSEGV", "SIGUSR1"])
def test_the_commands_fatal_signal_is_ours_and_the_right_is_given_back(broker, name):
    number = getattr(signal, name)
    broker.stint(*AT_ONCE, "/bin/sh", "-c", f"kill -{int(number)} $$", check=-number)
    assert_given_back(broker, 1)
    assert not list(broker.folder.glob("core*"))


def test_killing_the_client_takes_the_right_away(broker):
    client, _, command, number = started(broker)
    client.kill()
    client.wait()  # not communicate(): the command still holds the pipes
    assert client.returncode == -signal.SIGKILL
    try:
        assert_given_back(broker, number)
    finally:
        end(command)


def test_a_client_killed_while_it_waits_takes_its_request_along(broker):
    client = broker.start_stint("run", "ehr-password-reset", "-t", "INC0001", "-r", "x", "--verified", "callback", "--", "/bin/true")
    number = broker.newest()
    # Attached from the first moment or not: either way nothing of it stays.
    client.kill()
    client.communicate()
    broker.until_state(number, "cancelled")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT"])
def test_a_signal_while_waiting_ends_the_client_and_the_request(broker, name):
    file = broker.folder / "touched"
    client = broker.start_stint("run", "ehr-password-reset", "-t", "INC0001", "-r", "x", "--verified", "callback", "--", "/usr/bin/touch", file)
    until("it waits", lambda: "pending" in client.stderr.readline())
    client.send_signal(getattr(signal, name))
    client.communicate(timeout=30)
    assert client.returncode == (130 if name == "SIGINT" else -getattr(signal, name))
    broker.until_state(1, "cancelled")
    assert not file.exists()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM"])
def test_a_signal_to_the_client_ends_the_command_and_gives_the_right_back(broker, name):
    number = getattr(signal, name)
    file = broker.folder / "ready"
    client = broker.start_stint(*AT_ONCE, "/bin/sh", "-c", f"touch {file}; exec /usr/bin/tail -f /dev/null")
    until("the command runs", file.exists)
    client.send_signal(number)
    client.communicate(timeout=30)
    assert client.returncode == -number
    assert_given_back(broker, 1)


def test_the_broker_killed_during_a_run_and_started_again_takes_the_right_away_when_the_command_ends(broker):
    client, file, command, number = started(broker)
    broker.kill()
    broker.start()
    os.kill(command, signal.SIGTERM)
    client.communicate(timeout=60)
    assert client.returncode == 7 and lines_in(file)[-1] == "SIGTERM"
    broker.until_state(number, "closed")
    assert broker.members("at-once") == []


def test_a_command_that_ends_while_the_broker_is_away_keeps_its_status_and_says_what_is_left(broker):
    client, _, command, number = started(broker)
    broker.kill()
    os.kill(command, signal.SIGTERM)
    _, messages = client.communicate(timeout=60)
    assert client.returncode == 7
    assert "could not be given back" in messages and "by itself" in messages
    broker.start()
    broker.until_state(number, "closed")
    assert broker.members("at-once") == []


def test_expiry_during_a_run_is_told_and_the_command_goes_on(broker):
    file = broker.folder / "probe"
    client = broker.start_stint("run", "at-once", "-r", "x", "-d", "2s", "--", *PROBE, file)
    line = until("its end is told", lambda: next((line for line in client.stderr if "HAS ENDED" in line), None))
    assert "expired" in line and "WITHOUT at-once" in line
    assert broker.until_state(1, "closed") and not is_gone(client.pid)
    client.send_signal(signal.SIGTERM)
    client.communicate(timeout=30)
    assert client.returncode == 7


def test_expiry_during_a_run_ends_the_command_when_that_was_asked_for(broker):
    file = broker.folder / "probe"
    client = broker.start_stint("run", "at-once", "-r", "x", "-d", "2s", "--kill-on-expiry", "--", *PROBE, file)
    _, messages = client.communicate(timeout=30)
    assert client.returncode == 7 and lines_in(file)[-1] == "SIGTERM"
    assert "HAS ENDED" in messages and "expired" in messages


def test_a_grant_revoked_during_a_run_is_told(broker):
    client, _, command, number = started(broker)
    broker.stint("revoke", number, "-r", "misused", who="sam")
    line = until("its end is told", lambda: next((line for line in client.stderr if "HAS ENDED" in line), None))
    assert "revoked" in line and "WITHOUT at-once" in line
    os.kill(command, signal.SIGTERM)
    client.communicate(timeout=30)
    assert client.returncode == 7
    assert_given_back(broker, number, "revoked")


def test_an_extension_during_a_run_moves_its_end(broker):
    file = broker.folder / "probe"
    client = broker.start_stint("run", "at-once", "-r", "x", "-d", "3s", "--", *PROBE, file)
    until("the command runs", lambda: lines_in(file))
    before = broker.show(1)["expires_at"]
    broker.stint("extend", 1, "-d", "20m", "-r", "not done")
    until("the end has moved", lambda: broker.show(1)["expires_at"] > before)
    # Past the first end, the broker's word counts: ready, and nothing was told.
    until("the first end is past", lambda: datetime.now(timezone.utc) > datetime.fromisoformat(before))
    client.send_signal(signal.SIGTERM)
    _, messages = client.communicate(timeout=30)
    assert "HAS ENDED" not in messages and client.returncode == 7

