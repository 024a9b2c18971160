"""The files the checks look at: those git knows or would take, read once. Judges nothing."""
import os
import subprocess


class Tree:
    """Paths are relative to `root`; `text` is "" for what is not UTF-8."""

    def __init__(self, root, texts):
        self.root = root
        self._texts = texts

    @property
    def files(self):
        return sorted(self._texts)

    def text(self, path):
        return self._texts[path]

    def lines(self, path):
        return self._texts[path].splitlines()

    def ending(self, *suffixes):
        return [path for path in self.files if path.endswith(suffixes)]

    def has_folder(self, folder):
        return any(path.startswith(folder.rstrip("/") + "/") for path in self._texts)


def read_tree(root):
    listed = subprocess.run(
        ["git", "-C", root, "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"],
        check=True, capture_output=True).stdout.decode().split("\0")
    texts = {}
    for path in filter(None, listed):
        whole = os.path.join(root, path)
        if not os.path.isfile(whole) or os.path.islink(whole):
            continue
        with open(whole, "rb") as file:
            data = file.read()
        # Inputs of fuzzers are whatever they are.
        is_text = b"\0" not in data and not path.startswith("tests/fuzz/corpus/")
        texts[path] = data.decode("utf-8", "replace") if is_text else ""
    return Tree(root, texts)
