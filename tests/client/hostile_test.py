"""Every verb that prints, against a broker whose every text is an attack on the terminal: nothing of it arrives raw, on a
terminal, in a pipe, or in JSON; and what was escaped can still be read."""

import re
import unicodedata

import pytest
from evil_broker import EVIL, EvilBroker, request
from terminal import stint_on_terminal
from world import Broker, until

ASK = ["-r", "x"]
# What the client itself says to a terminal: it redraws its live line, writes bold, and rings when a grant ends under a command.
OURS = re.compile(r"\r\x1b\[K|\x1b\[[01]m|\r\n|\x07(?=(\x1b\[1m)?stint: GRANT)")
HIDDEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")

VERBS = {
    "whoami": {},
    "entitlements": {},
    "list --all": {},
    "list --due": {},
    "list --findings": {},
    "show 7": {},
    "watch 7": {"story": [request("pending"), request(EVIL), request("closed")]},
    "request x -r x -n": {},
    "request x -r x": {"answer": request("pending"), "story": [request("pending"), request("approved"), request("opening"), request("ready")]},
    "request x -r x --no-wait": {"answer": request("pending"), "status": 8},
    "request y -r x": {"answer": request("pending"), "story": [request("denied")], "status": 3},
    "request z -r x": {"answer": request("pending"), "story": [request("failed")], "status": 6},
    "break-glass x -r x --confirm x": {"answer": request("pending", kind="break_glass"), "story": [request("ready", kind="break_glass")]},
    "extend 7 -d 5m -r x": {"answer": request("pending", kind="extension", extends=6),
                            "story": [request("denied", kind="extension", extends=6)], "status": 3},
    "approve 7": {"answer": request("closed")},
    "deny 7 -r x": {"answer": request("closed")},
    "cancel 7": {"answer": request("closed")},
    "release 7": {"answer": request("closed")},
    "revoke 7 -r x": {"answer": request("closed")},
    "review 7 --verdict justified -r x": {"answer": request("closed")},
    "audit search": {},
    "audit show 9": {},
    "run x -r x -- /bin/true": {"answer": request("pending"), "story": [request("pending"), request("ready")]},
    "run y -r x -- /bin/true": {"answer": request("pending"), "story": [request("denied")], "status": 125},
}


@pytest.fixture(scope="module")
def world():
    with Broker() as one:
        yield one


@pytest.fixture
def evil(world, request):
    """Starts an evil broker; the words that make the client go there."""
    started = []

    def start(**how):
        path = world.folder / f"evil{abs(hash(request.node.name))}.sock"
        broker = EvilBroker(path, **how)
        broker.__enter__()
        started.append((broker, path))
        return ["--socket", str(path)]

    yield start
    for broker, path in started:
        broker.__exit__()
        path.unlink()


def assert_harmless(text):
    for line in text.split("\n"):
        assert not line.startswith("FORGED"), line
        for character in line:
            is_control = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
            assert not is_control and not HIDDEN.match(character), f"{character!r} in {line!r}"


def parts(verb):
    how = dict(VERBS[verb])
    return verb.split(), how.pop("status", 0), how


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("verb", VERBS)
def test_in_a_pipe(world, evil, verb, form):
    words, status, how = parts(verb)
    done = world.stint(*evil(**how), *form, *words, who=None, check=status)
    assert "31m" in done.stdout + done.stderr, "nothing evil was printed: the test tests nothing"
    assert_harmless(done.stdout + done.stderr)


@pytest.mark.parametrize("verb", VERBS)
def test_on_a_terminal(world, evil, verb):
    words, status, how = parts(verb)
    with stint_on_terminal(world, *evil(**how), *words, who=None, columns=600) as terminal:
        assert terminal.wait() == status
        assert "31m" in terminal.text
        assert_harmless(OURS.sub("\n", terminal.text))


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("verb", VERBS)
def test_a_refusal(world, evil, verb, form):
    words, _, _ = parts(verb)
    done = world.stint(*evil(must_refuse=True), *form, *words, who=None, check=125 if words[0] == "run" else 6)
    assert "31m" in done.stdout + done.stderr
    assert_harmless(done.stdout + done.stderr)


def test_the_waiting_line_while_the_broker_says_nothing(world, evil):
    go_there = evil(answer=request("pending"), story=[request("pending")])
    with stint_on_terminal(world, *go_there, "request", "x", *ASK, who=None, columns=200) as terminal:
        terminal.expect("is pending, waiting for 2 approvals")
        terminal.type("\x03")
        assert terminal.wait() == 130
        assert_harmless(OURS.sub("\n", terminal.text.replace("^C", "")))


def test_following_everything(world, evil):
    go_there = evil(story=[request("pending"), request(EVIL)])
    with stint_on_terminal(world, *go_there, "watch", who=None, columns=200) as terminal:
        terminal.expect("31m.*31m")
        terminal.type("\x03")
        assert terminal.wait() == 130
        assert_harmless(OURS.sub("\n", terminal.text.replace("^C", "")))


def test_the_end_of_a_grant_while_its_command_runs(world, evil):
    file = world.folder / "runs"
    story = [request("ready"), lambda: until("the command runs", file.exists), request("closed")]
    command = ["/bin/sh", "-c", f"touch {file}; exec sleep 60"]
    go_there = evil(answer=request("pending"), story=story)
    with stint_on_terminal(world, *go_there, "run", "x", *ASK, "--kill-on-expiry", "--", *command, who=None, columns=600) as terminal:
        terminal.wait()
        assert "HAS ENDED" in terminal.text and "31m" in terminal.text
        assert_harmless(OURS.sub("\n", terminal.text))


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("words", [["\x1b[31mred"], ["show", "\u202e31"], ["request", "x\u009b31m", "-r", "y"], ["whoami", "--\x1b[31m"], ["\udc9b31m"],
                                   ["request", "x\udcff", "-r", "y"], ["--socket", "/no\x1b[31m/\u202e", "whoami"]], ids=repr)
def test_what_was_typed_comes_back_escaped_too(world, words, form):
    done = world.stint(*form, *words, who=None, check=None, errors="surrogateescape")
    assert done.returncode in (2, 6, 7) and done.stdout + done.stderr
    assert_harmless(done.stdout + done.stderr)
