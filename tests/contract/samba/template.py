#!/usr/bin/python3
"""Makes the domain of the tests, once: a provisioned domain controller that is not running, with people and groups.

Called by the fixture (samba.cpp) with an empty folder, which it fills; each test starts a copy of it. Nothing is
written outside that folder. The domain knows no address: each start takes a free loopback one.
"""

import os
import subprocess
import sys
import time

from samba.auth import system_session
from samba.credentials import Credentials
from samba.dcerpc import security
from samba.dsdb import UF_ACCOUNTDISABLE, UF_DONT_EXPIRE_PASSWD, UF_NORMAL_ACCOUNT
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

BASE = "DC=corp,DC=test"
PEOPLE, GROUPS, SERVICES = (f"OU={name},{BASE}" for name in ("people", "groups", "services"))
# 1,200 of the crowd are people; the rest are cheaper to make, and members all the same.
BULK, CROWD = 1200, 5000
MANAGED = ("ehr-reset", "everyone", "crowd", "outer", "primary", "renamed")
MEMBER = "bf9679c0-0de6-11d0-a285-00aa003049e2"  # the schemaIDGUID of the attribute
# The addresses a test may take (samba.cpp): Kerberos knows a service by the name that the client used.
ADDRESSES = [f"127.0.71.{last}" for last in range(1, 255)]


def run(*words):
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})


def provision(folder):
    """A domain of its own; nothing of /etc/samba goes in."""
    empty = os.path.join(folder, "empty.conf")
    with open(empty, "w", encoding="ascii") as file:
        file.write("[global]\n")
    run("samba-tool", "domain", "provision", f"--configfile={empty}", f"--targetdir={folder}", "--realm=CORP.TEST", "--domain=CORP",
        "--server-role=dc", "--adminpass=Passw0rd!Admin", "--dns-backend=NONE", "--host-name=dc1", "--host-ip=127.0.0.1",
        "--option=interfaces=127.0.0.1/8", "--option=bind interfaces only=yes")


def open_database(folder):
    parameters = LoadParm()
    parameters.load(os.path.join(folder, "etc/smb.conf"))
    credentials = Credentials()
    credentials.guess(parameters)
    return SamDB(url=os.path.join(folder, "private/sam.ldb"), session_info=system_session(), credentials=credentials, lp=parameters)


def add_person(database, login, name, **more):
    database.add({"dn": f"CN={name},{PEOPLE}", "objectClass": "user", "sAMAccountName": login, "mail": f"{login}@corp.test",
                  "userAccountControl": str(UF_NORMAL_ACCOUNT), **more})


def add_group(database, name, members=()):
    entry = {"dn": f"CN={name},{GROUPS}", "objectClass": "group", "sAMAccountName": name}
    if members:
        entry["member"] = list(members)
    database.add(entry)


def filetime(seconds_from_now):
    """100 ns since 1601."""
    return str(int((time.time() + seconds_from_now + 11_644_473_600) * 10_000_000))


def populate(database):
    for unit in (PEOPLE, GROUPS, SERVICES):
        database.add({"dn": unit, "objectClass": "organizationalUnit"})
    database.set_minPwdLength("0")  # nobody but the broker has a password
    add_person(database, "ben", "Ben Mensah")
    add_person(database, "ada", "Ada Osei", manager=f"CN=Ben Mensah,{PEOPLE}")
    add_person(database, "cho", "Cho Lin", userAccountControl=str(UF_NORMAL_ACCOUNT | UF_ACCOUNTDISABLE))
    add_person(database, "dee", "Dee Stone", accountExpires=filetime(-3600))
    add_person(database, "eli", "Eli Frost", accountExpires=filetime(10 * 365 * 86400))
    add_person(database, "fay", "Fay Novak", accountExpires="0")
    crowd = []
    for number in range(CROWD):
        name = f"bulk{number:04}"
        crowd.append(f"CN={name},{PEOPLE}")
        if number < BULK:
            add_person(database, name, name)
        else:
            database.add({"dn": crowd[-1], "objectClass": "container"})
    add_group(database, "helpdesk", [f"CN=Ada Osei,{PEOPLE}", f"CN=Ben Mensah,{PEOPLE}"])
    add_group(database, "domain-admins")
    for name in MANAGED:
        add_group(database, name, crowd if name == "crowd" else ())
    database.newuser("stint", "Broker-Passw0rd", userou="OU=services")
    account = f"CN=stint,{SERVICES}"
    database.modify_ldif(f"dn: {account}\nchangetype: modify\nreplace: userAccountControl\n"
                         f"userAccountControl: {UF_NORMAL_ACCOUNT | UF_DONT_EXPIRE_PASSWD}\n")
    names = ["ldap/dc1.corp.test"] + [f"ldap/{address}" for address in ADDRESSES]
    database.modify_ldif(f"dn: CN=DC1,OU=Domain Controllers,{BASE}\nchangetype: modify\nadd: servicePrincipalName\n" +
                         "".join(f"servicePrincipalName: {name}\n" for name in names))
    return account


def delegate(database, account):
    """What docs ask an administrator to do: the account may write `member` of the managed groups, and nothing else."""
    sid = ndr_unpack(security.dom_sid, database.search(account, 0, attrs=["objectSid"])[0]["objectSid"][0])
    domain = security.dom_sid(database.get_domain_sid())
    for name in MANAGED:
        group = f"CN={name},{GROUPS}"
        descriptor = ndr_unpack(security.descriptor, database.search(group, 0, attrs=["nTSecurityDescriptor"])[0]["nTSecurityDescriptor"][0])
        sddl = descriptor.as_sddl(domain)
        at = sddl.index("(", sddl.index("D:"))
        changed = security.descriptor.from_sddl(f"{sddl[:at]}(OA;;WP;{MEMBER};;{sid}){sddl[at:]}", domain)
        database.modify_ldif(f"dn: {group}\nchangetype: modify\nreplace: nTSecurityDescriptor\n"
                             f"nTSecurityDescriptor: {changed.as_sddl(domain)}\n", controls=["sd_flags:1:4"])
        assert ndr_pack(changed)


def main():
    folder = sys.argv[1]
    provision(folder)
    database = open_database(folder)
    database.transaction_start()
    delegate(database, populate(database))
    database.transaction_commit()
    run("samba-tool", "domain", "exportkeytab", f"{folder}/stint.keytab", "--principal=stint", f"--configfile={folder}/etc/smb.conf")


main()
