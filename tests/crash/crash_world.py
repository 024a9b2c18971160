"""A real stintd in front of a real slapd, in a folder of its own, that can be killed at any step and started again.

Callers are told apart by their uid, as in production: a call is made by a socket that was connected under that uid,
and nss_wrapper names it. Owns the programs it starts, stops them by pid; judges nothing (see story.py).
"""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
from slapd import Slapd  # noqa: E402

BIN = Path(os.environ.get("STINT_BIN", HERE.parent.parent / "build" / "bin"))
STOP_AT = os.environ.get("STINT_STOP_AT", "")
NSS_WRAPPER = Path("/usr/lib") / (os.uname().machine + "-linux-gnu") / "libnss_wrapper.so"
UIDS = {login: 64101 + n for n, login in enumerate(("ada", "cleo", "dan", "eve", "fay", "gus", "ivy", "jon"))}
GROUPS = ("ehr-reset", "lab-access", "unix-admins")
START_LIMIT_S = 60
SETTLE_S = 2

CONFIG = """
[listen]
socket = "{folder}/stint.sock"
requests_per_minute = 100000
[store]
path = "{folder}/state/stint.db"
[policy]
folder = "{folder}/policy.d"
[plugins]
folder = "{plugins}"
[directory]
plugin = "{folder}/directory-ldap"
operation_timeout = "1s"
settle = "{settle}s"
[directory.settings]
ca_file = "{ca_file}"
servers = ["{server}"]
bind_dn = "{bind_dn}"
bind_password_file = "{password_file}"
people = {{ base = "ou=people,dc=example,dc=test" }}
groups = {{ base = "ou=groups,dc=example,dc=test" }}
managed_groups = [{managed}]
operation_timeout = "1s"
[[notify]]
plugin = "notify-inbox"
settings = {{ folder = "{folder}/inbox" }}
[roles]
auditor = ["{compliance}"]
security = ["{soc}"]
"""

POLICY = """
[[entitlement]]
name = "reset"
title = "Reset a password"
groups = ["{ehr_reset}"]
requesters = ["{helpdesk}"]
duration = {{ default = "3s", max = "8s" }}
pending_for = "1m"
[[entitlement.approval]]
from = ["{ehr_owners}"]
[entitlement.break_glass]
requesters = ["{oncall}"]
max = "3s"
review_within = "1h"
reviewers = ["{privacy}"]
[[entitlement]]
name = "lab"
title = "Two groups on policy alone"
groups = ["{lab_access}", "{unix_admins}"]
requesters = ["{helpdesk}"]
duration = {{ default = "1s", max = "8s" }}
"""


class NoAnswer(Exception):
    """The broker died, or was not there: whether it did what was asked is not known."""


def require_root():
    if os.geteuid() != 0:
        pytest.skip("needs root: it plays several local users")
    for needed in (NSS_WRAPPER, BIN / "stintd", BIN / "directory-ldap", STOP_AT):
        assert needed and Path(needed).exists(), f"not there: {needed or 'STINT_STOP_AT'}"


def wait_for(what, test, limit_s=START_LIMIT_S):
    """The first true answer of test(); fails when the time is over."""
    end = time.monotonic() + limit_s
    while True:
        found = test()
        if found:
            return found
        assert time.monotonic() < end, f"waited {limit_s} s in vain: {what() if callable(what) else what}"
        time.sleep(0.01)


def group_dn(name):
    return Slapd.group_dn(name)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, uid):
        super().__init__("localhost", timeout=20)
        self.path, self.uid = path, uid

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        os.seteuid(self.uid)  # the kernel attests the uid at connect(2)
        try:
            self.sock.connect(self.path)
        finally:
            os.seteuid(0)


