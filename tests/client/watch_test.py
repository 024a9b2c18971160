"""`stint watch` through the broker's restarts: it comes back by itself, says so once, misses nothing, and ends on Ctrl-C."""

import json
import os
import re
import signal
import socket
import threading
from time import monotonic

import pytest
from terminal import shell_on_terminal, stint_on_terminal
from world import until


class Watch:
    """A watch in pipes; collects what it says, a thread a pipe."""

    def __init__(self, broker, *words, who="lin"):
        self.client = broker.start_stint("--json", "watch", *words, who=who)
        self.data, self.messages = [], []
        for stream, lines in ((self.client.stdout, self.data), (self.client.stderr, self.messages)):
            threading.Thread(target=lines.extend, args=(stream,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.client.poll() is None:
            self.client.kill()
        self.client.wait()

    def states(self, number):
        return [one["state"] for one in map(json.loads, self.data) if one["id"] == number]

    def saw(self, number, state):
        until(f"request {number} is seen as {state}", lambda: state in self.states(number))

    def said(self, words):
        return sum(words in line for line in self.messages)

    def until_said(self, words):
        until(f"it says {words!r}", lambda: self.said(words))

    def interrupt(self):
        self.client.send_signal(signal.SIGINT)
        return self.client.wait(30)


def test_what_happens_while_it_has_no_connection_is_seen_afterwards(broker):
    with Watch(broker) as watch:
        first = broker.file_reset()
        watch.saw(first, "pending")
        watch.client.send_signal(signal.SIGSTOP)  # it must not be back before all has happened
        broker.kill()
        broker.start()
        broker.stint("deny", first, "-r", "no", who="ben")
        second = broker.file_reset()
        broker.stint("cancel", second)
        watch.client.send_signal(signal.SIGCONT)
        watch.saw(first, "denied")
        watch.saw(second, "cancelled")
        assert watch.states(first) == ["pending", "denied"] and watch.states(second)[-1] == "cancelled"
        watch.until_said("back")
        assert watch.said("lost") == 1 and watch.said("back") == 1
        assert watch.interrupt() == 130


def test_nothing_is_missed_when_nothing_had_come_before_the_loss(broker):
    """The broker tells where its log stands before the first change; a client that is cut off then goes on from there."""
    with socket.socket(socket.AF_UNIX) as real:
        real.connect(str(broker.socket))
        real.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nStint-Act-As: lin\r\n\r\n")
        got = b""
        while not (told := re.search(rb"\nid: (\d+)\n", got)):
            got += real.recv(4096)
    path = str(broker.folder / "fake.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        with Watch(broker, "--socket", path) as watch:
            for head in (b"", b"Last-Event-ID: " + told[1]):
                connection, _ = listener.accept()
                with connection:
                    asked = connection.recv(65536)
                    assert (head in asked) if head else (b"Last-Event-ID" not in asked)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: " + told[1] + b"\n: keep-alive\n\n")
            assert watch.interrupt() == 130


def test_it_says_once_that_the_broker_is_away_however_long_and_however_often_it_tries(broker):
    with Watch(broker) as watch:
        watch.saw(broker.file_reset(), "pending")
        broker.kill()
        watch.until_said("lost")
        os.unlink(broker.socket)  # another reason than before, and then a third
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(broker.socket))
            listener.listen()
            for _ in range(3):
                connection, _ = listener.accept()
                connection.close()
        os.unlink(broker.socket)
        broker.start()
        watch.until_said("back")
        assert watch.said("lost") == 1 and watch.said("back") == 1
        assert watch.interrupt() == 130


def test_it_tries_again_less_and_less_often(broker):
    with Watch(broker) as watch:
        watch.saw(broker.file_reset(), "pending")
        broker.kill()
        os.unlink(broker.socket)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(broker.socket))
            listener.listen()
            times = []
            for _ in range(5):
                connection, _ = listener.accept()
                times.append(monotonic())
                connection.close()
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        assert all(gap < 10 for gap in gaps) and gaps[3] > gaps[0] > 0.1, gaps


def test_each_restart_is_told_of(broker):
    with Watch(broker) as watch:
        watch.saw(broker.file_reset(), "pending")
        for turn in (1, 2):
            broker.stop()
            until("the loss is told", lambda turn=turn: watch.said("lost") == turn)
            broker.start()
            until("the return is told", lambda turn=turn: watch.said("back") == turn)
        assert watch.interrupt() == 130


def test_one_request_is_followed_through_a_restart_to_its_end(broker):
    number = broker.file_reset()
    with Watch(broker, number, who="ada") as watch:
        watch.saw(number, "pending")
        broker.kill()
        watch.until_said("lost")
        broker.start()
        broker.stint("deny", number, "-r", "no", who="ben")
        assert watch.client.wait(60) == 0
        watch.saw(number, "denied")


@pytest.mark.parametrize("words", [[], ["1"]], ids=["all", "one"])
def test_ctrl_c_ends_it_with_130_and_no_alarm(broker, words):
    broker.file_reset()
    with shell_on_terminal(broker) as shell:
        shell.expect(r"\$ $")
        shell.type(" ".join(["stint --as ada watch", *words]) + "\n")
        shell.expect("Ctrl-C ends it" if not words else "is pending")
        shell.type("\x03")
        shell.expect(r"\$ $")
        shell.type("echo status=$?\n")
        assert shell.expect(r"status=(\d+)\r").group(1) == "130"
        assert "may have been done" not in shell.text and "stint: " not in shell.text


def test_ctrl_c_while_the_broker_is_away_ends_it_too(broker):
    with stint_on_terminal(broker, "watch") as terminal:
        terminal.expect("Ctrl-C ends it")
        broker.kill()
        terminal.expect("lost")
        terminal.type("\x03")
        assert terminal.wait() == 130


def test_a_request_that_is_not_there_is_refused_at_once(broker):
    assert "code: request_unknown, request 99" in broker.stint("watch", 99, check=6).stderr
