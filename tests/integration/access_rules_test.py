"""config/openldap-acl.ldif, applied as its text says to a slapd with cn=config and no overlay: the broker's account may write
`member` of the lent group and do nothing else, and for everybody else nothing has changed."""

import os
import re
import subprocess
import time
from pathlib import Path

import ldap
import pytest
from broker import Broker, entitlement
from conftest import PLACEHOLDER
from slapd import ADMIN_DN, ADMIN_PASSWORD, BROKER_PASSWORD, SOURCE, START_LIMIT_S, Slapd

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "openldap-acl.ldif"
# Debian's own rules for a new database, and none at all.
DEBIAN = """olcAccess: {0}to attrs=userPassword by self write by anonymous auth by * none
olcAccess: {1}to attrs=shadowLastChange by self write by * read
olcAccess: {2}to * by * read
"""
CONFIG = """dn: cn=config
objectClass: olcGlobal
cn: config
olcPidFile: @FOLDER@/slapd.pid
olcTLSCACertificateFile: @PKI@/ca.pem
olcTLSCertificateFile: @PKI@/server.pem
olcTLSCertificateKeyFile: @PKI@/server.key

dn: cn=module,cn=config
objectClass: olcModuleList
cn: module
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb@MODULES@

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file:///etc/ldap/schema/core.ldif
include: file:///etc/ldap/schema/cosine.ldif
include: file:///etc/ldap/schema/nis.ldif
include: file:///etc/ldap/schema/inetorgperson.ldif

dn: olcDatabase={0}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {0}config
olcAccess: {0}to * by dn.exact=gidNumber=@GID@+uidNumber=@UID@,cn=peercred,cn=external,cn=auth manage by * break

dn: olcDatabase={1}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {1}mdb
olcSuffix: dc=example,dc=test
olcRootDN: cn=admin,dc=example,dc=test
olcRootPW: @ADMIN_PASSWORD@
olcDbDirectory: @FOLDER@/db
"""


