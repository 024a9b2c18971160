"""The command that `stint run` executes in the tests: writes down what reaches it, one line each, and ends when told.

usage: probe.py FILE  Ends with status 7 on SIGTERM, and with 40 after two minutes.
"""

import os
import signal
import sys


def write_down(line):
    with open(sys.argv[1], "a", encoding="utf-8") as file:
        file.write(line + "\n")


def note(number, _):
    name = signal.Signals(number).name
    write_down(name)
    if name == "SIGTERM":
        os._exit(7)


for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH"):
    signal.signal(getattr(signal, name), note)
write_down(f"started {os.getpid()} {os.environ['STINT_GRANT_ID']} {os.environ['STINT_EXPIRES_AT']}")
for _ in range(2400):
    signal.sigtimedwait([], 0.05)
sys.exit(40)
