"""A real OpenLDAP server for one integration test: own folder, own authority, free ports, stopped by its pid.

It also plays the administrator who changes things behind the broker's back (over ldapi, as the root DN).
Its data and configuration are the files of tests/contract/slapd/, shared with the C++ twin (slapd.cpp).
Needs python3-ldap: run with /usr/bin/python3.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

import ldap
import ldap.modlist

SOURCE = Path(__file__).resolve().parent.parent / "contract" / "slapd"
ADMIN_DN, ADMIN_PASSWORD = "cn=admin,dc=example,dc=test", "admin-password"
BROKER_PASSWORD = "broker-password"
START_LIMIT_S = 20


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _program(name):
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if not found:
        raise RuntimeError(f"{name} is not installed (apt-get install slapd)")
    return found


class Slapd:
    """Use as a context manager, or call close(). `certificate`: server, elsewhere (another host's name) or
    stranger (another authority). `folder` may be given to keep the files of several servers together;
    `pki` may be another Slapd's, so that both are trusted through the same ca_file."""

    def __init__(self, certificate="server", has_refint=False, has_memberof=False, is_durable=False, more_ldif="", pki=None):
        self.folder = Path(tempfile.mkdtemp(prefix="stint-slapd-"))
        self.process = None
        self._admin = None
        self.port = self.tls_port = 0
        self.has_tls = True
        try:
            self._owns_pki = pki is None
            self.pki = Path(tempfile.mkdtemp(prefix="stint-pki-")) if pki is None else Path(pki.pki)
            if self._owns_pki:
                subprocess.run(["/bin/sh", str(SOURCE / "pki.sh"), str(self.pki)], check=True)
            self._load(certificate, has_refint, has_memberof, is_durable, more_ldif)
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _load(self, certificate, has_refint, has_memberof, is_durable, more_ldif):
        (self.folder / "db").mkdir()
        overlays = "overlay memberof\n" if has_memberof else ""
        if has_refint:
            overlays += 'overlay refint\nrefint_attributes member uniqueMember\nrefint_nothing "cn=nobody,dc=example,dc=test"\n'
        words = {"FOLDER": self.folder, "PKI": self.pki, "CERTIFICATE": certificate, "UID": os.geteuid(), "GID": os.getegid(),
                 "ADMIN_PASSWORD": ADMIN_PASSWORD, "BROKER_PASSWORD": BROKER_PASSWORD,
                 "SYNC": "" if is_durable else "dbnosync", "OVERLAYS": overlays}

        def filled_in(name):
            text = (SOURCE / name).read_text(encoding="utf-8")
            for word, value in words.items():
                text = text.replace(f"@{word}@", str(value))
            return text

        def write(name, text):
            descriptor = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                out.write(text)

        write("slapd.conf", filled_in("slapd.conf.in"))
        write("data.ldif", filled_in("base.ldif") + "\n" + more_ldif)
        write("broker-password", BROKER_PASSWORD + "\n")
        subprocess.run([_program("slapadd"), "-q", "-f", str(self.folder / "slapd.conf"), "-l", str(self.folder / "data.ldif")],
                       check=True, capture_output=True)

    # --- its life ---------------------------------------------------------------------------------------------

    def start(self):
        """On the same ports and data as before; returns when it answers."""
        may_choose_ports = self.port == 0
        limit = time.monotonic() + START_LIMIT_S
        while time.monotonic() < limit:
            if may_choose_ports:
                self.port, self.tls_port = _free_port(), _free_port()
            if self.port != self.tls_port and self._launch(limit):
                return
        raise RuntimeError("slapd does not start: " + (self.folder / "log").read_text())

    def _launch(self, limit):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [_program("slapd"), "-h", f"{self.starttls_url}/ {self.ldapi_url}" + (f" {self.ldaps_url}/" if self.has_tls else ""),
                 "-f", str(self.folder / "slapd.conf"), "-d", "0"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                self.process = None
                return False  # a port was taken: try others
            try:
                self._drop_admin()
                self.admin  # noqa: B018
                return True
            except ldap.LDAPError:
                time.sleep(0.005)
        raise RuntimeError("slapd does not answer: " + (self.folder / "log").read_text())

    def stop(self):
        self._end(signal.SIGTERM)

    def kill(self):
        self._end(signal.SIGKILL)

    def set_tls(self, has_tls):
        """Takes what it is told of TLS out of its configuration or puts it back; it must not run."""
        file = self.folder / "slapd.conf"
        lines = file.read_text(encoding="utf-8").replace("\n#TLS", "\nTLS").splitlines(keepends=True)
        file.write_text("".join("#" + line if line.startswith("TLS") and not has_tls else line for line in lines), encoding="utf-8")
        self.has_tls = has_tls

    def _end(self, how):
        if self.process is None:
            return
        self.resume()
        self._drop_admin()
        self.process.send_signal(how)
        self.process.wait()
        self.process = None

    def pause(self):
        """Connections stay open, nothing answers."""
        self.process.send_signal(signal.SIGSTOP)
        state = Path(f"/proc/{self.process.pid}/stat")
        limit = time.monotonic() + START_LIMIT_S
        while state.read_text().rpartition(") ")[2][0] != "T":
            if time.monotonic() > limit:
                raise RuntimeError("slapd did not stop")
            time.sleep(0.001)

    def resume(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        if getattr(self, "_owns_pki", False):
            shutil.rmtree(self.pki, ignore_errors=True)

    # --- where it is ------------------------------------------------------------------------------------------

    @property
    def ldaps_url(self):
        return f"ldaps://127.0.0.1:{self.tls_port}"

    @property
    def starttls_url(self):
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def ldapi_url(self):
        """SASL EXTERNAL there is the broker's account."""
        return "ldapi://" + urllib.parse.quote(str(self.folder / "ldapi"), safe="")

    @property
    def ca_file(self):
        return str(self.pki / "ca.pem")

    @property
    def stranger_ca_file(self):
        return str(self.pki / "stranger-ca.pem")

    @property
    def client_certificate_file(self):
        return str(self.pki / "client.pem")

    @property
    def client_key_file(self):
        return str(self.pki / "client.key")

    @property
    def password_file(self):
        return str(self.folder / "broker-password")

    bind_dn = "cn=stint,ou=services,dc=example,dc=test"

    @staticmethod
    def person_dn(login):
        return f"uid={login},ou=people,dc=example,dc=test"

    @staticmethod
    def group_dn(name):
        return f"cn={name},ou=groups,dc=example,dc=test"

    # --- the administrator ------------------------------------------------------------------------------------

    @property
    def admin(self):
        """A python-ldap connection as the root DN."""
        if self._admin is None:
            connection = ldap.initialize(self.ldapi_url)
            connection.set_option(ldap.OPT_TIMEOUT, 10)
            connection.simple_bind_s(ADMIN_DN, ADMIN_PASSWORD)
            self._admin = connection
        return self._admin

    def _drop_admin(self):
        if self._admin is not None:
            try:
                self._admin.unbind_s()
            except ldap.LDAPError:
                pass
            self._admin = None

    def add_value(self, dn, attribute, value):
        self.admin.modify_s(dn, [(ldap.MOD_ADD, attribute, [value.encode()])])

    def remove_value(self, dn, attribute, value):
        self.admin.modify_s(dn, [(ldap.MOD_DELETE, attribute, [value.encode()])])

    def replace_value(self, dn, attribute, value):
        self.admin.modify_s(dn, [(ldap.MOD_REPLACE, attribute, [value.encode()])])

    def add_entry(self, dn, attributes):
        """`attributes`: {name: [values]}, all text."""
        self.admin.add_s(dn, ldap.modlist.addModlist({k: [v.encode() for v in vs] for k, vs in attributes.items()}))

    def remove_entry(self, dn):
        self.admin.delete_s(dn)

    def rename_entry(self, dn, new_rdn, new_parent=None):
        self.admin.rename_s(dn, new_rdn, new_parent, 1)

    def add_person(self, dn, login, name, number=30000):
        self.add_entry(dn, {"objectClass": ["inetOrgPerson", "posixAccount"], "uid": [login], "cn": [name], "sn": [name],
                            "uidNumber": [str(number)], "gidNumber": ["10000"], "homeDirectory": ["/nonexistent"]})

    def add_member(self, group, login):
        """By short names; for groups of DNs (groupOfNames)."""
        self.add_value(self.group_dn(group), "member", self.person_dn(login))

    def remove_member(self, group, login):
        self.remove_value(self.group_dn(group), "member", self.person_dn(login))

    def values(self, dn, attribute):
        try:
            found = self.admin.search_s(dn, ldap.SCOPE_BASE, "(objectClass=*)", [attribute])
        except ldap.NO_SUCH_OBJECT:
            return []
        return [v.decode() for vs in found[0][1].values() for v in vs]

    def members(self, group):
        return self.values(self.group_dn(group), "member")

    def entry_uuid(self, dn):
        found = self.values(dn, "entryUUID")
        return found[0] if found else ""
