"""What a newcomer types, and mistypes: help, and errors that name the right form. Needs no broker."""

import subprocess

import pytest
from world import STINT


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
