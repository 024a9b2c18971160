#!/usr/bin/python3
"""Counts what a suite of tests did, prints what failed, and adds it all up. Called by dev.d/test.sh alone.

Reads ctest's JUnit file; an entry that is a whole pytest or GoogleTest program counts as the cases in it.
One line a suite is kept in the file $COUNTS: "suite passed failed skipped".
"""
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

PYTEST = re.compile(r"^=+ (?P<what>(?:\d+ \w+(?:, )?)+) in [\d.:]+s.*=+$|^(?P<quiet>(?:\d+ \w+(?:, )?)+) in [\d.]+s", re.M)
PYTEST_WORD = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)")
GTEST_PASSED = re.compile(r"^\[  PASSED  \] (\d+) tests?\.", re.M)
GTEST_FAILED = re.compile(r"^\[  FAILED  \] (\d+) tests?, listed below", re.M)
GTEST_SKIPPED = re.compile(r"^\[  SKIPPED \] (\d+) tests?, listed below", re.M)
UNITTEST = re.compile(r"^Ran (\d+) tests? in ", re.M)


def first(pattern, text):
    found = pattern.search(text)
    return int(found.group(1)) if found else 0


def cases_in(output, is_good):
    """How many cases one entry of ctest stands for: (passed, failed, skipped)."""
    summaries = list(PYTEST.finditer(output))
    if summaries:
        words = {}
        for number, word in PYTEST_WORD.findall(summaries[-1].group(0)):
            words[word.rstrip("s")] = int(number)
        passed = words.get("passed", 0) + words.get("xfailed", 0)
        failed = words.get("failed", 0) + words.get("error", 0) + words.get("xpassed", 0)
        counted = (passed, failed, words.get("skipped", 0))
    elif GTEST_PASSED.search(output) or GTEST_FAILED.search(output):
        counted = (first(GTEST_PASSED, output), first(GTEST_FAILED, output), first(GTEST_SKIPPED, output))
    elif UNITTEST.search(output) and is_good:
        counted = (first(UNITTEST, output), 0, 0)
    else:
        counted = (1, 0, 0) if is_good else (0, 1, 0)
    passed, failed, skipped = counted
    if is_good and failed == 0:
        return (passed, 0, skipped) if passed + skipped else (1, 0, 0)
    return (passed, max(failed, 1), skipped)  # ctest's verdict stands: a program that dies after its cases has failed


def entry_of(case):
    """(passed, failed, skipped, what to print) of one <testcase>."""
    output = case.findtext("system-out") or ""
    skipped = case.find("skipped")
    status = case.get("status", "")
    if status == "disabled" or (skipped is not None and (skipped.get("message") or "").startswith("SKIP_")):
        return 0, 0, 1, ""
    if status == "run":
        passed, failed, skips = cases_in(output, True)
        return passed, failed, skips, ""
    failure = case.find("failure")
    message = (failure.get("message") if failure is not None else "") or status
    passed, failed, skips = cases_in(output, False)
    return passed, failed, skips, f"--- FAILED: {case.get('name')} ({message})\n{output.rstrip()}\n"


def keep(suite, passed, failed, skipped):
    with open(os.environ["COUNTS"], "a", encoding="utf-8") as counts:
        counts.write(f"{suite} {passed} {failed} {skipped}\n")
    print(f"{suite}: {sentence(passed, failed, skipped)}", flush=True)


def sentence(passed, failed, skipped):
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def count_ctest(suite, junit, log):
    try:
        cases = list(ElementTree.parse(junit).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError) as trouble:
        with open(log, encoding="utf-8", errors="replace") as text:
            print(text.read()[-20000:])
        return count_broken(suite, f"ctest left no report: {trouble}")
    if not cases:
        return count_broken(suite, "it holds no test")
    sums = [0, 0, 0]
    for case in cases:
        *numbers, text = entry_of(case)
        sums = [a + b for a, b in zip(sums, numbers)]
        if text:
            print(text)
    keep(suite, *sums)


def count_broken(suite, why):
    print(f"--- FAILED: {suite}: {why}")
    keep(suite, 0, 1, 0)


def count_verb(suite, log, status):
    with open(log, encoding="utf-8", errors="replace") as text:
        output = text.read()
    found = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", output, re.M)
    if not found:
        print(output[-20000:])
        return count_broken(suite, "it did not come to an end")
    passed, failed, skipped = (int(number or 0) for number in found[-1])
    if status != "0":
        print(output)
        failed = max(failed, 1)
    keep(suite, passed, failed, skipped)


def add_up():
    sums = [0, 0, 0]
    with open(os.environ["COUNTS"], encoding="utf-8") as counts:
        for line in counts:
            sums = [a + int(b) for a, b in zip(sums, line.split()[1:])]
    print(sentence(*sums), flush=True)
    return 0 if sums[1] == 0 and sums[0] > 0 else 1


def main(arguments):
    verb, *rest = arguments
    if verb == "sum":
        return add_up()
    {"ctest": count_ctest, "verb": count_verb, "broken": count_broken}[verb](*rest)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
