"""What a newcomer types, and mistypes: help, and errors that name the right form. Needs no broker."""

import re
import subprocess
import unicodedata

import pytest
from world import STINT, there

VERBS = [verb.split() for verb in there()]


def stint(*words, check):
    done = subprocess.run([STINT, *words], capture_output=True, text=True, encoding="utf-8", stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == check, done.stdout + done.stderr
    return done


@pytest.mark.parametrize("words", [["request"], ["audit", "search"], ["run"]])
def test_help_verb_prints_what_verb_help_prints(words):
    assert stint("help", *words, check=0).stdout == stint(*words, "--help", check=0).stdout


def test_help_alone_is_the_overview():
    assert stint("help", check=0).stdout == stint("--help", check=0).stdout


def test_help_for_a_verb_that_is_not_is_a_usage_error():
    assert "did you mean `request`" in stint("help", "requst", check=2).stderr


@pytest.mark.parametrize("verb", ["audit verify", "audit export", "audit evidence", "audit checkpoint", "contain", "uncontain",
                                  "access-review", "report", "login", "logout"])
def test_a_verb_that_is_not_there_yet_says_so(verb):
    done = stint(*verb.split(), check=2)
    assert f"`stint {verb}` is not there yet" in done.stderr and done.stdout == ""


def test_nearest_verbs_are_named():
    assert "did you mean `approve`" in stint("aprove", "1", check=2).stderr
    assert "did you mean `search`" in stint("audit", "serach", check=2).stderr


@pytest.mark.parametrize("words, meant", [
    (["list", "--pendign"], "--pending"), (["request", "x", "-r", "y", "--duratoin", "5m"], "--duration"),
    (["audit", "search", "--sinc=-2h"], "--since"), (["show", "1", "--jsn"], "--json")])
def test_the_nearest_option_is_named(words, meant):
    assert f"did you mean `{meant}`" in stint(*words, check=2).stderr


@pytest.mark.parametrize("text", ["0s", "1x", "30", "-5m", "1.5h", "1h 30m", "999999999999h"])
def test_a_wrong_duration_names_the_right_form(text):
    assert "90s, 30m or 1h30m" in stint("request", "x", "-r", "y", f"--duration={text}", check=2).stderr


@pytest.mark.parametrize("text", ["noon", "25:00", "2026-13-01T00:00:00Z", "30m"])
def test_a_wrong_time_names_the_right_form(text):
    assert "RFC 3339, HH:MM, or +30m" in stint("request", "x", "-r", "y", f"--start={text}", check=2).stderr


@pytest.mark.parametrize("words", [["-d", ""], ["--duration="], ["--duration=", "5m"], ["--duration", ""]])
def test_an_empty_duration_names_the_right_form_and_swallows_nothing(words):
    assert "--duration takes a length such as 90s, 30m or 1h30m" in stint("request", "x", "-r", "y", *words, check=2).stderr


@pytest.mark.parametrize("words", [["--start", ""], ["--start="], ["--start=", "12:00"]])
def test_an_empty_time_names_the_right_form(words):
    assert "--start takes a time: RFC 3339, HH:MM, or +30m" in stint("request", "x", "-r", "y", *words, check=2).stderr


@pytest.mark.parametrize("words, advice", [
    (["run", "x", "-r", "y", "true"], "do:   The command goes behind two dashes (-- COMMAND), a text of several words in quotes; `stint run --help`"),
    (["deny", "1", "-r", "not", "now"], "do:   Put a text of several words in quotes; `stint deny --help`"),
    (["show", "1", "2"], "do:   `stint show --help`"), (["whoami", "ada"], "do:   `stint whoami --help`"),
    (["--socket", "", "whoami"], "do:   Name the broker's socket, or leave --socket out.")])
def test_a_mistake_comes_with_the_way_out(words, advice):
    assert advice in stint(*words, check=125 if words[0] == "run" else 2).stderr


@pytest.mark.parametrize("words, sentence", [
    (["request", "x"], "`stint request` needs --reason REASON."),
    (["request"], "`stint request` needs ENTITLEMENT and --reason REASON."),
    (["review"], "`stint review` needs ID, --verdict justified|unjustified and --comment COMMENT."),
    (["extend", "1", "-r", "x"], "`stint extend` needs --duration DURATION."),
    (["review", "1", "-r", "x"], "`stint review` needs --verdict justified|unjustified."),
    (["show", ""], "ID takes a number such as 12."),
    (["show", "1.5"], "ID takes a number such as 12."),
    (["list", "--limit="], "--limit takes a number such as 12."),
    (["--timeout=", "whoami"], "--timeout takes a length such as 90s, 30m or 1h30m, of one second at least."),
    (["review", "1", "-r", "x", "--verdict="], "--verdict takes `justified` or `unjustified`."),
    (["request", "x", "-r", "locked", "out"], "`stint request` was given one word too many: `out`."),
    (["request", "x", "-r", "y", "-d"], "-d is given no value; it takes DURATION."),
    (["request", "x", "-r", "y", "-d", "1m", "--duration", "2m"], "--duration is given more than once."),
    (["request", "x", "-r", "y", "--no-wait=no"], "--no-wait takes no value."),
    (["show", "1", "-x"], "`stint show` has no option `-x`."),
    (["list", "--mine", "--all"], "`stint list` shows one of --mine, --pending, --active, --due, --findings and --all at a time."),
    (["--as"], "--as is given no value."),
    (["audit"], "`stint audit` wants one of: search, show, verify, export, evidence, checkpoint."),
    ([""], "A verb is missing.")])
def test_a_mistake_is_told_in_one_sentence(words, sentence):
    assert stint(*words, check=2).stderr.splitlines()[0] == "stint: " + sentence


EVIL = "a\x1b[31mb\r\u009bc\u202ed\ne"


@pytest.mark.parametrize("words, status", [
    ([EVIL], 2), (["--" + EVIL, "show"], 2), (["show", "--" + EVIL], 2), (["show", "1", EVIL], 2), (["audit", EVIL], 2), (["help", EVIL], 2),
    (["--socket", "/nowhere/" + EVIL, "whoami"], 7), (["--as", EVIL, "whoami"], 2), (["show", EVIL], 2), (["completion", EVIL], 2),
    (["request", "x", "-r", "y", "-d", EVIL], 2), (["break-glass", EVIL, "-r", "x"], 2), (["run", "x", "-r", "y", "--", EVIL], 127)])
@pytest.mark.parametrize("is_json", [False, True])
def test_what_was_mistyped_is_never_repeated_raw(words, status, is_json):
    done = stint(*(["--json"] if is_json else []), *words, check=status)
    told = (done.stdout + done.stderr).replace("\n", "")
    assert all(unicodedata.category(character) not in ("Cc", "Cf") for character in told), told
    assert all(line.startswith(("stint: ", "  why:  ", "  do:   ", "  code: ", "{")) for line in (done.stdout + done.stderr).splitlines())


@pytest.mark.parametrize("words", [[], *VERBS])
def test_help_fits_eighty_columns(words):
    for line in stint(*words, "--help", check=0).stdout.splitlines():
        assert len(line) <= 80 and line == line.rstrip(), line


@pytest.mark.parametrize("words", VERBS)
def test_help_tells_the_usage_then_the_verbs_own_options_then_the_common_ones(words):
    text = stint(*words, "--help", check=0).stdout
    usage = re.search(r"^Usage: stint ([^\n]*(?:\n {11}[^\n]*)*)", text, re.M).group(1)
    assert usage.startswith(" ".join(words))
    headings = re.findall(r"^(\S[^:\n]*):$", text, re.M)
    assert [h for h in headings if h != "Example"][-1] == "Everywhere" and "[Option Group" not in text and "REQUIRED" not in text
    assert text.index("--json") > text.index("\nEverywhere:\n")


@pytest.mark.parametrize("words, usage", [
    (["run"], "stint run ENTITLEMENT -r REASON [OPTION...] -- COMMAND [ARG...]"), (["request"], "stint request ENTITLEMENT -r REASON [OPTION...]"),
    (["extend"], "stint extend ID -d DURATION -r REASON [OPTION...]"), (["watch"], "stint watch [ID] [OPTION...]"),
    (["review"], "stint review ID --verdict justified|unjustified -r COMMENT [OPTION...]"), (["list"], "stint list [OPTION...]")])
def test_the_usage_line_has_what_must_be_given(words, usage):
    assert f"\nUsage: {usage}\n" in stint(*words, "--help", check=0).stdout
