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


# The verbs that were promised; what is not there yet is listed as such, so that none is ever dropped in silence.
PROMISED = ["whoami", "entitlements", "request", "run", "break-glass", "list", "show", "watch", "approve", "deny", "cancel", "extend", "release",
            "revoke", "review", "contain", "uncontain", "audit search", "audit show", "audit verify", "audit export", "audit evidence",
            "audit checkpoint", "report", "access-review", "login", "logout"]


def test_each_promised_verb_is_there_or_said_to_be_missing():
    missing = re.split(r",\s+", re.search(r"Not there yet: (.*)\.", help_of(), re.S).group(1))
    assert set(PROMISED) <= set(there()) | set(missing) and not set(there()) & set(missing)


def test_the_page_and_the_overview_have_the_same_exit_codes():
    codes = set(re.findall(r"^\.B (\d+)", PAGE.split(".SH EXIT STATUS")[1].split("\n.SH ")[0], re.M))
    told = re.sub(r"\s+", " ", re.search(r"^Exit: (.*?)\n\n", help_of(), re.S | re.M).group(1))
    short, of_run = told.split("`run`")
    assert set(re.findall(r"\d+", short)) == codes - {"124", "125", "126", "127"}
    assert re.findall(r"\d+", of_run) == ["124", "127"] and {"124", "125", "126", "127"} <= codes


@pytest.mark.parametrize("section_name", ["ENVIRONMENT", "FILES"])
def test_the_page_names_the_environment_and_files_that_the_program_reads_and_no_other(section_name):
    text = PAGE.split(f".SH {section_name}")[1].split("\n.SH ")[0]
    source = "\n".join(file.read_text("utf-8") for file in sorted((TOP / "client" / "cli").glob("*.cpp")))
    if section_name == "ENVIRONMENT":
        told = set(re.findall(r"^\.BR? .*", text, re.M))
        told = {name for line in told for name in re.findall(r"\b[A-Z][A-Z_]{3,}\b", line)} - {"TERM"}
        read = set(re.findall(r'(?:getenv|environment|is_set)\("([A-Z_]+)"\)', source)) - {"TERM", "PATH", "HOME"}
        assert told == read | set(re.findall(r'\{"(STINT_[A-Z_]+)",', source))
    else:
        told = {line.removeprefix(".I ") for line in re.findall(r"^\.I .*", text, re.M)}
        assert told == {"~/.config/stint/config.toml", "/etc/stint/client.toml", "/run/stint/stint.sock"}
        for path in ("/.config/stint/config.toml", "/etc/stint/client.toml", "/run/stint/stint.sock"):
            assert f'"{path}"' in source
