"""kill -9 between every two steps, then a restart: no orphan, and nothing answered is lost.

A step is one write to a file, pipe or socket (stop_at.cpp). The death comes before it, in the middle of it, or after
it. By default points are sampled for some seconds (the seed is printed, STINT_CRASH_SEED repeats it);
STINT_CRASH_ALL=1 runs every point of the broker's and of the plugin's life. STINT_CRASH_SHARD=1_of_2 takes every
second point: shards run beside one another.
"""
import errno
import os
import random
import time

import ldap
import pytest
from crash_world import NoAnswer, Slapd, World, require_root, wait_for
from story import Story, tell_until_death

IS_ALL = os.environ.get("STINT_CRASH_ALL", "") not in ("", "0")
SHARD, _, SHARDS = (os.environ.get("STINT_CRASH_SHARD") or "1_of_1").partition("_of_")
SEED = int(os.environ.get("STINT_CRASH_SEED") or random.SystemRandom().randrange(1 << 32))
HOWS = ("before", "half", "after")
SECONDS = {"broker": 24, "twice": 12, "disk": 12, "plugin": 12}  # of sampling, by default


@pytest.fixture(scope="module")
def slapd():
    require_root()
    with Slapd() as server:
        yield server


@pytest.fixture(name="chance")
def seeded(request):
    print(f"STINT_CRASH_SEED={SEED}")
    return random.Random(f"{SEED} {SHARD} {request.node.name}")


def one_life(slapd, orders_of):
    """The steps of a life without a death, of the program that `orders_of` puts under orders."""
    world = World(slapd)
    try:
        orders_of(world)
        assert world.wait_ready()
        assert tell_until_death(Story(world))
        world.kill()
        return world.steps()
    finally:
        world.close()


def points(steps, chance, kind):
    """Every (step, how) of this shard; or, for as long as there is time, drawn so that each sort of step comes up alike."""
    if IS_ALL:
        # Somewhat beyond the end: no two lives are alike to the step. After a step is before the next.
        yield from ((number, how) for how in ("before", "half") for number in range(int(SHARD), len(steps) + 10, int(SHARDS)))
        return
    sorts = {}
    for number, line in enumerate(steps, 1):
        sorts.setdefault(line.split(" ", 1)[1], []).append(number)
    end = time.monotonic() + SECONDS[kind]
    while time.monotonic() < end:
        yield chance.choice(sorts[chance.choice(sorted(sorts))]), chance.choice(HOWS)


def late(all_points, steps):
    """Those at which there is a store: without one, a disk that fails is no reason to start."""
    first = next(number for number, line in enumerate(steps, 1) if " socket" in line)
    return ((number, how) for number, how in all_points if number > first)


class Figures:
    def __init__(self, kind):
        self.kind, self.run, self.died, self.starts_s, self.failures = kind, 0, 0, [], []

    def count(self, world, has_died):
        self.run += 1
        self.died += has_died
        self.starts_s += world.starts_s[-1:]
        if IS_ALL and self.run % 50 == 0:
            print(f"{self.kind}: {self.run} points so far, {len(self.failures)} failures", flush=True)

    def tell(self):
        print(f"{self.kind}: {self.run} points, {self.died} deaths, longest start {max(self.starts_s, default=0):.2f} s, "
              f"{len(self.failures)} failures")
        assert self.run > 0 and self.died > 0
        assert not self.failures, "\n\n".join(self.failures)


def try_points(slapd, figures, all_points, one):
    """Each point in a world of its own; what fails is named and the rest still runs."""
    for point in all_points:
        world = World(slapd)
        try:
            figures.count(world, one(world, point))
        except (AssertionError, NoAnswer, ldap.LDAPError) as error:
            figures.failures.append(f"{figures.kind} at {point}, after {world.steps()[-3:]}: {type(error).__name__}: {error}")
        finally:
            world.close()
        if len(figures.failures) > 10:
            break
    figures.tell()


def test_the_broker_dies_anywhere(slapd, chance, capfd):
    steps = one_life(slapd, lambda world: world.start())

    def one(world, point):
        world.start(*point)
        story = Story(world)
        is_whole = world.wait_ready() and tell_until_death(story)
        world.bury(is_whole)
        story.check_dead()
        world.restart()
        story.check_all()
        return not is_whole

    with capfd.disabled():
        print(f"\none life has {len(steps)} steps; STINT_CRASH_SEED={SEED}")
        try_points(slapd, Figures("broker"), points(steps, chance, "broker"), one)


def test_the_broker_dies_again_while_it_recovers(slapd, chance, capfd):
    steps = one_life(slapd, lambda world: world.start())

    def drawn():
        end = time.monotonic() + SECONDS["twice"]
        left = 400 // int(SHARDS)
        while left > 0 if IS_ALL else time.monotonic() < end:
            left -= 1
            # The story's own part; a recovery has a hundred steps or two.
            yield chance.randrange(len(steps) // 8, len(steps)), chance.choice(HOWS), chance.randrange(1, 150), chance.choice(HOWS)

    def one(world, point):
        first, first_how, second, second_how = point
        world.start(first, first_how)
        story = Story(world)
        if world.wait_ready() and tell_until_death(story):
            return False
        world.bury(is_alive=False)
        world.start(second, second_how)
        if world.wait_ready():
            end = time.monotonic() + 2
            wait_for("the second death, or two seconds", lambda: not world.is_alive() or time.monotonic() > end)
        world.kill()  # where the second point was never reached
        story.check_dead()
        world.restart()
        story.check_all()
        return True

    with capfd.disabled():
        try_points(slapd, Figures("broker, twice"), drawn(), one)


def test_the_broker_dies_anywhere_and_the_disk_fails_when_it_starts(slapd, chance, capfd):
    steps = one_life(slapd, lambda world: world.start())

    def one(world, point):
        world.start(*point)
        story = Story(world)
        is_whole = world.wait_ready() and tell_until_death(story)
        world.bury(is_whole)
        world.fail_disk(errno.EIO)
        world.start()
        wait_for(lambda: f"the removals, while the disk fails: {world.members()}\n{world.log()}", lambda: not world.members(), 30)
        assert world.wait_ready(), "the broker gave up:\n" + world.log()
        world.mend_disk()
        story.check_all()
        return not is_whole

    with capfd.disabled():
        try_points(slapd, Figures("broker, then the disk"), late(points(steps, chance, "disk"), steps), one)


def test_the_directory_plugin_dies_anywhere(slapd, chance, capfd):
    def under_orders(world, step=0, how="before"):
        world.write_plugin({"LD_PRELOAD": os.environ["STINT_STOP_AT"], **world.orders("directory-ldap", step, how)})
        armed = world.folder / "armed"
        is_armed = armed.exists()
        world.start()  # which disarms
        if is_armed:
            armed.touch()

    steps = one_life(slapd, under_orders)

    def one(world, point):
        under_orders(world, *point)
        story = Story(world, is_patient=True)
        assert world.wait_ready(), "the broker died of its plugin"
        story.tell()
        has_died = not (world.folder / "armed").exists()
        story.check_all()
        assert world.is_alive()
        return has_died

    with capfd.disabled():
        print(f"\nthe plugin's life has {len(steps)} steps")
        try_points(slapd, Figures("plugin"), points(steps, chance, "plugin"), one)
