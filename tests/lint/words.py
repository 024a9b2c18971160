"""Words and calls that stand for something left unfinished, or for a guard switched off."""
import re

from check import Finding, check

CODE = (".cpp", ".hpp")
SCRIPTS = (".py", ".sh", "/dev", ".ci/run")
# The checks name what they look for; a fuzzer's inputs are whatever they are.
NOT_OURS = ("tests/lint/", "tests/fuzz/corpus/")


def lines_with(tree, pattern, suffixes, folders=("",)):
    for path in tree.files:
        if path.startswith(NOT_OURS) or not path.startswith(folders) or not ("/" + path).endswith(suffixes):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            if pattern.search(line):
                yield path, number


def banned(rule, pattern, suffixes, text, folders=("",)):
    compiled = re.compile(pattern)

    @check(rule)
    def run(tree):
        for path, number in lines_with(tree, compiled, suffixes, folders):
            yield Finding(path, number, text)
    return run


unfinished = banned(
    "nothing is left unfinished in the code", r"\b(TODO|FIXME|XXX|HACK)\b", CODE + SCRIPTS + (".txt", ".toml", ".sql"),
    "finish it, or say in a clear error that it is not there")
weak_tls = banned(
    "TLS is always verified", r"TLS_NEVER|TLS_ALLOW\b|VERIFY_NONE|verify_none|CERT_NONE|SSL_VERIFYPEER,\s*0|check_hostname\s*=\s*False",
    CODE + SCRIPTS, "verification is never off, not in tests either: make a CA")
weak_ldaprc = banned(  # tests write such files down to show that they have no influence
    "no file that ships turns verification off", r"REQCERT[ =]+(never|allow)|--insecure\b", CODE + SCRIPTS + (".toml", ".conf", ".service"),
    "verification is never off", ("daemon/", "client/", "plugins/", "config/", "systemd/", "dev.d/", "docs/"))
shells = banned(
    "no shell is started", r"\b(std::)?system\s*\(|\bpopen\s*\(|\bexeclp?\s*\(\s*\"/bin/(ba)?sh|os\.system\(|shell=True", CODE + (".py",),
    "start the program itself, with its arguments in a list")
sleeps_in_product = banned(
    "the product never sleeps", r"this_thread::sleep|(?<![\w.>:])(::)?(u|nano)?sleep\s*\(", CODE,
    "use a timer: a sleeping thread cannot be told to stop", ("daemon/", "client/", "plugins/"))
regexes = banned(
    "no std::regex", r"\bstd::w?regex\b|#include <regex>", CODE,
    "std::regex overflows the stack on long input: parse by hand, bounded", ("daemon/", "client/", "plugins/"))
disabled_tests = banned(
    "no test is switched off", r"\bDISABLED_|EXPECT_TRUE\(true\)|ASSERT_TRUE\(true\)|SUCCEED\(\)|@(pytest\.mark\.)?xfail|@unittest\.skip\(",
    CODE + (".py",), "a test that cannot fail tests nothing", ("tests/",))
other_python = banned(
    "scripts name Debian's python", r"#!\s*/usr/bin/env python|(?<![/\w.-])python3? (?!\()(-m|-c|\"|\$|/)", SCRIPTS,
    "say /usr/bin/python3: another python on PATH lacks Debian's modules")
# The pace at which a test looks again for what it waits for, in a loop with a deadline; nothing else may sleep.
PACE_MS = 50
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
SLEEP = re.compile(r"this_thread::sleep|using std::this_thread|(?<![\w.>:])(?:::)?(?:u|nano)?sleep\s*\(|\btime\.sleep\s*\(")
PACED = re.compile(r"sleep_for\((?:std::chrono::)?(?:milliseconds[({](\d+)[)}]|(\d+)ms)\)|time\.sleep\(([\d.]+)\)")


def is_paced(line):
    found = PACED.search(line)
    if not found:
        return False
    length_ms = float(found.group(3)) * 1000 if found.group(3) else int(found.group(1) or found.group(2))
    return length_ms <= PACE_MS


@check(f"tests wait for the thing, not for time: a look-again pace of {PACE_MS} ms at most is the only sleep")
def sleeps_in_tests(tree):
    for path, number in lines_with(tree, SLEEP, CODE + (".py",), ("tests/",)):
        line = tree.lines(path)[number - 1]
        # A program written down in a C++ string is one that is meant to misbehave, and is not the test itself.
        if path.endswith(CODE) and not SLEEP.search(STRING.sub('""', line)):
            continue
        if not is_paced(line):
            yield Finding(path, number, "wait for what you expect, with a deadline: a descriptor, a condition, a file's change")


unchecked_ids = banned(
    "no right rests on a process id", r"/proc/(%d|\{|self/\.\.)|SO_PEERPIDFD|ucred[^;]*\.pid\b", CODE,
    "a pid is reused: rights rest on the uid the kernel attests (threats: polkit's races)", ("daemon/http/", "daemon/app/", "daemon/core/"))
