"""Checks that other programs make: shell scripts, units, manual pages, the API's description, shipped TOML."""
import os
import re
import shutil
import subprocess
import tempfile
import tomllib

from check import Finding, Missing, check

MAX_EXPOSURE = 15  # systemd-analyze's figure, times ten


def run(*command, cwd=None):
    if shutil.which(command[0]) is None:
        raise Missing(command[0])
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def is_bash(tree, path):
    first = tree.text(path).split("\n", 1)[0]
    return path.endswith(".sh") or (first.startswith("#!") and first.endswith(("bash", "/sh")))


@check("shell scripts pass shellcheck")
def shell(tree):
    scripts = [path for path in tree.files if is_bash(tree, path)]
    if not scripts:
        return
    # Sourced files are looked at on their own (SC1090, SC1091); what they define for others looks unused (SC2034).
    status, output = run("shellcheck", "-f", "gcc", "-e", "SC1090,SC1091,SC2034", *scripts, cwd=tree.root)
    if status:
        for line in output.splitlines():
            path, number, rest = (line.split(":", 2) + ["0", ""])[:3]
            yield Finding(path, int(number) if number.isdigit() else 0, rest.strip())


def without_programs(unit):
    """The unit with every program of ours replaced by one that is on any machine: verify looks for them."""
    return re.sub(r"^(Exec\w+=[-+!@:]*)/usr/(?:s?bin|lib/stint/\S*?)/?(?:stint\w*|[a-z]+-[a-z]+)(?=\s|$)", r"\1/bin/true", unit, flags=re.M)


def units(tree):
    return [path for path in tree.ending(".service", ".socket", ".timer") if path.startswith("systemd/")]


def copied_units(tree, folder):
    for path in units(tree):
        copy = os.path.join(folder, os.path.basename(path))
        with open(copy, "w", encoding="utf-8") as file:
            file.write(without_programs(tree.text(path)))
        yield path, copy


@check("units are well formed")
def unit_syntax(tree):
    with tempfile.TemporaryDirectory(prefix="stint-lint.") as folder:
        for path, copy in list(copied_units(tree, folder)):
            status, output = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", copy)
            if status or output.strip():
                yield Finding(path, 0, output.replace(folder + "/", "").strip() or f"systemd-analyze says {status}")


@check(f"services are shut in: an exposure of {MAX_EXPOSURE / 10} at most")
def exposure(tree):
    with tempfile.TemporaryDirectory(prefix="stint-lint.") as folder:
        for path, copy in list(copied_units(tree, folder)):
            if not path.endswith(".service"):
                continue
            status, output = run("systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={MAX_EXPOSURE}", copy)
            if status:
                yield Finding(path, 0, (output.strip().splitlines() or ["systemd-analyze says nothing"])[-1])


@check("users and folders are well formed")
def users_and_folders(tree):
    for path in tree.files:
        if path.startswith("systemd/sysusers.d/"):
            status, output = run("systemd-sysusers", "--dry-run", os.path.join(tree.root, path))
            if status:
                yield Finding(path, 0, output.strip())
        if path.startswith("systemd/tmpfiles.d/"):
            with tempfile.TemporaryDirectory(prefix="stint-lint.") as folder:
                # Into an empty root, so that nothing of this machine is touched; its users are unknown there.
                copy = os.path.join(folder, "lint.conf")
                with open(copy, "w", encoding="utf-8") as file:
                    file.write(re.sub(r"\bstint -$", "-     -", re.sub(r"\broot\b", "-   ", tree.text(path)), flags=re.M))
                status, output = run("systemd-tmpfiles", "--create", f"--root={folder}/root", copy)
                if status or output.strip():
                    yield Finding(path, 0, output.strip() or f"systemd-tmpfiles says {status}")


@check("manual pages are well formed")
def manual(tree):
    for path in tree.files:
        if re.match(r"docs/man/.*\.[1-8]$", path):
            status, output = run("mandoc", "-T", "lint", "-W", "warning", os.path.join(tree.root, path))
            if status or output.strip():
                yield Finding(path, 0, output.replace(tree.root + "/", "").strip())


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolves(document, reference):
    node = document
    for part in reference.removeprefix("#/").split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or part not in node:
            return False
        node = node[part]
    return reference.startswith("#/")


@check("the API's description is OpenAPI 3 and refers to nothing that is not there")
def openapi(tree):
    for path in tree.files:
        if path != "docs/openapi.yaml":
            continue
        try:
            import yaml
        except ImportError:
            raise Missing("python3-yaml") from None
        try:
            document = yaml.safe_load(tree.text(path))
        except yaml.YAMLError as trouble:
            yield Finding(path, 0, str(trouble))
            return
        if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
            yield Finding(path, 0, "is not OpenAPI 3")
            return
        if not document.get("paths"):
            yield Finding(path, 0, "describes no path")
        for reference in sorted(set(references(document))):
            if not resolves(document, reference):
                yield Finding(path, 0, f"refers to {reference}, which is not there")


@check("TOML files can be read")
def toml(tree):
    for path in tree.ending(".toml"):
        if path.startswith("tests/"):
            continue  # the tests own broken ones
        try:
            tomllib.loads(tree.text(path))
        except tomllib.TOMLDecodeError as trouble:
            yield Finding(path, 0, str(trouble))
