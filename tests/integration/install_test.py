"""What `cmake --install` lays out, and that what the README tells to do with it works on an empty host: in a mount namespace
of its own, with users and folders made by the shipped files."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from broker import BIN

TOP = Path(__file__).resolve().parents[2]
BROKER_UID = 990
# The host: an /etc with nothing in it but what was installed and what systemd-sysusers and -tmpfiles make of it.
LAY_OUT = f"""set -e
mount -t tmpfs -o mode=0755 none /etc
echo 'root:x:0:0::/:/bin/sh
stint:x:{BROKER_UID}:{BROKER_UID}::/:/bin/false' >/etc/passwd
echo 'root:x:0:
stint:x:{BROKER_UID}:' >/etc/group
cp -R "$ROOT/etc/stint" /etc/
systemd-tmpfiles --create "$ROOT/usr/lib/tmpfiles.d/stint.conf"
"""


@pytest.fixture(name="root", scope="module")
def _root(_as_root):
    with tempfile.TemporaryDirectory(prefix="stint-root-") as folder:
        os.chmod(folder, 0o755)
        os.umask(0o022)
        install(folder)
        yield Path(folder)


def install(folder):
    done = subprocess.run(["cmake", "--install", str(BIN.parent), "--prefix", "/usr"], capture_output=True, text=True, check=False,
                          env={**os.environ, "DESTDIR": str(folder)})
    assert done.returncode == 0, done.stdout + done.stderr


def on_host(root, script):
    done = subprocess.run(["unshare", "--mount", "/bin/sh", "-c", LAY_OUT + script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, check=False, cwd="/", env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ROOT": str(root)})
    return done.returncode, done.stdout


def test_everything_is_there(root):
    for name in ("sbin/stintd", "bin/stint", "lib/systemd/system/stintd.service", "lib/sysusers.d/stint.conf", "lib/tmpfiles.d/stint.conf",
                 "share/man/man1/stint.1", "share/man/man8/stintd.8", "share/doc/stint/openldap-acl.ldif", "share/doc/stint/README.md",
                 *(f"lib/stint/plugins/{one}" for one in ("directory-ldap", "directory-embedded", "ticket-embedded", "notify-inbox", "notify-smtp"))):
        file = root / "usr" / name
        assert file.is_file(), name
        assert os.access(file, os.X_OK) == (name.startswith(("sbin", "bin", "lib/stint"))), name
    for program in ("usr/sbin/stintd", "usr/bin/stint"):
        assert subprocess.run([root / program, "--version"], capture_output=True, text=True, check=True).stdout.startswith("stint")


def test_what_the_unit_names_is_there(root):
    unit = (root / "usr/lib/systemd/system/stintd.service").read_text(encoding="utf-8")
    programs = set(re.findall(r"^Exec\w+=(\S+)", unit, flags=re.M)) - {"/bin/kill"}
    assert programs == {"/usr/sbin/stintd"} and "\nRuntimeDirectoryPreserve=yes\n" in unit


@pytest.mark.parametrize("user", ["", f"setpriv --reuid={BROKER_UID} --regid={BROKER_UID} --clear-groups "], ids=["root", "the-broker"])
def test_the_shipped_configuration_with_the_example_policy_passes_the_check(root, user):
    status, text = on_host(root, f'cp /etc/stint/policy.d/ehr.toml.example /etc/stint/policy.d/ehr.toml\n{user}"$ROOT/usr/sbin/stintd" check --offline')
    assert status == 0 and "nothing wrong; 1 entitlements" in text and "warning" not in text, text


def test_nothing_is_lent_as_it_is_installed(root):
    status, text = on_host(root, '"$ROOT/usr/sbin/stintd" check --offline')
    assert status == 0 and "the policy has no entitlement" in text, text


def test_a_configuration_that_is_there_is_left_alone(root):
    with tempfile.TemporaryDirectory(prefix="stint-root-") as folder:
        mine = Path(folder) / "etc" / "stint" / "stintd.toml"
        mine.parent.mkdir(parents=True)
        mine.write_text("# mine\n", encoding="utf-8")
        install(folder)
        assert mine.read_text(encoding="utf-8") == "# mine\n"
        shutil.rmtree(mine.parent)
        install(folder)
        assert "[directory]" in mine.read_text(encoding="utf-8")


def test_what_the_configuration_and_the_manual_name_is_there():
    for file in ("config/stintd.toml", "config/policy.d/ehr.toml.example", "README.md"):
        text = (TOP / file).read_text(encoding="utf-8")
        for page, section in re.findall(r"\b(stint[a-z-]*)\((\d)\)", text):
            assert (TOP / "docs" / "man" / f"{page}.{section}").is_file(), f"{file} names {page}({section})"
        assert not re.search(r"`stintd (backup|restore|doctor)", text), f"{file} sends people to a verb that is not there yet"


def test_every_setting_of_the_mail_plugin_is_explained_where_it_stands():
    source = (TOP / "plugins" / "notify-smtp" / "settings.cpp").read_text(encoding="utf-8")
    keys = re.findall(r'"(\w+)"', re.search(r"refuse_unknown_keys\(settings, \{(.*?)\}", source, flags=re.S)[1])
    text = (TOP / "config" / "stintd.toml").read_text(encoding="utf-8")
    mail = text[text.index('#plugin = "notify-smtp"'):text.index("[roles]")]
    assert len(keys) >= 10
    for key in keys:
        assert re.search(rf"^#.*\b{key} = ", mail, flags=re.M), key
