"""What a check is: a function from a Tree to findings, registered under one sentence that says the rule."""
from dataclasses import dataclass

CHECKS = []


@dataclass(frozen=True)
class Finding:
    path: str
    line: int  # from 1; 0 for the file as a whole
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}" if self.line else f"{self.path}: {self.text}"


class Missing(Exception):
    """A tool that a check calls is not installed: the check is skipped, and says so."""


def check(rule):
    def register(function):
        CHECKS.append((rule, function))
        return function
    return register
