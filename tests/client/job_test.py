"""`stint run` as a job of a shell on a real terminal: the keys that send signals reach the command once, stopping gives the
terminal back, and however the job ends the right ends with it."""

import os
import re
import signal
import socket
import termios
import time

from run_test import AT_ONCE, PROBE, assert_given_back, end, is_gone, lines_in
from terminal import Terminal, shell_on_terminal
from world import LIMIT_S, STINT, until


class Job:
    """A probe under `stint run`, started by typing; what reached it is read from its file."""

    def __init__(self, broker, shell, *options, number=1):
        self.file = broker.folder / f"probe{number}"
        self.shell = shell
        shell.expect(r"\$ $")
        words = ["stint", "--as", "ada", *AT_ONCE[:-1], *options, "--", *PROBE, str(self.file)]
        shell.type(" ".join("'a test'" if word == "a test" else word for word in words) + "\n")
        first = until("the command runs", lambda: lines_in(self.file))[0].split()
        self.command, self.number = int(first[1]), int(first[2])
        self.client = int(re.search(r"^PPid:\s+(\d+)", open(f"/proc/{self.command}/status", encoding="utf-8").read(), re.M)[1])

    def seen(self):
        return lines_in(self.file)[1:]

    def reached(self, name):
        until(f"{name} reaches the command", lambda: name in self.seen())

    def relayed_so_far(self):
        """All that was sent to the client before is through: what is sent now goes the same way, behind it."""
        os.kill(self.client, signal.SIGUSR1)
        self.reached("SIGUSR1")

    def until_state(self, letters):
        for pid in (self.command, self.client):
            until(f"{pid} is {letters}", lambda pid=pid: state_of(pid) in letters)

    def end(self):
        os.kill(self.command, signal.SIGTERM)


def state_of(pid):
    return re.search(r"^State:\s+(\w)", open(f"/proc/{pid}/status", encoding="utf-8").read(), re.M)[1]


def status_told_by(shell):
    shell.expect(r"\$ $")
    shell.type("echo status=$?\n")
    return int(shell.expect(r"status=(\d+)\r").group(1))


def test_ctrl_c_and_ctrl_backslash_reach_the_command_once_each(broker):
    with shell_on_terminal(broker) as shell:
        job = Job(broker, shell)
        shell.type("\x03")
        job.reached("SIGINT")
        shell.type("\x1c")
        job.reached("SIGQUIT")
        job.relayed_so_far()
        assert job.seen() == ["SIGINT", "SIGQUIT", "SIGUSR1"]
        assert broker.state(job.number) == "ready"
        job.end()
        assert status_told_by(shell) == 7
        assert_given_back(broker, job.number)


def test_ctrl_c_that_the_command_dies_of_is_told_to_the_shell_as_such(broker):
    with shell_on_terminal(broker) as shell:
        shell.expect(r"\$ $")
        # A loop stops at Ctrl-C only when the shell sees the job die of SIGINT.
        shell.type("for n in 1 2 3; do echo turn $n; stint --as ada run at-once -r x -- sh -c 'echo run$((1+1))s; exec sleep 60'; done\n")
        shell.expect("run2s")
        shell.type("\x03")
        assert status_told_by(shell) == 130
        assert "turn 2" not in shell.text.split("done\r\n")[1]
        assert_given_back(broker, 1)


def test_ctrl_backslash_that_the_command_dies_of(broker):
    with shell_on_terminal(broker) as shell:
        shell.expect(r"\$ $")
        shell.type("stint --as ada run at-once -r x -- sh -c 'echo run$((1+1))s; exec sleep 60'\n")
        shell.expect("run2s")
        shell.type("\x1c")
        assert status_told_by(shell) == 131
        assert_given_back(broker, 1)


def test_ctrl_z_gives_the_terminal_back_and_fg_goes_on(broker):
    with shell_on_terminal(broker) as shell:
        job = Job(broker, shell)
        for turn in range(2):
            shell.type("\x1a")
            shell.expect("Stopped")
            job.until_state("T")
            shell.expect(r"\$ $")
            shell.type(f"echo the shell answers {turn}$((1+1))\n")
            shell.expect(f"the shell answers {turn}2")
            assert broker.state(job.number) == "ready"
            shell.expect(r"\$ $")
            shell.type("fg\n")
            job.until_state("RS")
            until("it was told to go on", lambda turn=turn: job.seen().count("SIGCONT") > turn)
        shell.type("\x03")
        job.reached("SIGINT")
        job.relayed_so_far()
        assert job.seen() == ["SIGCONT", "SIGCONT", "SIGINT", "SIGUSR1"]
        job.end()
        assert status_told_by(shell) == 7
        assert_given_back(broker, job.number)


