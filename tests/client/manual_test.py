"""The manual page and the program's own help tell of the same verbs and options."""

import re
import subprocess

import pytest
from world import BIN, TOP, there

PAGE = (TOP / "docs" / "man" / "stint.1").read_text("utf-8").replace("\\-", "-")
SECTIONS = dict(zip((parts := re.split(r"^\.SS (.*)$", PAGE.split(".SH VERBS")[1].split("\n.SH ")[0], flags=re.M))[1::2], parts[2::2]))
EVERYWHERE = {"--json", "--socket", "--as", "--timeout", "--help"}


def help_of(*words):
    return subprocess.run([str(BIN / "stint"), *words, "--help"], capture_output=True, text=True, encoding="utf-8", check=True).stdout


def section(verb):
    found = [text for title, text in SECTIONS.items() if title == verb or title.startswith((verb + " ", verb + "["))]
    assert len(found) == 1, f"{verb} has {len(found)} sections"
    return found[0]


def options_in(text):
    return set(re.findall(r"--[a-z][a-z-]+", text))


def title_of(verb):
    return next(title for title in SECTIONS if title == verb or title.startswith(verb + " "))


def test_the_page_has_the_verbs_there_are_and_no_other():
    titles = {re.match(r"[a-z-]+(?: [a-z]+(?= |$))?", title).group(0) for title in SECTIONS if title != "Not there yet"}
    assert titles == set(there())


def test_the_page_names_the_verbs_that_are_not_there_yet():
    missing = re.search(r"Not there yet: (.*)\.", help_of(), re.S).group(1)
    told = re.sub(r'[".,]|\bBR?\b', "", SECTIONS["Not there yet"].replace("\n", " "))
    for verb in re.split(r",\s*", missing):
        assert verb in re.sub(r"\s+", " ", told)


@pytest.mark.parametrize("verb", there())
def test_each_option_of_a_verb_is_documented_and_no_other(verb):
    has = options_in(help_of(*verb.split()).split("Example:")[0]) - EVERYWHERE
    told = section(verb) + title_of(verb)
    if verb == "run":  # it refers to those of `request`
        told += section("request")
        told = told.replace("--no-wait", "").replace("--dry-run", "")
    if verb in ("break-glass", "extend", "revoke"):
        told += "--reason" if "-r REASON" in title_of(verb) else ""
    if verb in ("extend", "review", "deny"):
        told += " --duration" * ("-d DURATION" in title_of(verb)) + " --comment" * ("-r COMMENT" in title_of(verb))
    assert options_in(told) == has


def test_the_options_of_every_verb_are_documented():
    options = PAGE.split(".SH OPTIONS")[1].split("\n.SH ")[0]
    assert options_in(options) == EVERYWHERE | {"--version"}