class ConfigSlapd(Slapd):
    """The same people and groups, configured in cn=config as Debian does it; `rules` stand there before ours."""

    def __init__(self, rules, modules=(), pki=None):
        self.rules, self.modules = rules, modules
        super().__init__(pki=pki)

    def _load(self, *_):
        for name in ("db", "slapd.d"):
            (self.folder / name).mkdir()
        words = {"FOLDER": self.folder, "PKI": self.pki, "UID": os.geteuid(), "GID": os.getegid(), "ADMIN_PASSWORD": ADMIN_PASSWORD,
                 "BROKER_PASSWORD": BROKER_PASSWORD, "MODULES": "".join(f"\nolcModuleLoad: {one}" for one in self.modules)}
        for number, name, text in ((0, "config.ldif", CONFIG + self.rules), (1, "data.ldif", (SOURCE / "base.ldif").read_text(encoding="utf-8"))):
            for word, value in words.items():
                text = text.replace(f"@{word}@", str(value))
            if not self.modules:
                text = re.sub(r"^pwdAccountLockedTime:.*\n", "", text, flags=re.M)
            (self.folder / name).write_text(text, encoding="utf-8")
            done = subprocess.run(["/usr/sbin/slapadd", "-q", "-n", str(number), "-F", str(self.folder / "slapd.d"), "-l", str(self.folder / name)],
                                  capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        descriptor = os.open(self.folder / "broker-password", os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, BROKER_PASSWORD.encode() + b"\n")
        os.close(descriptor)

    def _launch(self, limit):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/slapd", "-h", f"{self.starttls_url}/ {self.ldaps_url}/ {self.ldapi_url}", "-F", str(self.folder / "slapd.d"),
                 "-d", "0"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                self.process = None
                return False
            try:
                self._drop_admin()
                self.admin  # noqa: B018
                return True
            except ldap.LDAPError:
                time.sleep(0.005)
        raise RuntimeError(f"slapd does not answer in {START_LIMIT_S} s")

    def apply(self, text):
        file = self.folder / "apply.ldif"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run(["ldapmodify", "-Q", "-Y", "EXTERNAL", "-H", self.ldapi_url, "-f", str(file)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def as_person(self, dn, password):
        connection = ldap.initialize(self.ldapi_url)
        connection.simple_bind_s(dn, password)
        return connection


def shipped(taking_in=()):
    """For this suffix; of the records that are commented out those whose rule holds one of these words are taken in."""
    text = SHIPPED.read_text(encoding="utf-8").replace("dc=example,dc=org", "dc=example,dc=test")
    records = re.findall(r"(?:^#(?:dn|changetype|add|olcAccess|  by).*\n)+", text, flags=re.M)
    assert len(records) == 2, "two records are commented out"
    for record in records:
        if any(word in record for word in taking_in):
            text = text.replace(record, re.sub("^#", "", record, flags=re.M))
    return text


@pytest.fixture(name="server", scope="module", params=["debian", "no-rules"])
def _server(request, _as_root):
    has_rules = request.param == "debian"
    with ConfigSlapd(DEBIAN if has_rules else "") as server:
        server.apply(shipped() if has_rules else shipped(["to * by * read"]))
        yield server


@pytest.fixture(name="account")
def _account(server):
    return server.as_person(server.bind_dn, BROKER_PASSWORD)


def test_the_account_writes_members_of_the_lent_group(server, account):
    ada = server.person_dn("ada").encode()
    account.modify_s(server.group_dn("ehr-reset"), [(ldap.MOD_ADD, "member", [ada])])
    assert server.members("ehr-reset") == [PLACEHOLDER, ada.decode()]
    account.modify_s(server.group_dn("ehr-reset"), [(ldap.MOD_DELETE, "member", [ada])])
    assert server.members("ehr-reset") == [PLACEHOLDER]


@pytest.mark.parametrize("what", ["another group", "another attribute of it", "its own password", "a person's mail", "a person's password",
                                  "the rules"])
def test_the_account_writes_nothing_else(server, account, what):
    target, attribute, value = {
        "another group": (server.group_dn("helpdesk"), "member", server.person_dn("ada")),
        "another attribute of it": (server.group_dn("ehr-reset"), "description", "mine"),
        "its own password": (server.bind_dn, "userPassword", "mine"),
        "a person's mail": (server.person_dn("ada"), "mail", "mine@example.test"),
        "a person's password": (server.person_dn("ada"), "userPassword", "mine"),
        "the rules": ("olcDatabase={1}mdb,cn=config", "olcAccess", "{0}to * by * write")}[what]
    how = ldap.MOD_ADD if attribute in ("member", "description", "olcAccess") else ldap.MOD_REPLACE
    with pytest.raises((ldap.INSUFFICIENT_ACCESS, ldap.NO_SUCH_OBJECT) if what == "the rules" else ldap.INSUFFICIENT_ACCESS):
        account.modify_s(target, [(how, attribute, [value.encode()])])


def test_the_account_makes_and_deletes_nothing(server, account):
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        account.delete_s(server.group_dn("ehr-reset"))
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        account.add_s("cn=mine,ou=groups,dc=example,dc=test", [("objectClass", [b"groupOfNames"]), ("member", [PLACEHOLDER.encode()])])


def test_the_account_reads_no_password(server, account):
    found = account.search_s("ou=people,dc=example,dc=test", ldap.SCOPE_SUBTREE, "(uid=ada)", ["*", "+"])
    assert len(found) == 1 and "userPassword" not in found[0][1] and "uidNumber" not in found[0][1] and "mail" in found[0][1]


def test_everybody_else_binds_and_reads_as_before(server):
    ada = server.as_person(server.person_dn("ada"), "ada-password")
    assert ada.search_s(server.person_dn("ben"), ldap.SCOPE_BASE, "(objectClass=*)", ["mail"])[0][1] == {"mail": [b"ben@example.test"]}
    assert ada.search_s(server.bind_dn, ldap.SCOPE_BASE, "(objectClass=*)", ["cn"])[0][1] == {"cn": [b"stint"]}
    anybody = ldap.initialize(server.ldapi_url)
    assert len(anybody.search_s(server.group_dn("ehr-reset"), ldap.SCOPE_BASE, "(objectClass=*)", ["member"])) == 1
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        ada.modify_s(server.group_dn("ehr-reset"), [(ldap.MOD_ADD, "member", [server.person_dn("ada").encode()])])


def test_the_broker_finds_nothing_missing(server):
    """It starts, and reads all that its policy names."""
    policy = entitlement("ehr-look")
    with Broker(server, policy=policy, settings={"managed_groups": [server.group_dn("ehr-reset")]}) as broker:
        status, text = broker.check()
        assert status == 0, text


def test_the_rule_for_locked_people_needs_the_overlay_and_then_can_be_applied(_as_root):
    with ConfigSlapd(DEBIAN, modules=("ppolicy",)) as server:
        server.apply(shipped(["pwdAccountLockedTime"]))
        server.add_value(server.person_dn("ivy"), "pwdAccountLockedTime", "000001010000Z")
        account = server.as_person(server.bind_dn, BROKER_PASSWORD)
        locked = account.search_s("ou=people,dc=example,dc=test", ldap.SCOPE_SUBTREE, "(pwdAccountLockedTime=000001010000Z)", ["uid"])
        assert server.person_dn("ivy") in [dn for dn, _ in locked]