def test_a_stopped_job_goes_on_in_the_background_too(broker):
    with shell_on_terminal(broker) as shell:
        job = Job(broker, shell)
        shell.type("\x1a")
        shell.expect("Stopped")
        shell.expect(r"\$ $")
        shell.type("bg\n")
        job.until_state("RS")
        job.end()
        shell.type("wait %1; echo status=$?\n")
        assert shell.expect(r"status=(\d+)\r").group(1) == "7"
        assert_given_back(broker, job.number)


def test_a_command_that_stops_itself_stops_the_job(broker):
    with shell_on_terminal(broker) as shell:
        shell.expect(r"\$ $")
        shell.type("stint --as ada run at-once -r x -- sh -c 'echo stops; kill -STOP $$; echo goes on; exit 9'\n")
        shell.expect("stops\r")
        shell.expect("Stopped")
        shell.expect(r"\$ $")
        assert broker.state(1) == "ready"
        shell.type("fg\n")
        shell.expect("goes on\r")
        assert status_told_by(shell) == 9
        assert_given_back(broker, 1)


def test_stop_sent_to_the_client_alone_stops_the_command_too(broker):
    with shell_on_terminal(broker) as shell:
        job = Job(broker, shell)
        os.kill(job.client, signal.SIGTSTP)
        shell.expect("Stopped")
        job.until_state("T")
        os.kill(job.client, signal.SIGCONT)
        job.until_state("RS")
        job.end()
        shell.expect(r"\$ $")
        assert_given_back(broker, job.number)


def test_a_grant_that_ends_while_the_job_is_stopped_is_told_when_it_goes_on(broker):
    with shell_on_terminal(broker) as shell:
        job = Job(broker, shell)
        shell.type("\x1a")
        shell.expect("Stopped")
        broker.stint("revoke", job.number, "-r", "misused", who="sam")
        broker.until_state(job.number, "closed")
        shell.expect(r"\$ $")
        shell.type("fg\n")
        shell.expect("HAS ENDED.*revoked")
        job.end()
        assert status_told_by(shell) == 7


def test_a_new_size_of_the_terminal_reaches_the_command(broker):
    with shell_on_terminal(broker) as shell:
        job = Job(broker, shell)
        shell.resize(100, 30)
        job.reached("SIGWINCH")
        job.relayed_so_far()
        assert job.seen().count("SIGWINCH") == 1
        os.kill(job.client, signal.SIGWINCH)
        until("one sent by somebody is passed on", lambda: job.seen().count("SIGWINCH") == 2)
        job.end()
        assert status_told_by(shell) == 7


def test_hangup_of_the_terminal_reaches_the_command_and_the_right_is_given_back(broker):
    with shell_on_terminal(broker) as shell:
        job = Job(broker, shell)
        try:
            os.close(shell.master)
            shell.master = os.open("/dev/null", os.O_RDONLY)
            job.reached("SIGHUP")
        finally:
            end(job.command)
        assert_given_back(broker, job.number)


def test_hangup_of_a_terminal_whose_session_is_the_clients_own(broker):
    file = broker.folder / "probe"
    with Terminal([STINT, "--as", "ada", *AT_ONCE, *PROBE, str(file)], broker.environment) as terminal:
        command = int(until("the command runs", lambda: lines_in(file))[0].split()[1])
        try:
            os.close(terminal.master)
            terminal.master = os.open("/dev/null", os.O_RDONLY)
            until("SIGHUP reaches the command", lambda: "SIGHUP" in lines_in(file))
        finally:
            end(command)
        assert_given_back(broker, 1)


