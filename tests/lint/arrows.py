"""Which room may include what. The table is the design's: a new arrow is a decision, and belongs here with a reason."""
import os
import re

from check import Finding, check

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
STANDARD = re.compile(r"^[a-z_]+$")  # <vector>, <cstdint>

# What a coroutine takes, and nothing that can open a socket, a file or a pipe.
AWAITABLE = ("boost/asio/awaitable.hpp",)
COROUTINES = AWAITABLE + tuple(f"boost/asio/{name}.hpp" for name in (
    "any_io_executor", "associated_executor", "async_result", "bind_executor", "co_spawn", "deferred", "detached",
    "dispatch", "error", "executor_work_guard", "io_context", "post", "redirect_error", "steady_timer", "strand", "this_coro",
    "use_awaitable", "experimental/awaitable_operators", "experimental/channel", "experimental/concurrent_channel"))

# room: (rooms it may see, libraries' headers it may see by prefix, whether it may see the operating system's)
ROOMS = {
    "core": ((), (), False),
    "ports": (("core",), AWAITABLE, False),
    "log": ((), ("spdlog/",), True),
    "audit": (("core",), ("openssl/", "boost/json"), False),
    "wire": (("core",), ("boost/json",), False),
    "store": (("core", "audit"), ("sqlite3.h", "boost/json"), True),
    "app": (("core", "ports", "store", "audit", "log"), COROUTINES, False),
    "config": (("core", "log", "wire"), ("toml++/", "boost/json", "openssl/evp.h"), True),
    "plugin_host": (("core", "ports", "wire", "log"), ("boost/",), True),
    "http": (("core", "app", "wire", "log"), ("boost/",), True),
    "client": (("core", "wire", "audit", "log"), ("boost/", "CLI/", "toml++/"), True),
    "sdk": (("core", "wire"), ("boost/",), True),
    "daemon": (("core", "ports", "log", "audit", "wire", "store", "app", "config", "plugin_host", "http"),
               ("boost/", "systemd/", "CLI/", "openssl/rand.h"), True),
}
# What each plugin talks to its own outside with, beside the sdk's.
PLUGIN_LIBRARIES = {
    "directory-ldap": ("ldap.h", "lber.h", "sasl/", "openssl/"),
    "directory-embedded": ("toml++/",),
    "ticket-embedded": ("toml++/",),
    "notify-smtp": ("curl/",),
    "notify-inbox": (),
}


def room_of(path):
    parts = path.split("/")
    if parts[0] == "daemon":
        return parts[1] if len(parts) > 2 else "daemon"
    if parts[0] == "client":
        return "client"
    if parts[0] == "plugins" and len(parts) > 2:
        return "sdk" if parts[1] == "sdk" else f"plugin {parts[1]}"
    return None


def allowed_to(room):
    if room.startswith("plugin "):
        return ("sdk", "wire", "core"), ("boost/",) + PLUGIN_LIBRARIES.get(room.removeprefix("plugin "), ()), True
    return ROOMS.get(room)


def target_of(tree, path, name):
    """The file an include in quotes names: beside the file, in a room of the broker, or from the top."""
    known = set(tree.files)
    for folder in (os.path.dirname(path), "daemon", "", "client", "plugins"):
        candidate = os.path.normpath(os.path.join(folder, name))
        if candidate in known:
            return candidate
    return None


def includes(tree, path):
    for number, line in enumerate(tree.lines(path), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1) == "<", found.group(2)


def is_library(name):
    return "/" in name and not name.startswith(("sys/", "net/", "netinet/", "arpa/", "linux/", "asm/")) or \
        name in ("sqlite3.h", "ldap.h", "lber.h")


def judged(tree, path, room):
    rooms, libraries, may_see_system = allowed_to(room)
    for number, is_angled, name in includes(tree, path):
        if not is_angled and name.endswith(".inc"):
            continue  # made by the build
        if not is_angled:
            target = target_of(tree, path, name)
            seen = room_of(target) if target else None
            if target is None:
                yield Finding(path, number, f'"{name}" is not a file of this repository')
            elif seen is None:
                yield Finding(path, number, f"{room} may not see {target}: it is no room of the product")
            elif seen != room and seen not in rooms:
                yield Finding(path, number, f"{room} may not see {seen} (it may see: {', '.join(rooms) or 'nobody'})")
        elif STANDARD.match(name):
            continue
        elif is_library(name):
            if not name.startswith(libraries):
                yield Finding(path, number, f"{room} may not use <{name}>: the library, or this part of it, is not on its list")
        elif not may_see_system:
            yield Finding(path, number, f"{room} may not use <{name}>: it does not talk to the operating system")


@check("rooms see only the rooms and libraries the design allows")
def arrows(tree):
    for path in tree.ending(".hpp", ".cpp"):
        room = room_of(path)
        if room is None:
            continue
        if allowed_to(room) is None:
            yield Finding(path, 0, f"{room} is a room without a row in tests/lint/arrows.py")
        else:
            yield from judged(tree, path, room)
