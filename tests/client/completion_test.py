"""What a shell offers after `stint completion SHELL` was read: the real shells complete. Needs no broker.

Shells that are not installed are skipped, bash never.
"""

import os
import re
import shutil
import subprocess

import pytest
from world import BIN, STINT, there

COMMON = ["--help", "--json", "--socket", "--as", "--timeout"]
BASH = """
eval "$(stint completion bash)"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
$(complete -p stint | sed 's/.*-F \\([^ ]*\\).*/\\1/')
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
compdef() { [[ $1 == _stint && $2 == stint ]] && asked=yes }
compadd() { shift; offered=("$@") }
_files() { offered=(FILES) }
_normal() { offered=(COMMAND $CURRENT "$words[1]") }
compset() { PREFIX=${PREFIX#*=} }
source <(stint completion zsh)
[[ $asked == yes ]] || exit 1
words=("$@") CURRENT=$# PREFIX=$words[$#]
offered=()
_stint
for one in $offered; do [[ $one == $PREFIX* || $one == [A-Z]* || $offered[1] == COMMAND ]] && print -r -- $one; done
exit 0
"""


def run(*command):
    environment = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8", "STINT_SERVER": "not there yet",
                   **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0 and done.stderr == "", done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if line]


def in_bash(*words):
    return run("/bin/bash", "--norc", "-c", BASH, "bash", "stint", *words)


def in_zsh(*words):
    return run(shutil.which("zsh"), "-f", "-c", ZSH, "zsh", "stint", *words)


def in_fish(*words):
    lines = run(shutil.which("fish"), "--no-config", "-c", f"stint completion fish | source; complete -C 'stint {' '.join(words)}'")
    return [line.split("\t")[0] for line in lines]


def needs(shell):
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


SHELLS = [in_bash, pytest.param(in_zsh, marks=needs("zsh")), pytest.param(in_fish, marks=needs("fish"))]


@pytest.mark.parametrize("complete", SHELLS)
def test_the_first_word_is_a_verb(complete):
    offered = complete("")
    assert {verb.split()[0] for verb in there()} <= set(offered)
    assert complete("wa") == ["watch"]
    assert complete("re") and all(word.startswith("re") for word in complete("re"))


@pytest.mark.parametrize("complete", SHELLS)
def test_verbs_that_are_not_there_yet_are_not_offered(complete):
    assert not {"contain", "login", "report"} & set(complete(""))
    assert set(complete("audit", "")) & {"search", "show", "verify"} == {"search", "show"}


@pytest.mark.parametrize("complete", SHELLS)
@pytest.mark.parametrize("verb", there())
def test_every_option_that_help_tells_of_is_offered_and_no_other(complete, verb):
    text = run(STINT, *verb.split(), "--help")
    told = {found.group(1) for line in text if (found := re.match(r"^ {2}(?:-\w, | {4})(--[a-z-]+)", line))}
    assert set(COMMON) <= told and set(complete(*verb.split(), "--")) == told


@pytest.mark.parametrize("complete", SHELLS)
def test_fixed_values_are_offered(complete):
    assert sorted(complete("review", "12", "--verdict", "")) == ["justified", "unjustified"]
    assert complete("review", "12", "--verdict", "un") == ["unjustified"]
    assert sorted(word for word in complete("completion", "") if not word.startswith("-")) == ["bash", "fish", "zsh"]


@pytest.mark.parametrize("complete", SHELLS)
def test_options_in_front_of_the_verb_do_not_hide_it(complete):
    assert complete("--json", "--as", "ada", "review", "12", "--verd") == ["--verdict"]


@pytest.mark.parametrize("complete", SHELLS)
def test_where_only_the_person_knows_nothing_is_offered(complete):
    for words in (["request", "x", "-r", ""], ["request", "x", "--ticket", "IN"], ["--as", ""]):
        assert complete(*words) == []


def test_bash_completes_behind_an_equals_sign():
    # Readline parts words at "=".
    assert in_bash("review", "12", "--verdict", "=") == ["justified", "unjustified"]
    assert in_bash("review", "12", "--verdict", "=", "j") == ["justified"]


@needs("zsh")
def test_zsh_completes_behind_an_equals_sign():
    assert in_zsh("review", "12", "--verdict=u") == ["unjustified"]


def test_paths_and_commands_are_completed_in_bash():
    assert in_bash("--socket", "/etc/host") and all(name.startswith("/etc/host") for name in in_bash("--socket", "/etc/host"))
    assert "printf" in in_bash("run", "x", "-r", "y", "--", "print")
    assert "/etc/passwd" in in_bash("run", "x", "-r", "y", "--", "cat", "/etc/pass")


@needs("zsh")
def test_paths_and_commands_are_completed_in_zsh():
    assert in_zsh("--socket", "/etc/host") == ["FILES"]
    assert in_zsh("run", "x", "-r", "y", "--", "cat", "/etc/pass") == ["COMMAND", "2", "cat"]


@pytest.mark.parametrize("shell", ["bash", pytest.param("zsh", marks=needs("zsh")), pytest.param("fish", marks=needs("fish"))])
def test_the_script_is_one_that_the_shell_can_read(shell, tmp_path):
    file = tmp_path / "script"
    file.write_text("\n".join(run(STINT, "completion", shell)) + "\n", "utf-8")
    run(shutil.which(shell), "-n", file)


def test_another_shell_is_a_usage_error():
    done = subprocess.run([STINT, "completion", "tcsh"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "SHELL takes `bash`, `zsh` or `fish`." in done.stderr
