#!/usr/bin/python3
"""Runs the checks' own tests, then every check over the repository. Usage: run.py FOLDER. Last line: N passed, N failed."""
import os
import sys
import unittest

import arrows  # noqa: F401 (each module registers its checks)
import check
import shapes  # noqa: F401
import tools  # noqa: F401
import tree
import words  # noqa: F401


def own_tests():
    """(passed, failed) of tests/lint/*_test.py."""
    suite = unittest.defaultTestLoader.discover(os.path.dirname(os.path.abspath(__file__)), pattern="*_test.py")
    outcome = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
    failed = len(outcome.failures) + len(outcome.errors)
    return outcome.testsRun - failed, failed


def main(root):
    passed, failed = own_tests()
    skipped = 0
    files = tree.read_tree(os.path.abspath(root))
    for rule, function in check.CHECKS:
        try:
            findings = list(function(files))
        except check.Missing as tool:
            print(f"skipped: {rule}: {tool} is not installed")
            skipped += 1
            continue
        if findings:
            failed += 1
            print(f"FAILED: {rule}:")
            for finding in findings:
                print(f"  {finding}")
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
