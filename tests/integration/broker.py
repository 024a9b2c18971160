"""A real broker for one integration test: stintd with its plugins against a real slapd, and `stint` as other people.

Owns the broker's folder, configuration, policy, tickets and process; people become known to the host through nss_wrapper
alone, so the machine's own passwd is never touched. Knows no rule of the broker: what must come out stands in the tests.
"""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

from answer import LIMIT_S, Answer, Running

BIN = Path(os.environ["STINT_BIN"])
UIDS = {login: 10001 + i for i, login in enumerate(
    ("ada", "ben", "cleo", "dan", "eve", "fay", "gus", "hal", "ivy", "jon", "kim"))}
GID = 10000
# Known to the host, but not to the directory; and one whom not even the host knows.
STRANGER_UID, NOBODY_UID, UNKNOWN_UID = 10050, 65534, 10099
PEOPLE_BASE, GROUPS_BASE = "ou=people,dc=example,dc=test", "ou=groups,dc=example,dc=test"


def group(name):
    return f"cn={name},{GROUPS_BASE}"


def wait_for(what, look, limit_s=LIMIT_S):
    """Looks again until `look` gives something true, which is returned; fails with `what` at the limit."""
    end = time.monotonic() + limit_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"in {limit_s} s it did not happen: {what}")
        time.sleep(0.02)


