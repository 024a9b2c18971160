"""Foreign texts on a terminal: no escape, control or bidirectional character reaches it raw, and tables keep their width."""

import json
import os
import socket
import threading
import unicodedata

import pytest
from world import Broker

EVIL = "E\x1b[2Jv\ri\u009b31m\u202el \u2066x\u200f\u2028"

@pytest.fixture(scope="module")
def world():
    with Broker() as one:
        for number, reason in enumerate(("王小明的密码不能用了" * 8, "cafe\u0301 " * 25, "plain " * 30)):
            name = ("at-once", "second-door", "at-once")[number]
            one.file(name, reason=reason, who=("ada", "ada", "abe")[number])
        yield one


def columns(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def assert_harmless(text):
    for character in text.replace("\n", ""):
        assert unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp"), repr(character)


def answer_once(listener, status, body):
    """A broker gone bad: says what the real one refuses to store."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        text = json.dumps(body).encode("utf-8")
        kind = b"application/json" if status == 200 else b"application/problem+json"
        connection.sendall(b"HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (status, kind, len(text)) + text)


@pytest.mark.parametrize("words", [["whoami"], ["--json", "whoami"]])
@pytest.mark.parametrize("status", [200, 409])
def test_no_control_from_the_broker_reaches_the_terminal(world, words, status):
    body = {"schema_version": 1, "person": {"login": EVIL, "name": EVIL}, "id": EVIL, "roles": [EVIL], "groups": [EVIL]}
    if status != 200:
        body = {"title": EVIL, "detail": EVIL, "code": EVIL, "advice": EVIL}
    path = str(world.folder / "bad.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        thread = threading.Thread(target=answer_once, args=(listener, status, body))
        thread.start()
        done = world.stint("--socket", path, *words, who=None, check=0 if status == 200 else 6)
        thread.join()
    os.unlink(path)
    assert "31m" in done.stdout + done.stderr
    assert_harmless(done.stdout + done.stderr)


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("words", [["list", "--all"], ["entitlements"], ["audit", "search"]])
def test_tables_fit_the_terminal(world, words, width):
    lines = world.stint(*words, who="lin", env={"COLUMNS": str(width)}).stdout.splitlines()
    assert len(lines) > 2 and max(map(columns, lines)) <= width


@pytest.mark.parametrize("words", [["whoami"], ["entitlements"], ["list", "--all"], ["list", "--findings"], ["show", "1"]])
def test_json_is_one_object_with_its_version(world, words):
    done = world.stint("--json", *words, who="lin")
    assert json.loads(done.stdout)["schema_version"] == 1 and done.stderr == ""


def test_a_search_is_one_json_object_a_line(world):
    lines = world.stint("--json", "audit", "search", who="lin").stdout.splitlines()
    assert len(lines) > 3 and all(json.loads(line)["schema_version"] == 1 for line in lines)
