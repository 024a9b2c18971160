"""A program on a real terminal: a pty of a given size, with the program at the head of a session of its own.

Reads all that is written there; what a person would see and type, byte by byte.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from world import LIMIT_S, STINT


class Terminal:
    """Use as a context manager; whatever still runs at its end is ended."""

    def __init__(self, command, environment, columns=80, rows=24):
        self.raw = b""
        self._read_up_to = 0
        self.master, slave = pty.openpty()
        self.resize(columns, rows)
        self.process = subprocess.Popen(command, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
        os.close(self.master)

    def resize(self, columns, rows=24):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def text(self):
        return self.raw.decode("utf-8", "backslashreplace")

    def _read(self, limit):
        """True while there may be more."""
        ready, _, _ = select.select([self.master], [], [], max(0, limit - time.monotonic()))
        if not ready:
            return False
        try:
            got = os.read(self.master, 65536)
        except OSError:  # EIO: nobody holds the other end any more
            return False
        self.raw += got
        return bool(got)

    def expect(self, pattern, limit_s=LIMIT_S):
        """Reads until the pattern stands in what was written since the last one; its match."""
        limit = time.monotonic() + limit_s
        while True:
            found = re.search(pattern, self.text[self._read_up_to:])
            if found:
                self._read_up_to += found.end()
                return found
            assert self._read(limit) and time.monotonic() < limit, f"the terminal never said {pattern!r}, but:\n{self.text}"

    def type(self, text):
        os.write(self.master, text.encode("utf-8"))

    def wait(self):
        """Reads to the end; the program's status as subprocess tells it (negative: the signal)."""
        limit = time.monotonic() + LIMIT_S
        while self._read(limit):
            pass
        return self.process.wait(max(0.1, limit - time.monotonic()))


def stint_on_terminal(broker, *words, who="ada", columns=80, env=None):
    return Terminal([STINT, *(["--as", who] if who else []), *map(str, words)], {**broker.environment, **(env or {})}, columns=columns)


def shell_on_terminal(broker, columns=200):
    """A shell with job control, as a person has one."""
    environment = {**broker.environment, "PS1": "$ ", "INPUTRC": "/dev/null", "HISTFILE": ""}
    return Terminal(["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"], environment, columns=columns)