def test_term_and_hup_sent_to_the_client_are_passed_on_once(broker):
    with shell_on_terminal(broker) as shell:
        job = Job(broker, shell)
        os.kill(job.client, signal.SIGHUP)
        job.reached("SIGHUP")
        job.relayed_so_far()
        assert job.seen() == ["SIGHUP", "SIGUSR1"]
        os.kill(job.client, signal.SIGTERM)
        job.reached("SIGTERM")
        assert status_told_by(shell) == 7
        assert_given_back(broker, job.number)


def test_signals_that_the_command_dies_of_are_the_shells_status(broker):
    with shell_on_terminal(broker) as shell:
        for number, name in ((1, "SIGTERM"), (2, "SIGKILL"), (3, "SIGSEGV")):
            shell.expect(r"\$ $")
            shell.type(f"stint --as ada run at-once -r x -- sh -c 'kill -{name[3:]} $$'\n")
            shell.expect(r"'\r\n")
            assert status_told_by(shell) == 128 + getattr(signal, name)
            assert_given_back(broker, number)
            shell.type("\n")


def test_a_killed_client_in_a_shell_ends_the_grant(broker):
    with shell_on_terminal(broker) as shell:
        job = Job(broker, shell)
        os.kill(job.client, signal.SIGKILL)
        try:
            assert_given_back(broker, job.number)
            assert not is_gone(job.command)
        finally:
            end(job.command)


def test_a_broker_that_takes_connections_and_is_silent_holds_no_signal_up(broker):
    """A try to reach the broker again takes up to five seconds each; what somebody sends meanwhile does not wait for it."""
    with shell_on_terminal(broker) as shell:
        job = Job(broker, shell)
        broker.kill()
        os.unlink(broker.socket)
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(str(broker.socket))
            silent.listen()
            silent.settimeout(LIMIT_S)
            connections = [silent.accept()[0]]  # it has come, and waits for an answer
            asked_at = time.monotonic()
            os.kill(job.client, signal.SIGUSR2)
            job.reached("SIGUSR2")
            job.end()
            silent.settimeout(None)
            until("the end is noticed", lambda: is_gone(job.command))
            assert time.monotonic() - asked_at < 4
            for one in connections:
                one.close()
        # Refused from here on: it says so and ends.
        os.unlink(broker.socket)
        assert status_told_by(shell) == 7
        assert "could not be given back" in shell.text


def test_ctrl_z_while_it_waits_and_fg(broker):
    with shell_on_terminal(broker) as shell:
        shell.expect(r"\$ $")
        shell.type("stint --as ada run ehr-password-reset -t INC0001 -r x --verified callback -- echo r$((1+1))n\n")
        shell.expect("is pending")
        shell.type("\x1a")
        shell.expect("Stopped")
        shell.expect(r"\$ $")
        broker.stint("approve", 1, who="ben")
        broker.until_state(1, "ready")
        shell.type("fg\n")
        shell.expect("r2n\r")
        assert status_told_by(shell) == 0
        broker.until_state(1, "closed")


def test_in_the_background_it_waits_without_the_terminal_and_can_be_brought_to_the_front(broker):
    with shell_on_terminal(broker) as shell:
        shell.expect(r"\$ $")
        shell.type("stint --as ada run ehr-password-reset -t INC0001 -r x --verified callback -- sh -c 'read line; echo got $line' &\n")
        client = int(shell.expect(r"\[1\] (\d+)\r").group(1))
        number = broker.newest()
        broker.stint("approve", number, who="ben")
        until("it is stopped, for it wants to read", lambda: state_of(client) == "T")
        shell.type("jobs\n")
        shell.expect("Stopped")
        shell.type("fg\n")
        shell.expect(r"fg\r\n")
        shell.type("hello\n")
        shell.expect("got hello")
        assert status_told_by(shell) == 0
        broker.until_state(number, "closed")


def test_the_terminals_modes_are_left_to_the_command(broker):
    with shell_on_terminal(broker) as shell:
        shell.expect(r"\$ $")
        shell.type("stint --as ada run at-once -r x -- sh -c 'stty -echo; read secret; stty echo; echo; echo heard $secret'; :\n")
        until("it is ready", lambda: broker.numbers() and broker.state(1) == "ready")
        until("the echo is off", lambda: not _has_echo(shell.master))
        shell.type("quiet\n")
        shell.expect("heard quiet")
        assert shell.text.count("quiet") == 1


def _has_echo(master):
    return bool(termios.tcgetattr(master)[3] & termios.ECHO)