def to_toml(value):
    """A value in TOML's inline notation, which is JSON's but for tables."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {to_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(to_toml(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def table(header, keys):
    return header + "\n" + "".join(f"{key} = {to_toml(value)}\n" for key, value in keys.items())


def entitlement(name, approvals=None, break_glass=None, **changes):
    """One [[entitlement]] as text. `approvals`: a list of stages."""
    keys = {"name": name, "title": f"To do {name}", "groups": [group("ehr-reset")], "requesters": [group("helpdesk")],
            "duration": {"default": "30m", "max": "2h"}, **changes}
    text = table("[[entitlement]]", {key: value for key, value in keys.items() if value is not None})
    for stage in [{"from": [group("ehr-owners")]}] if approvals is None else approvals:
        text += table("[[entitlement.approval]]", stage)
    if break_glass is not None:
        rule = {"requesters": [group("oncall")], "max": "1h", "review_within": "24h", "reviewers": [group("privacy")]}
        text += table("[entitlement.break_glass]", {**rule, **break_glass})
    return text


TICKET_RULE = {"states": ["open"], "assignee_is_requester": True, "close_revokes": True, "when_unreachable": "refuse"}
POLICY = (
    entitlement("ehr-password-reset", ticket=TICKET_RULE, break_glass={})
    + entitlement("ehr-look", access="read-to-support")
    + entitlement("lab-change", groups=[group("lab-access")], approvals=[{"from": [group("ehr-owners")], "count": 2},
                                                                         {"from": [group("privacy")]}])
    + entitlement("unix-fix", groups=[group("unix-admins")], approvals=[]))


class Broker:
    """Use as a context manager. `directory`, `listen`, `more`: changes to the configuration's tables; a value None takes the
    key out. `notify`: list of [[notify]] tables; the inbox when absent. `state`: the folder of the store, its own when absent."""

    def __init__(self, slapd, policy=POLICY, directory=None, listen=None, notify=None, more="", state=None, settings=None):
        self.slapd = slapd
        self.process = None
        self.folder = Path(tempfile.mkdtemp(prefix="stint-broker-"))
        os.umask(0o022)  # the broker does not trust what a group may write
        self.folder.chmod(0o711)  # its clients are other users: they may pass, not look
        self.state = self.folder if state is None else Path(state)
        self.tickets = {}
        (self.folder / "policy.d").mkdir()
        (self.folder / "inbox").mkdir()
        (self.folder / "client").mkdir(mode=0o755)
        self.client = Path(shutil.copy2(BIN / "stint", self.folder / "client" / "stint"))
        self.client.chmod(0o755)
        self.write_passwd()
        self.set_policy(policy)
        self.set_ticket("INC0001", assignee="ada")
        self.config = {
            "[listen]": {"socket": str(self.socket), "requests_per_minute": 100000, **(listen or {})},
            "[store]": {"path": str(self.database)},
            "[policy]": {"folder": str(self.folder / "policy.d")},
            "[plugins]": {"folder": str(BIN)},
            "[directory]": {"plugin": "directory-ldap", "operation_timeout": "2s", "settle": "4s", **(directory or {})},
            "[directory.settings]": self.directory_settings(**(settings or {})),
            "[ticket]": {"plugin": "ticket-embedded", "settings": {"file": str(self.tickets_file)}},
            "[roles]": {"auditor": [group("compliance")], "security": [group("soc")]},
        }
        self.is_replayed = True  # a test that spoils the store on purpose says no
        self.notify = self.inbox_channel if notify is None else notify
        self.more = more
        self.write_config()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def directory_settings(self, **changes):
        settings = {
            "servers": [self.slapd.ldaps_url], "ca_file": self.slapd.ca_file, "bind_dn": self.slapd.bind_dn,
            "bind_password_file": self.slapd.password_file, "people": {"base": PEOPLE_BASE}, "groups": {"base": GROUPS_BASE},
            "managed_groups": [group(name) for name in ("ehr-reset", "lab-access", "unix-admins")],
            "operation_timeout": "2s", "connect_timeout": "2s", **changes}
        return {key: value for key, value in settings.items() if value is not None}

    @property
    def socket(self):
        return self.folder / "stint.sock"

    @property
    def database(self):
        return self.state / "stint.db"

    @property
    def config_file(self):
        return self.folder / "stintd.toml"

    @property
    def tickets_file(self):
        return self.folder / "tickets.toml"

    @property
    def inbox_channel(self):
        return [{"plugin": "notify-inbox", "settings": {"folder": str(self.folder / "inbox")}}]

    @property
    def log(self):
        file = self.folder / "log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    # --- its files ----------------------------------------------------------------------------------------------

    def write_passwd(self):
        rows = [("root", 0, 0), *((login, uid, GID) for login, uid in UIDS.items()), ("stranger", STRANGER_UID, GID),
                ("nobody", NOBODY_UID, 65534)]
        passwd = "".join(f"{login}:x:{uid}:{gid}::/nonexistent:/bin/false\n" for login, uid, gid in rows)
        (self.folder / "passwd").write_text(passwd, encoding="utf-8")
        (self.folder / "group").write_text(f"root:x:0:\npeople:x:{GID}:\n", encoding="utf-8")

    def write_config(self):
        tables = [*self.config.items(), *(("[[notify]]", one) for one in self.notify)]
        self.config_file.write_text("".join(table(*one) for one in tables) + self.more, encoding="utf-8")

    def set_policy(self, text):
        (self.folder / "policy.d" / "test.toml").write_text(text, encoding="utf-8")

    def set_ticket(self, ticket, **keys):
        """Adds or changes one; the plugin reads the file again by itself."""
        old = self.tickets.get(ticket, {"state": "open", "assignee": "", "subject": "a subject"})
        self.tickets[ticket] = {**old, **keys}
        text = "".join(table("[[ticket]]", {"id": one, **values}) for one, values in self.tickets.items())
        new = self.tickets_file.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.rename(self.tickets_file)

    # --- its life -----------------------------------------------------------------------------------------------

    def environment(self, ahead_s=0):
        """`ahead_s`: the broker believes that it is so much later (its monotonic clocks stay true)."""
        preload, added = ["libnss_wrapper.so"], {}
        if ahead_s:
            preload.append(str(next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))))
            added = {"FAKETIME": f"+{ahead_s}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1"}
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LD_PRELOAD": ":".join(preload), "NSS_WRAPPER_PASSWD": str(self.folder / "passwd"),
                "NSS_WRAPPER_GROUP": str(self.folder / "group"), **added}

    def launch(self, **how):
        """Starts it and returns at once."""
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([str(BIN / "stintd"), "--config", str(self.config_file)], cwd="/", stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=self.environment(**how))
        return self

    def start(self, **how):
        """Returns when it says that it is ready."""
        self.launch(**how)
        self.must_become_ready()
        return self

    def must_become_ready(self):
        def look():
            assert self.process.poll() is None, f"stintd ended with {self.process.returncode}:\n{self.log}"
            return self.ask("/readyz")[0] == 200

        try:
            wait_for("stintd is ready", look)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log}") from None

    def ask(self, target):
        """(status, text) of a GET by root, who is nobody here; status 0 when nobody listens."""
        connection = http.client.HTTPConnection("localhost", timeout=LIMIT_S)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.sock.settimeout(LIMIT_S)
            connection.sock.connect(str(self.socket))
            connection.request("GET", target)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def metric(self, name):
        line = next(line for line in self.ask("/metrics")[1].splitlines() if line.startswith(name + " "))
        return int(line.split()[1])

    def wait_for_end(self):
        status = self.process.wait(timeout=LIMIT_S)
        self.process = None
        return status

    def stop(self):
        """As systemd would; gives the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait_for_end()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.wait_for_end()

    def reload(self, until):
        """SIGHUP, then waits for this word in what the log says from then on."""
        before = len(self.log)
        self.process.send_signal(signal.SIGHUP)
        wait_for(f"the log says {until}", lambda: until in self.log[before:])
        return self.log[before:]

    def close(self):
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def check(self, *flags):
        """`stintd check`: (exit status, text)."""
        done = subprocess.run([str(BIN / "stintd"), "--config", str(self.config_file), "check", *flags], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/", env=self.environment(), timeout=LIMIT_S)
        return done.returncode, done.stdout.decode()

    # --- its people ---------------------------------------------------------------------------------------------

    def command(self, who, *arguments):
        """How `who` (a login, or a uid) calls `stint`: the arguments of subprocess."""
        uid = UIDS[who] if isinstance(who, str) else who
        return {"args": [str(self.client), *arguments], "user": uid, "group": GID, "extra_groups": [], "cwd": "/",
                "env": {"PATH": "/usr/bin:/bin", "STINT_SOCKET": str(self.socket), "LC_ALL": "C.UTF-8"}}

    def stint(self, who, *arguments, limit_s=LIMIT_S):
        return Answer(subprocess.run(**self.command(who, *arguments), stdin=subprocess.DEVNULL, capture_output=True, timeout=limit_s))

    def post(self, who, target, body):
        """(status, text) of a POST as `who`, past the client: by another program of theirs."""
        command = self.command(who)
        command["args"] = ["/usr/bin/curl", "--silent", "--unix-socket", str(self.socket), "--write-out", "\\n%{http_code}", "-H", "Expect:",
                           "-H", "Content-Type: application/json", "--data-binary", "@-", "http://localhost" + target]
        done = subprocess.run(**command, input=body.encode(), capture_output=True, timeout=LIMIT_S)
        text, _, status = done.stdout.decode().rpartition("\n")
        return int(status or 0), text

    def get(self, who, target):
        """The JSON of a GET as `who`, past the client."""
        command = self.command(who)
        command["args"] = ["/usr/bin/curl", "--silent", "--fail", "--unix-socket", str(self.socket), "http://localhost" + target]
        return json.loads(subprocess.run(**command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=True).stdout)

    def started(self, who, *arguments):
        """A client that runs on: a context manager with end(), which waits for it."""
        return Running(self.command(who, *arguments))

    def json(self, who, *arguments):
        return self.stint(who, *arguments, "--json").must_be().json

    def json_lines(self, who, *arguments):
        return [json.loads(line) for line in self.stint(who, *arguments, "--json").must_be().out.splitlines()]

    def request(self, who, name, *flags, ticket="INC0001"):
        """Files it and gives its number; it must not be refused."""
        answer = self.stint(who, "request", name, "-t", ticket, "-r", "to test", "--no-wait", "--json", *flags)
        assert answer.status in (0, 8), answer
        return answer.json["id"]

    def grant(self, who, name, *flags, by=("cleo",), **how):
        """A request that `by` approve, until it is ready."""
        number = self.request(who, name, *flags, **how)
        for approver in by:
            self.stint(approver, "approve", str(number)).must_be()
        self.wait_for_state(who, number, "ready")
        return number

    def show(self, who, number):
        return self.json(who, "show", str(number))

    def wait_for_state(self, who, number, state, limit_s=LIMIT_S):
        seen = []

        def look():
            answer = self.stint(who, "show", str(number), "--json")
            if "directory_unreachable" in answer.err:
                return False  # who asks cannot be known just now
            seen[:] = [answer.must_be().json["state"]]
            return seen == [state] and answer.json

        try:
            return wait_for(f"{number} becomes {state}", look, limit_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {seen}\n{self.log}") from None

    def events(self, who="fay"):
        """What the audit log holds, oldest first, but for the reading of the log itself."""
        found, before = [], []
        while True:
            page = self.json_lines(who, "audit", "search", "--limit", "500", *before)
            found += page
            if len(page) < 500:
                return [one for one in reversed(found) if one["type"] != "log.read"]
            before = ["--before", str(page[-1]["seq"])]

    def record(self, number, column):
        """What the store itself holds of a grant, read as an administrator would when the broker cannot answer."""
        return self.number(f"SELECT {column} FROM grants WHERE id = ?", number)

    def remembers(self, login):
        """Is this person among those the store knows without asking the directory?"""
        return self.number("SELECT count(*) FROM persons WHERE login = ?", login) == 1

    def owed(self):
        """Messages not delivered yet, as the store has it: the figure of /metrics is a second old at most."""
        return self.number("SELECT count(*) FROM outbox")

    def number(self, query, *values):
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            return database.execute(query, values).fetchone()[0]

    def notices(self):
        """The messages in the inbox, in no order: [(file name, text)]."""
        return [(file.name, file.read_text(encoding="utf-8")) for file in (self.folder / "inbox").rglob("*") if file.is_file()]
