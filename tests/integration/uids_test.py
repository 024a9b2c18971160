"""Who is who: the kernel says which uid calls, the host which login that is, the directory which person; nothing else counts."""

import json
import os
import subprocess

import pytest
from broker import LIMIT_S, NOBODY_UID, STRANGER_UID, UNKNOWN_UID, UIDS, Answer
from conftest import lent


def test_each_uid_is_the_person_of_that_login(broker):
    for login in ("ada", "cleo", "fay"):
        me = broker.json(login, "whoami")
        assert me["person"]["login"] == login and "acting" not in me
    assert broker.json("fay", "whoami")["roles"] == ["auditor"]


@pytest.mark.parametrize("uid,is_login", [(UNKNOWN_UID, False), (NOBODY_UID, False), (STRANGER_UID, True), (0, True)],
                         ids=["unknown", "nobody", "not-in-the-directory", "root"])
def test_a_uid_that_is_nobody_here_is_refused_everything(broker, uid, is_login):
    """Where the host knows the login, and only the directory does not, the log has it, with no name but where it came from."""
    number = broker.request("ada", "ehr-look")
    before = broker.events()
    asks = (["whoami"], ["entitlements"], ["list", "--all"], ["show", str(number)], ["approve", str(number)], ["request", "unix-fix", "-r", "to test"],
            ["audit", "search"], ["break-glass", "ehr-password-reset", "-r", "to test", "--confirm", "ehr-password-reset"])
    for words in asks:
        broker.stint(uid, *words).must_be_refused("caller_unknown", status=4)
    added = [(one["type"], one.get("actor"), json.loads(one["entry"])["actor"]) for one in broker.events()[len(before):]]
    nobody = {"kind": "person", "auth": "peercred", "origin": f"local uid {uid}"}
    assert added == [("ask.refused", None, nobody)] * (len(asks) if is_login else 0)
    assert broker.show("ada", number)["state"] == "pending"


def test_a_login_in_other_letters_is_somebody_else(broker):
    with open(broker.folder / "passwd", "a", encoding="utf-8") as passwd:
        passwd.write("Ada:x:10060:10000::/nonexistent:/bin/false\n")
    broker.stint(10060, "whoami").must_be_refused("caller_unknown", status=4)


def test_somebody_disabled_is_told_so_and_is_lent_nothing(broker, slapd):
    slapd.add_value(slapd.person_dn("ivy"), "pwdAccountLockedTime", "000001010000Z")
    try:
        broker.stint("ivy", "request", "unix-fix", "-r", "to test").must_be_refused("caller_disabled", status=4)
        assert lent(slapd)["unix-admins"] == []
    finally:
        slapd.remove_value(slapd.person_dn("ivy"), "pwdAccountLockedTime", "000001010000Z")


def test_a_person_sees_their_own_requests_only(broker):
    mine, other = broker.request("ada", "ehr-look"), broker.request("ivy", "ehr-look")
    assert [one["id"] for one in broker.json("ada", "list", "--all")["requests"]] == [mine]
    for words in (["show", str(other)], ["cancel", str(other)], ["approve", str(other)], ["watch", str(other)],
                  ["extend", str(other), "-d", "30m", "-r", "x"], ["release", str(other)], ["revoke", str(other), "-r", "x"]):
        broker.stint("ada", *words).must_be_refused("request_unknown")
    # Not one word differs from the answer about a number that was never given.
    unknown = broker.stint("ada", "show", "999").must_be_refused("request_unknown")
    assert broker.stint("ada", "show", str(other)).err.replace(str(other), "N") == unknown.err.replace("999", "N")
    for seer in ("cleo", "fay", "gus"):
        assert {one["id"] for one in broker.json(seer, "list", "--all")["requests"]} == {mine, other}


def test_the_auditor_reads_and_does_nothing_else(broker, slapd):
    number = broker.request("ada", "ehr-look")
    broker.show("fay", number)
    for words in (["approve", str(number)], ["deny", str(number), "-r", "x"], ["cancel", str(number)]):
        answer = broker.stint("fay", *words)
        assert answer.status == 6, answer
    broker.stint("ada", "audit", "search").must_be_refused("not_permitted")
    assert broker.show("ada", number)["state"] == "pending" and lent(slapd)["ehr-reset"] == []
    broker.json_lines("fay", "audit", "search")
    assert "log.read" in [one["type"] for one in broker.json_lines("fay", "audit", "search")]


def test_playing_somebody_else_is_refused_by_the_door(broker):
    before = broker.events()
    for login in ("cleo", "ada", "nobody-of-that-name"):
        answer = broker.stint("ada", "--as", login, "whoami")
        answer.must_be_refused("not_permitted")
    broker.stint(0, "--as", "ada", "whoami").must_be_refused("not_permitted")
    assert broker.events()[len(before):] == []


def test_a_broker_with_a_real_directory_does_not_start_with_act_as(make):
    broker = make(listen={"act_as": True}).launch()
    assert broker.wait_for_end() == 1
    assert "`listen.act_as` lets one user play everybody" in broker.log and not broker.socket.exists()
    status, text = broker.check("--offline")
    assert status == 1 and "stintd.toml:" in text and "act_as" in text


def test_the_environment_of_the_caller_says_nothing(broker):
    """LOGNAME, USER, HOME and a passwd of one's own do not make ada into cleo."""
    number = broker.request("ada", "ehr-look")
    command = broker.command("ada", "approve", str(number))
    command["env"].update({"USER": "cleo", "LOGNAME": "cleo", "SUDO_USER": "cleo", "SUDO_UID": str(UIDS["cleo"])})
    done = Answer(subprocess.run(**command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S))
    done.must_be_refused("approver_is_requester")


def test_the_socket_is_open_to_all_and_the_records_to_nobody(broker):
    assert broker.socket.stat().st_mode & 0o777 == 0o666
    for file in broker.folder.glob("stint.db*"):
        assert file.stat().st_mode & 0o077 == 0, file
        assert file.stat().st_uid == os.geteuid()
