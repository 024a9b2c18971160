"""A real broker with the embedded directory, tickets and inbox, and the real client; one temporary folder a broker.

Owns how the tests start, stop and ask; judges nothing. Whoever starts something here ends it by its pid.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
BIN = Path(os.environ.get("STINT_BIN", TOP / "build" / "bin"))
STINT = str(BIN / "stint")
LIMIT_S = 30

# Beside the demo's policy: what needs nobody's answer.
POLICY = """
[[entitlement]]
name = "at-once"
title = "Lent on policy alone"
risk = "low"
access = "write"
groups = ["at-once"]
requesters = ["helpdesk", "oncall"]
duration = { default = "30m", max = "2h" }
[[entitlement]]
name = "second-door"
title = "Lent on policy alone as well"
risk = "low"
access = "write"
groups = ["second-door"]
requesters = ["helpdesk"]
duration = { default = "30m", max = "2h" }
"""
GROUPS = "".join(f'[[group]]\nname = "{name}"\nmembers = []\n' for name in ("at-once", "second-door"))


def until(what, look, limit_s=LIMIT_S):
    """What `look` says as soon as it says something true; fails the test when it never does."""
    limit = time.monotonic() + limit_s
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < limit, f"{limit_s} s have passed, and still not: {what}"
        time.sleep(0.01)


def there():
    """The verbs that the program has, as its overview lists them."""
    text = subprocess.run([STINT, "--help"], capture_output=True, text=True, encoding="utf-8", check=True).stdout
    return re.findall(r"^  ([a-z-]+(?: [a-z-]+)?)", text.split("Everywhere:")[0], re.M)


def with_usual_signals():
    """Between fork and exec: what was started in a script's background ignores these two, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


class Broker:
    """Use as a context manager. `people` is appended to the directory, `tickets` to the help desk, `policy` to the policy."""

    def __init__(self, people="", tickets="", policy=""):
        os.umask(0o022)  # the broker does not trust what a group may write
        self.folder = Path(tempfile.mkdtemp(prefix="stint-client-"))
        self.socket = self.folder / "stint.sock"
        self.process = None
        demo = TOP / "config" / "demo"
        shutil.copytree(demo / "policy.d", self.folder / "policy.d")
        (self.folder / "policy.d" / "tests.toml").write_text(POLICY + policy, encoding="utf-8")
        (self.folder / "directory.toml").write_text((demo / "directory.toml").read_text("utf-8") + GROUPS + people, "utf-8")
        (self.folder / "tickets.toml").write_text((demo / "tickets.toml").read_text("utf-8") + tickets, "utf-8")
        (self.folder / "inbox").mkdir()
        text = (demo / "stintd.toml.in").read_text("utf-8").replace("@FOLDER@", str(self.folder)).replace("@PLUGINS@", str(BIN))
        text = text.replace("act_as = true\n", "act_as = true\nrequests_per_minute = 100000\nconnections_per_uid = 500\n")
        (self.folder / "stintd.toml").write_text(text, encoding="utf-8")
        # Nothing of the caller's own configuration, terminal or colours reaches a client here.
        self.environment = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(self.folder), "STINT_SOCKET": str(self.socket), "TZ": "UTC",
                            "LANG": "C.UTF-8", "TERM": "xterm", **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- its life

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([str(BIN / "stintd"), "--config", str(self.folder / "stintd.toml")], env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until("the broker answers", self._is_answering)

    def _is_answering(self):
        assert self.process.poll() is None, "the broker has ended: " + (self.folder / "log").read_text("utf-8")
        return self.socket.exists() and self.stint("whoami", who="lin", check=None).returncode == 0

    def stop(self):
        self._end(signal.SIGTERM)

    def kill(self):
        self._end(signal.SIGKILL)

    def _end(self, number):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(number)
        try:
            self.process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    # --- the client

    def stint(self, *words, who="ada", check=0, env=None, **more):
        """Runs the client to its end; `check` is the status it has to end with (None: any)."""
        command = [STINT, *(["--as", who] if who else []), *map(str, words)]
        more.setdefault("stdin", subprocess.DEVNULL)
        if "input" in more:
            del more["stdin"]
        done = subprocess.run(command, env={**self.environment, **(env or {})}, capture_output=True, text=True, encoding="utf-8",
                              timeout=60, check=False, **more)
        if check is not None:
            assert done.returncode == check, f"{words} ended with {done.returncode}, not {check}\n{done.stdout}{done.stderr}"
        return done

    def start_stint(self, *words, who="ada", env=None, **more):
        """Starts the client with pipes and without a terminal."""
        for stream in ("stdout", "stderr"):
            more.setdefault(stream, subprocess.PIPE)
        more.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen([STINT, *(["--as", who] if who else []), *map(str, words)], env={**self.environment, **(env or {})},
                                text=True, encoding="utf-8", preexec_fn=with_usual_signals, **more)

    def json(self, *words, who="ada", check=0):
        done = self.stint("--json", *words, who=who, check=check)
        lines = done.stdout.splitlines()
        assert len(lines) == 1, done.stdout
        return json.loads(lines[0])

    def file(self, entitlement, *words, who="ada", check=(0, 8), reason="a test"):
        """Files a request without waiting; its number."""
        done = self.stint("--json", "request", entitlement, "-r", reason, "--no-wait", *words, who=who, check=None)
        assert done.returncode in check, done.stderr
        return json.loads(done.stdout)["id"]

    def file_reset(self, who="ada", *words):
        """A request that waits for ben or bea."""
        ticket = {"ada": "INC0001", "abe": "INC0003"}[who]
        return self.file("ehr-password-reset", "-t", ticket, "--verified", "callback", *words, who=who)

    def show(self, number, who="lin"):
        return self.json("show", number, who=who)

    def state(self, number):
        return self.show(number)["state"]

    def until_state(self, number, *states):
        return until(f"request {number} is {states}", lambda: self.state(number) in states)

    def numbers(self, who="lin"):
        return [request["id"] for request in self.json("list", "--all", who=who)["requests"]]

    def newest(self, after=0):
        """The number of a request filed after `after`, as soon as there is one."""
        return until("a request was filed", lambda: [n for n in self.numbers() if n > after][:1])[0]

    def members(self, group):
        text = (self.folder / "directory.toml").read_text("utf-8")
        found = re.search(rf'name\s*=\s*"{group}"\s*\nmembers\s*=\s*\[(.*?)\]', text, re.S)
        assert found, text
        return re.findall(r'"([^"]+)"', found.group(1))
