"""A disk that is full, for real: nothing new is lent, and what is due is taken back all the same, and recorded later."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from broker import wait_for
from conftest import lent

CHUNK = 4096


class Disk:
    """A small file system of its own under the broker's records."""

    def __init__(self, folder):
        self.folder, self.filler = Path(folder), Path(folder) / "filler"

    def fill(self):
        with open(self.filler, "ab", buffering=0) as out:
            for size in (64 * CHUNK, CHUNK, 1):
                try:
                    while True:
                        out.write(b"x" * size)
                except OSError:
                    pass
        assert os.statvfs(self.folder).f_bavail == 0

    def empty(self):
        self.filler.unlink()


@pytest.fixture(name="disk")
def _disk():
    folder = tempfile.mkdtemp(prefix="stint-disk-")
    done = subprocess.run(["/usr/bin/mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "stint-disk", folder], capture_output=True)
    if done.returncode != 0:
        os.rmdir(folder)
        pytest.skip("no file system can be mounted here: " + done.stderr.decode())
    yield Disk(folder)
    subprocess.run(["/usr/bin/umount", "-l", folder], check=True)
    os.rmdir(folder)


@pytest.fixture(name="broker")
def _broker(make, disk):
    broker = make(state=disk.folder).start()
    yield broker
    if broker.process is not None:
        broker.stop()
    status, text = broker.check("--offline", "--replay")
    assert "records and log agree" in text, f"{status}: {text}"
    broker.is_replayed = False  # the disk is gone before the others are looked at


def test_nothing_new_is_filed_or_decided_and_it_says_why(broker, disk, slapd):
    pending = broker.request("ivy", "ehr-look")
    disk.fill()
    broker.stint("ada", "request", "ehr-look", "-r", "to test").must_be_refused("store_unavailable")
    broker.stint("ada", "request", "unix-fix", "-r", "to test").must_be_refused("store_unavailable")
    broker.stint("dan", "break-glass", "ehr-password-reset", "-r", "a patient", "--confirm",
                 "ehr-password-reset").must_be_refused("store_unavailable")
    broker.stint("cleo", "approve", str(pending)).must_be_refused("store_unavailable")
    assert lent(slapd) == {"ehr-reset": [], "lab-access": [], "unix-admins": []}
    assert broker.show("ivy", pending)["state"] == "pending"  # looking still works
    disk.empty()
    broker.stint("cleo", "approve", str(pending)).must_be()
    broker.wait_for_state("ivy", pending, "ready")
    assert [one["id"] for one in broker.json("gus", "list", "--all")["requests"]] == [pending]


def test_what_is_due_is_taken_back_and_recorded_when_there_is_space(broker, disk, slapd):
    number = broker.grant("ada", "ehr-look", "-d", "4s")
    kept = broker.grant("ivy", "ehr-look", "-d", "1h")
    disk.fill()
    wait_for("it is taken back", lambda: lent(slapd)["ehr-reset"] == [slapd.person_dn("ivy")])
    seen = broker.show("ada", number)
    assert seen["state"] != "closed", seen
    disk.empty()
    assert broker.wait_for_state("ada", number, "closed")["close_reason"] == "expired"
    assert broker.show("ivy", kept)["state"] == "ready"


@pytest.mark.parametrize("is_orderly", [True, False], ids=["after-an-orderly-end", "after-a-crash"])
def test_a_start_on_a_full_disk_still_takes_back_what_is_due_then_and_later(broker, disk, slapd, is_orderly):
    due, later = broker.grant("ada", "ehr-look", "-d", "30m"), broker.grant("ivy", "ehr-look", "-d", "1h8s")
    assert broker.stop() == 0 if is_orderly else broker.kill() is None
    disk.fill()
    broker.launch(ahead_s=3600)
    wait_for("the first is taken back", lambda: slapd.person_dn("ada") not in lent(slapd)["ehr-reset"])
    wait_for("it listens", lambda: "http.listening" in broker.log.rpartition("plugin.up")[2])
    wait_for("the second is taken back", lambda: lent(slapd)["ehr-reset"] == [])
    assert broker.process.poll() is None, broker.log
    disk.empty()
    broker.must_become_ready()
    for who, number in (("ada", due), ("ivy", later)):
        assert broker.wait_for_state(who, number, "closed")["close_reason"] == "expired"
    assert [one["type"] for one in broker.events()].count("broker.started") == 2


def test_the_figures_say_that_the_records_cannot_be_written(broker, disk):
    broker.grant("ada", "ehr-look")
    assert broker.metric("stint_store_writable") == 1
    disk.fill()
    broker.stint("ivy", "request", "ehr-look", "-r", "to test").must_be_refused("store_unavailable")
    wait_for("it is told", lambda: broker.metric("stint_store_writable") == 0)
    wait_for("what can be read is told as it is", lambda: broker.metric("stint_grants_open") == 1)
    disk.empty()
    wait_for("it is writable again", lambda: broker.metric("stint_store_writable") == 1)
