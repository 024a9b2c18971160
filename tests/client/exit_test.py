"""The exit status outside `run`, each reached for real, and what is said with it; and where the client finds its broker."""

import json
import os
import pwd
import signal
import socket
import threading
from pathlib import Path

import pytest
from world import until

ASK = ["request", "ehr-password-reset", "-t", "INC0001", "-r", "locked out", "--verified", "callback"]
FASTER = {"LD_PRELOAD": next(map(str, Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), "faketime is not installed"),
          "FAKETIME": "+0 x100"}


def test_1_standard_output_that_takes_no_more(shared):
    with open("/dev/full", "w", encoding="utf-8") as full:
        client = shared.start_stint("entitlements", stdout=full)
        _, messages = client.communicate(timeout=30)
    assert client.returncode == 1 and "code: output_failed" in messages


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi",
                                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]",
                                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"])
def test_1_an_answer_that_cannot_be_understood(shared, answer):
    path = str(shared.folder / f"odd{abs(hash(answer))}.sock")

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        done = shared.stint("--socket", path, "whoami", who=None, check=1)
        thread.join()
    assert done.stdout == "" and done.stderr.startswith("stint: ")


def test_4_whom_the_broker_does_not_know(shared):
    told = shared.stint("whoami", who="nobody", check=4).stderr
    assert "code: caller_unknown" in told and "why:  you came as `nobody`" in told
    own = pwd.getpwuid(os.geteuid()).pw_name
    assert f"why:  you came as `{own}`" in shared.stint("whoami", who=None, check=4).stderr
    assert shared.json("whoami", who="nobody", check=4)["exit"] == 4


def test_5_the_grant_was_over_before_the_client_saw_it(broker):
    client = broker.start_stint(*ASK)
    until("it waits", lambda: "is pending" in client.stderr.readline())
    client.send_signal(signal.SIGSTOP)
    broker.stint("approve", 1, "-d", "1s", who="ben")
    broker.until_state(1, "closed")
    client.send_signal(signal.SIGCONT)
    _, messages = client.communicate(timeout=30)
    assert client.returncode == 5 and "closed: expired" in messages and "stint show 1" in messages


def test_3_denied_while_waiting(broker):
    client = broker.start_stint(*ASK)
    broker.stint("deny", broker.newest(), "-r", "not tonight", who="ben")
    data, messages = client.communicate(timeout=30)
    assert client.returncode == 3 and data == "" and "was denied by Ben Achterberg (ben): not tonight" in messages


def test_7_no_broker(shared):
    done = shared.stint("--socket", "/nonexistent/stint.sock", "whoami", check=7)
    assert "code: broker_unreachable" in done.stderr and "/nonexistent/stint.sock" in done.stderr
    told = shared.json("--socket", "/nonexistent/stint.sock", "whoami", check=7)
    assert told["exit"] == 7 and told["schema_version"] == 1


