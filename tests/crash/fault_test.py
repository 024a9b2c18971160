"""A disk that fails under a running broker, and under one that starts: nothing new is lent, what is due is taken
back on the strength of what can be read, answered means committed, and all is right when the disk is.
"""
import errno

import pytest
from crash_world import Slapd, World, require_root, wait_for
from story import Story


@pytest.fixture(scope="module")
def slapd():
    require_root()
    with Slapd() as server:
        yield server


@pytest.fixture
def world(slapd):
    made = World(slapd)
    try:
        yield made
    finally:
        made.close()


def lend(world, story, key="key-lent", duration="2s"):
    """ivy in two groups, on policy alone."""
    number = story.file("ivy", "/v1/requests", {"entitlement": "lab", "reason": "an order is stuck", "duration": duration}, key)
    story.wait_state(number, "ready")
    assert world.members() == {("lab-access", "ivy"), ("unix-admins", "ivy")}
    return number


def ask_in_vain(world, key):
    status, answer = world.call("ada", "POST", "/v1/requests", {"entitlement": "lab", "reason": "now"}, key)
    assert status == 503 and answer["code"] == "store_unavailable", (status, answer)


def wait_gone(world):
    wait_for(lambda: f"the removals, while the disk fails: {world.members()}\n{world.log()}", lambda: not world.members(), 30)


def wait_lent_again(world, key):
    """The broker lends as before: everything that had ended for good would show here."""
    def is_lent():
        status, view = world.call("ada", "POST", "/v1/requests", {"entitlement": "lab", "reason": "now", "duration": "1s"}, key)
        return view["id"] if status in (200, 201) else None
    number = wait_for(lambda: "a grant after the fault\n" + world.log(), is_lent)
    wait_for(lambda: "it to have been ready\n" + world.log(), lambda: "ready_at" in world.show(number))


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC], ids=errno.errorcode.get)
def test_a_disk_that_fails_stops_lending_and_no_removal(world, error):
    world.restart()
    story = Story(world)
    lend(world, story)
    world.fail_disk(error)
    ask_in_vain(world, "key-1")
    ask_in_vain(world, "key-2")
    wait_gone(world)
    assert world.is_alive()
    ask_in_vain(world, "key-1")
    assert not world.members()
    world.mend_disk()
    wait_lent_again(world, "key-1")
    story.check_all()


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC], ids=errno.errorcode.get)
def test_a_broker_that_starts_on_a_failing_disk_takes_back_what_is_due(world, error):
    world.restart()
    story = Story(world)
    lend(world, story)
    world.kill()
    world.fail_disk(error)
    world.start()
    wait_gone(world)
    assert world.wait_ready(), "the broker gave up:\n" + world.log()
    ask_in_vain(world, "key-1")
    world.mend_disk()
    wait_lent_again(world, "key-1")
    story.check_all()


@pytest.mark.parametrize("every", [101, 211, 397])  # a commit is some thirty writes
def test_a_disk_that_fails_now_and_then_loses_nothing_that_was_answered(world, every):
    world.restart()
    world.fail_disk(errno.EIO, every)
    story = Story(world, is_patient=True)
    story.tell()
    world.mend_disk()
    story.check_all()


def test_interrupted_writes_are_written_again(world):
    world.restart()
    world.fail_disk(errno.EINTR, 3)
    story = Story(world)
    story.tell()
    world.mend_disk()
    story.check_all()
