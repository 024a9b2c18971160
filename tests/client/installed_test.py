"""An ordinary user on a host laid out by the shipped tmpfiles.d, in a mount namespace of its own so that no file of this
machine is touched. Needs root, to become somebody else; needs no broker."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from world import STINT

TMPFILES = Path(__file__).resolve().parents[2] / "systemd" / "tmpfiles.d" / "stint.conf"
BROKER_UID, USER_UID, USER_GID = 990, 10001, 10000
LAY_OUT = f"""set -e
mount -t tmpfs -o mode=0755 none /etc
echo 'root:x:0:0::/:/bin/sh
stint:x:{BROKER_UID}:{BROKER_UID}::/:/bin/false' >/etc/passwd
echo 'root:x:0:
stint:x:{BROKER_UID}:' >/etc/group
mkdir /etc/stint
touch /etc/stint/stintd.toml
systemd-tmpfiles --create {TMPFILES}
"""


@pytest.fixture(autouse=True)
def _as_root():
    if os.geteuid() != 0:
        pytest.skip("becomes another user")


@pytest.fixture(name="client")
def _client():
    """A copy where everybody may run it."""
    with tempfile.TemporaryDirectory(prefix="stint-client-") as folder:
        os.chmod(folder, 0o755)
        yield shutil.copy2(STINT, folder)


def there(more, *command, uid=USER_UID, gid=USER_GID):
    """Runs a command as `uid` on such a host, after `more` was done there by root."""
    drop = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *command]
    return subprocess.run(["unshare", "--mount", "/bin/sh", "-c", LAY_OUT + more + '\nexec "$@"', "sh", *drop], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False, cwd="/", env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


def test_the_client_of_an_ordinary_user_finds_the_place_of_the_broker(client):
    done = there("", client, "whoami")
    assert done.returncode == 7 and "/run/stint/stint.sock" in done.stderr, done.stdout + done.stderr


def test_the_system_file_is_read(client):
    done = there("""echo 'socket = "/run/elsewhere.sock"' >/etc/stint/client.toml""", client, "whoami")
    assert done.returncode == 7 and "/run/elsewhere.sock" in done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("closed", ["chmod 0600 /etc/stint/client.toml", "chmod 0750 /etc/stint"])
def test_a_system_file_that_one_may_not_read_is_as_good_as_absent(client, closed):
    done = there(f"""echo 'socket = "/run/elsewhere.sock"' >/etc/stint/client.toml\n{closed}""", client, "whoami")
    assert done.returncode == 7 and "/run/stint/stint.sock" in done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["stintd.toml", "stintd.toml.d", "policy.d"])
def test_the_configuration_is_for_root_and_the_broker(name):
    look = f"cat /etc/stint/{name}" if name == "stintd.toml" else f"ls /etc/stint/{name}"
    assert there("", "/bin/sh", "-c", look).returncode != 0
    assert there("", "/bin/sh", "-c", look, uid=BROKER_UID, gid=BROKER_UID).returncode == 0
    assert there("", "/bin/sh", "-c", f"echo x >/etc/stint/{name}/new || echo x >/etc/stint/{name}", uid=BROKER_UID, gid=BROKER_UID).returncode != 0