def test_7_a_file_that_is_no_socket_and_one_where_nobody_listens(shared):
    no_socket = shared.folder / "stintd.toml"
    assert f"cannot be reached at {no_socket}: it is no socket." in shared.stint("--socket", no_socket, "whoami", check=7).stderr
    left_behind = str(shared.folder / "left.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(left_behind)
    assert f"cannot be reached at {left_behind}: nobody listens there." in shared.stint("--socket", left_behind, "whoami", check=7).stderr


def test_6_an_entitlement_that_is_not_there_is_repeated_with_the_one_that_may_be_meant(shared):
    for words in (["request", "ehr-password-rest", "-r", "x"], ["break-glass", "ehr-password-rest", "-r", "x", "--confirm", "ehr-password-rest"]):
        told = shared.stint(*words, check=6).stderr
        assert "why:  you asked for `ehr-password-rest`; did you mean `ehr-password-reset`?" in told
    told = shared.stint("run", "out", "-r", "locked", "--", "/bin/true", check=125).stderr
    assert "why:  you asked for `out`\n" in told and "code: entitlement_unknown" in told


def test_7_a_broker_that_does_not_answer(shared):
    path = str(shared.folder / "silent.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        assert "code: broker_silent" in shared.stint("--socket", path, "--timeout", "1s", "whoami", check=7).stderr


def test_8_still_pending(broker):
    done = broker.stint(*ASK, "--no-wait", check=8)
    assert done.stdout == "Request 1 is pending, waiting for 1 approval by ehr-owners.\n" and "Request 1 is filed." in done.stderr


# --- where the broker is: flag, environment, the user's file, the system's

def find(shared, *words, **environment):
    """The socket the client tried, with none in the environment unless it is given here; (status, messages)."""
    done = shared.stint(*words, "whoami", check=None, env={"STINT_SOCKET": "", **environment})
    return done.returncode, done.stderr


def configured(folder, socket_path):
    (folder / "stint").mkdir(parents=True, exist_ok=True)
    (folder / "stint" / "config.toml").write_text(f"socket = {json.dumps(str(socket_path))}\n", "utf-8")
    return str(folder)


def test_the_flag_goes_before_the_environment_and_that_before_the_file(shared, tmp_path):
    home = configured(tmp_path, "/nonexistent/file.sock")
    assert "/nonexistent/file.sock" in find(shared, XDG_CONFIG_HOME=home)[1]
    assert "/nonexistent/environment.sock" in find(shared, XDG_CONFIG_HOME=home, STINT_SOCKET="/nonexistent/environment.sock")[1]
    status, messages = find(shared, "--socket", "/nonexistent/flag.sock", XDG_CONFIG_HOME=home, STINT_SOCKET="/nonexistent/environment.sock")
    assert status == 7 and "/nonexistent/flag.sock" in messages
    assert find(shared, "--socket", shared.socket, XDG_CONFIG_HOME=home)[0] == 0


def test_the_users_file_is_found_by_xdg_or_home(shared, tmp_path):
    xdg, home = configured(tmp_path / "xdg", shared.socket), tmp_path / "home"
    configured(home / ".config", shared.socket)
    assert find(shared, XDG_CONFIG_HOME=xdg, HOME="/nonexistent")[0] == 0
    assert find(shared, HOME=str(home))[0] == 0
    assert find(shared, XDG_CONFIG_HOME="relative", HOME=str(home))[0] == 0
    assert "/run/stint/stint.sock" in find(shared, XDG_CONFIG_HOME=str(tmp_path / "empty"), HOME=str(home))[1]


@pytest.mark.parametrize("text, told", [('sokcet = "/x"\n', "did you mean `socket`"), ("socket = 5\n", "no absolute path"), ('socket = "x"\n', "no absolute path"),
                                        ("socket = \n", "config.toml:1"), ('\nother = "\\u001b[31m"\n', "config.toml:2")])
def test_a_wrong_file_is_a_usage_error_that_names_the_place(shared, tmp_path, text, told):
    configured(tmp_path, "/x")
    (tmp_path / "stint" / "config.toml").write_text(text, "utf-8")
    status, messages = find(shared, XDG_CONFIG_HOME=str(tmp_path))
    assert status == 2 and told in messages and "\x1b" not in messages
    assert find(shared, "--socket", shared.socket, XDG_CONFIG_HOME=str(tmp_path))[0] == 0  # not read: the flag has said it


def test_a_remote_broker_is_refused_unless_a_socket_is_named(shared):
    status, messages = find(shared, STINT_SERVER="https://stint.example.org")
    assert status == 2 and "not there yet" in messages
    assert find(shared, "--socket", shared.socket, STINT_SERVER="https://stint.example.org")[0] == 0


def test_7_a_broker_gone_for_good_while_a_client_waits(broker):
    client = broker.start_stint(*ASK, env=FASTER)  # its five minutes pass in three seconds
    until("it waits", lambda: "is pending" in client.stderr.readline())
    broker.stop()
    _, messages = client.communicate(timeout=120)
    assert client.returncode == 7 and "Request 1 stays filed" in messages and "stint watch 1" in messages