class World:
    """`slapd` is shared by the worlds that follow one another; each has its own store and groups that begin empty."""

    def __init__(self, slapd):
        self.slapd = slapd
        os.umask(0o022)  # the broker does not trust what a group may write
        self.folder = Path(tempfile.mkdtemp(prefix="stint-crash-"))
        self.folder.chmod(0o755)
        self.process = None
        self.starts_s = []
        self._write_files()

    def _write_files(self):
        for name in ("state", "policy.d", "inbox"):
            (self.folder / name).mkdir(mode=0o700)
        dns = {name.replace("-", "_"): group_dn(name) for name in
               (*GROUPS, "helpdesk", "ehr-owners", "oncall", "privacy", "compliance", "soc")}
        (self.folder / "policy.d" / "all.toml").write_text(POLICY.format(**dns))
        (self.folder / "stintd.toml").write_text(CONFIG.format(
            folder=self.folder, plugins=BIN, settle=SETTLE_S, ca_file=self.slapd.ca_file, server=self.slapd.ldaps_url,
            bind_dn=self.slapd.bind_dn, password_file=self.slapd.password_file,
            managed=", ".join(f'"{group_dn(name)}"' for name in GROUPS), **dns))
        (self.folder / "passwd").write_text("".join(f"{login}:x:{uid}:{uid}::/nonexistent:/bin/false\n" for login, uid in UIDS.items())
                                            + "root:x:0:0::/root:/bin/sh\n")
        (self.folder / "group").write_text("root:x:0:\n")
        self.write_plugin({})

    def write_plugin(self, orders):
        """A plugin inherits no LD_PRELOAD; what it is to do stands in the program that starts it."""
        lines = "".join(f"export {key}='{value}'\n" for key, value in orders.items())
        launcher = self.folder / "directory-ldap"
        launcher.write_text(f"#!/bin/sh\n{lines}exec {BIN}/directory-ldap\n")
        launcher.chmod(0o755)

    def close(self):
        self.kill()
        for group in GROUPS:  # the next world begins with empty groups, whatever went wrong in this one
            attribute, members = self._members_of(group)
            for member in members:
                self.slapd.remove_value(group_dn(group), attribute, member)
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- its life ---------------------------------------------------------------------------------------------

    def orders(self, program, step=0, how="before"):
        """What the preloaded library is told; arms it when there is a step to die at."""
        armed = self.folder / "armed"
        armed.unlink(missing_ok=True)
        if step:
            armed.touch()
        return {"STOP_AT_PROGRAM": program, "STOP_AT_STEP": step, "STOP_AT_HOW": how, "STOP_AT_ARMED": armed,
                "STOP_AT_LOG": self.folder / "steps", "STOP_AT_FAULT": self.folder / "fault"}

    def start(self, step=0, how="before"):
        """Starts the broker; does not wait. It dies at its step-th step, if it comes to it."""
        (self.folder / "steps").unlink(missing_ok=True)
        environment = {**os.environ, "LD_PRELOAD": f"{NSS_WRAPPER} {STOP_AT}", "NSS_WRAPPER_PASSWD": str(self.folder / "passwd"),
                       "NSS_WRAPPER_GROUP": str(self.folder / "group"),
                       **{key: str(value) for key, value in self.orders("stintd", step, how).items()}}
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([BIN / "stintd", "--config", self.folder / "stintd.toml"], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=environment)
        self.started = time.monotonic()

    def wait_ready(self):
        """False when it died first."""
        def is_settled():
            if self.process.poll() is not None:
                return "dead"
            try:
                return "ready" if self.call("root", "GET", "/readyz")[0] == 200 else None
            except NoAnswer:
                return None
        if wait_for(lambda: "the broker to be ready\n" + self.log(), is_settled) == "dead":
            return False
        self.starts_s.append(time.monotonic() - self.started)
        return True

    def restart(self):
        """Without any orders; it must become ready."""
        self.start()
        assert self.wait_ready(), "the broker does not start again:\n" + self.log()

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self, how=signal.SIGKILL):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None

    def bury(self, is_alive):
        """Waits for the death that was ordered; where the story was over before that, it comes now."""
        if is_alive:
            return self.kill()
        wait_for(lambda: "the death\n" + self.log(), lambda: not self.is_alive())
        self.process = None

    def log(self):
        return (self.folder / "log").read_text(errors="replace")[-6000:]

    def steps(self):
        """["17 pwrite stint.db-wal", …] of the program that was last under orders."""
        file = self.folder / "steps"
        return file.read_text().splitlines() if file.exists() else []

    # --- the disk ---------------------------------------------------------------------------------------------

    def fail_disk(self, error, every=1, suffixes=("stint.db", "stint.db-wal")):
        """From now on each `every`-th write to these files answers this errno; the -shm index is memory to SQLite."""
        new = self.folder / "fault.new"
        new.write_text(f"{error} {every} {' '.join(suffixes)}")
        new.rename(self.folder / "fault")

    def mend_disk(self):
        (self.folder / "fault").unlink(missing_ok=True)

    # --- what people do ---------------------------------------------------------------------------------------

    def call(self, login, verb, path, body=None, key=None):
        """(status, object). Raises NoAnswer when no whole answer came."""
        connection = _UnixConnection(str(self.folder / "stint.sock"), UIDS.get(login, 0))
        headers = {"Idempotency-Key": key} if key else {}
        if verb == "POST":
            headers["Content-Type"] = "application/json"
        try:
            connection.request(verb, path, json.dumps(body or {}) if verb == "POST" else None, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(str(error)) from error
        finally:
            connection.close()
        kind = answer.getheader("Content-Type") or ""
        return answer.status, json.loads(text) if "json" in kind else text.decode()

    def read(self, path):
        """What fay sees there. The directory says who she is: while it is away she asks again."""
        def answer():
            status, view = self.call("fay", "GET", path)
            return None if status == 503 else (status, view)

        status, view = wait_for(lambda: f"an answer to {path}\n{self.log()}", answer)
        assert status == 200, (status, view)
        return view

    def show(self, number):
        return self.read(f"/v1/requests/{number}")

    def figure(self, name):
        text = self.call("root", "GET", "/metrics")[1]
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith(name + " ")))

    # --- what the directory says ------------------------------------------------------------------------------

    def _members_of(self, group):
        attribute = {"lab-access": "uniqueMember", "unix-admins": "memberUid"}.get(group, "member")
        return attribute, [m for m in self.slapd.values(group_dn(group), attribute) if not m.startswith("cn=nobody,")]

    def members(self):
        """{(group, login)} of all three groups, as slapd has them now."""
        return {(group, member.removeprefix("uid=").partition(",")[0]) for group in GROUPS for member in self._members_of(group)[1]}

    def check_replay(self):
        done = subprocess.run([BIN / "stintd", "check", "--offline", "--replay", "--config", self.folder / "stintd.toml"],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0 and "records and log agree" in done.stdout, done.stdout + done.stderr
