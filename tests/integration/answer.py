"""One run of `stint` by somebody: what it left behind, or one that is still under way."""

import json
import subprocess

LIMIT_S = 30


class Answer:
    """What one run of `stint` left behind."""

    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout.decode(), done.stderr.decode()

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.status}\n--- stdout\n{self.out}--- stderr\n{self.err}"

    def must_be(self, status=0):
        assert self.status == status, self
        return self

    def must_be_refused(self, code, status=6):
        """By this rule, in words: what is wrong, what to do, the code; and nothing that could steer a terminal."""
        assert self.status == status, self
        assert f"code: {code}" in self.err and self.err.startswith("stint: ") and "\n  do:   " in self.err, self
        assert self.out == "", self
        assert all(one.isprintable() or one == "\n" for one in self.err), self
        return self


class Running:
    """A client under way; killed when the block ends before it."""

    def __init__(self, command):
        self.process = subprocess.Popen(**command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def end(self):
        out, err = self.process.communicate(timeout=LIMIT_S)
        return Answer(subprocess.CompletedProcess(self.process.args, self.process.returncode, out, err))
