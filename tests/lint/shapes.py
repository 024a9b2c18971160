"""Sizes, names, and how a file opens and ends. One rule a function."""
import re

from check import Finding, check

CODE = (".cpp", ".hpp")
# The design aims at 150 lines a header and 140 columns; these are what the house has come to, to be lowered with each tidying.
MAX_SOURCE, MAX_HEADER, MAX_FUNCTION, MAX_COLUMNS = 400, 290, 60, 200
VAGUE = re.compile(r"(?:^|/)(?:\w*_)?(?:utils?|common|misc|helpers?)(?:_\w*)?\.[a-z]+$")
# Rows of a table that is one macro: one row a line is worth more than the width.
TABLE_ROW = re.compile(r"^\s*X\(.*\)\s*\\?$")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# A definition at the left margin that opens a body: not a type, a namespace or an array.
FUNCTION = re.compile(r"^[A-Za-z_].*\)[^;=]*\{$")
NOT_A_FUNCTION = re.compile(r"^(?:namespace|struct|class|enum|union|extern \"C\")\b")


def product_code(tree):
    return [path for path in tree.ending(*CODE) if path.startswith(("daemon/", "client/", "plugins/", "tests/"))]


@check(f"a source has at most {MAX_SOURCE} lines, a header {MAX_HEADER}")
def sizes(tree):
    for path in product_code(tree):
        most = MAX_HEADER if path.endswith(".hpp") else MAX_SOURCE
        count = len(tree.lines(path))
        if count > most:
            yield Finding(path, 0, f"{count} lines, {most} at most: find the second noun in it and give it a file")


def functions(lines):
    """(first line, number of lines) of each function defined at the left margin."""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None and FUNCTION.match(line) and not NOT_A_FUNCTION.match(line):
            start = number
        elif start is not None and line.startswith("}"):
            yield start, number - start + 1
            start = None


@check(f"a function has at most {MAX_FUNCTION} lines")
def function_sizes(tree):
    for path in tree.ending(*CODE):
        if not path.startswith(("daemon/", "client/", "plugins/")):
            continue
        for start, count in functions(tree.lines(path)):
            if count > MAX_FUNCTION:
                yield Finding(path, start, f"a function of {count} lines, {MAX_FUNCTION} at most: name a step of it")


@check("a file is its main noun")
def names(tree):
    for path in tree.files:
        if VAGUE.search(path):
            yield Finding(path, 0, "named after nothing: a file is its main noun")


@check("a file opens with a comment that says what it owns")
def openings(tree):
    for path in tree.files:
        lines = tree.lines(path)
        if not lines or path.startswith("tests/fuzz/corpus/"):
            continue
        if lines[0].startswith("#!"):
            lines = lines[1:] or [""]
        if path.endswith(CODE) and not lines[0].startswith(("//", "/*")):
            yield Finding(path, 1, "opens without a comment: say what it owns and what it must not do")
        elif path.endswith((".sh", ".service", ".socket", ".timer", ".toml")) and not lines[0].startswith("#"):
            yield Finding(path, 1, "opens without a comment: say what it is for")
        elif path.endswith(".py") and not lines[0].startswith(("#", '"""')):
            yield Finding(path, 1, "opens without a comment: say what it is for")
        elif path.endswith(".sql") and not lines[0].startswith("--"):
            yield Finding(path, 1, "opens without a comment: say what it is for")


@check(f"lines: no tab, no trailing blank, {MAX_COLUMNS} columns at most, a newline at the end")
def lines(tree):
    for path in tree.ending(*CODE, ".py", ".sh", ".toml", ".sql", ".txt", ".service", ".yaml", ".h", "/dev", ".ci/run"):
        if path.startswith("tests/fuzz/corpus/"):
            continue
        text = tree.text(path)
        if text and not text.endswith("\n"):
            yield Finding(path, len(tree.lines(path)), "no newline at the end")
        for number, line in enumerate(tree.lines(path), 1):
            if line != line.rstrip():
                yield Finding(path, number, "blanks at the end of the line")
            if "\t" in line:
                yield Finding(path, number, "a tab; indent with spaces, write \\t in a string")
            # A sentence for people is not broken up: the text of strings does not count.
            if len(STRING.sub('""', line)) > MAX_COLUMNS and path.endswith(CODE) and not TABLE_ROW.match(line):
                yield Finding(path, number, f"{len(line)} columns, {MAX_COLUMNS} at most beside the text of strings")


@check("core lists every case: no `default:`")
def no_default(tree):
    for path in tree.ending(*CODE):
        if path.startswith("daemon/core/"):
            for number, line in enumerate(tree.lines(path), 1):
                if re.match(r"\s*default\s*:", line):
                    yield Finding(path, number, "`default:` would hide a state that is added later: list the cases")


# A folder tests/unit/<folder> stands for this one; `core_time` and the like are parts of a room.
ELSEWHERE = {"sdk": "plugins/sdk", "client": "client/cli", "cli": "client/cli", "ldap": "plugins/directory-ldap"}


def tested_folder(tree, folder):
    if folder in ELSEWHERE:
        return ELSEWHERE[folder]
    plugin = "plugins/" + folder.replace("_", "-")
    if tree.has_folder(plugin):
        return plugin
    words = folder.split("_")
    for end in range(len(words), 0, -1):
        room = "daemon/" + "_".join(words[:end])
        if tree.has_folder(room):
            return room
    return None


@check("a unit test stands where the thing it tests stands")
def mirrors(tree):
    for path in tree.ending("_test.cpp"):
        parts = path.split("/")
        if parts[:2] != ["tests", "unit"] or len(parts) != 4:
            continue
        if tested_folder(tree, parts[2]) is None:
            yield Finding(path, 0, f"there is no room that tests/unit/{parts[2]} could be testing")
