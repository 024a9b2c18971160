"""Hostile words in mail: what stands in the directory or was typed adds no header, recipient or line of its own, and can be read."""

import re

import pytest
from broker import POLICY, group, wait_for
from mail_server import MailServer
from mail_test import channel

HEADERS = sorted(("from", "to", "subject", "message-id", "in-reply-to", "references", "auto-submitted", "x-stint-kind", "content-type",
                  "mime-version", "date"))
NAMES = {
    "header": "Ada\r\nBcc: gus@example.test\r\nX-Evil: 1",
    "bare-line-feed": "Ada\nBcc: gus@example.test",
    "bare-carriage-return": "Ada\rBcc: gus@example.test",
    "body": "Ada\r\n\r\nClick https://evil.test\r\n.\r\nMAIL FROM:<x@evil.test>",
    "another-mailbox": 'Ada" <gus@example.test>, "Osei',
    "backslash": "Ada Osei\\",
    "encoded-word": "=?UTF-8?B?QWRhDQpCY2M6IGd1c0BleGFtcGxlLnRlc3Q=?=",
    "backwards": "Ada \u202egro.elpmaxe@sug\u202c \u2066Osei\u2069",
    "line-separator": "Ada\u2028Bcc: gus@example.test\u2029\u0085Osei",
    "dots": ".\r\n.\r\nQUIT",
    "markup": "</title><script>alert(1)</script><a href='https://evil.test'>Ada",
    "very-long": "Ada " + "Osei " * 200,
    "very-long-and-not-ascii": "\u00c1d\u00e1 " + "\u5c71\u7530\u592a\u90ce " * 70,
}


@pytest.fixture(name="named")
def _named(slapd):
    """Gives people a name in the directory, and takes it away again."""
    before = {}

    def name(login, **values):
        for attribute, value in values.items():
            before.setdefault((login, attribute), slapd.values(slapd.person_dn(login), attribute)[0])
            slapd.replace_value(slapd.person_dn(login), attribute, value)

    yield name
    for (login, attribute), value in before.items():
        slapd.replace_value(slapd.person_dn(login), attribute, value)


def mailing(make, server, slapd, **how):
    broker = make(notify=[], **how)
    broker.notify = [channel(server, slapd, broker.folder)]
    broker.write_config()
    return broker.start()


def parts(mail):
    """The text and the markup, each as lines without their ends."""
    text, markup = (part.get_content().splitlines() for part in mail.iter_parts())
    return text, markup


def must_be_whole(server):
    """Every mail is made of our own headers, once each, in lines that every server takes, for one reader at their address."""
    for original, (people, mail) in zip(list(server.originals), list(server.mails)):
        assert sorted(key.lower() for key in mail.keys()) == HEADERS, original
        assert all(len(line) <= 998 for line in original.split(b"\r\n")), original
        assert b"\r" not in original.replace(b"\r\n", b"") and b"\n" not in original.replace(b"\r\n", b""), original
        assert all(0x20 <= byte < 0x7F or byte in b"\r\n" for byte in original), original
        assert [mailbox.addr_spec for mailbox in mail["To"].addresses] == people, original
        assert len(people) == 1 and not mail["To"].defects and not mail["Subject"].defects, original
        assert str(mail["Subject"]).isprintable() and mail["To"].addresses[0].display_name.isprintable(), original
        for part in parts(mail):
            assert all(line.isprintable() for line in part), original


def shape(server):
    """How many lines each part of the mail to the approver has."""
    mail = next(mail for people, mail in server.mails if people == ["cleo@example.test"])
    return [len(part) for part in parts(mail)]




def wanted(make, slapd, server):
    """An ask by ada, told to cleo and dan: the mail to cleo."""
    broker = mailing(make, server, slapd)
    number = broker.request("ada", "ehr-look")
    wait_for("both are told", lambda: server.subjects("cleo") and server.subjects("dan"))
    wait_for("nothing is owed", lambda: broker.owed() == 0)
    must_be_whole(server)
    assert len(server.mails) == 2
    return number, next(mail for people, mail in server.mails if people == ["cleo@example.test"])


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_name_adds_no_header_recipient_or_line(make, slapd, named, name):
    with MailServer(slapd.pki) as server:
        wanted(make, slapd, server)
        plain = shape(server)
    named("ada", cn=name)
    named("cleo", cn=name)
    with MailServer(slapd.pki) as server:
        number, mail = wanted(make, slapd, server)
        assert shape(server) == plain
        shown = re.sub(r"[\u202c\u202e\u2066\u2069\u2028\u2029\u0085\r\n]", "?", name)
        assert str(mail["Subject"]).startswith("Approval wanted: ehr-look for " + shown[:20])
        assert len(name) > 200 or str(mail["Subject"]).endswith(f"{shown[-4:]} (request {number})")
        text, markup = parts(mail)
        assert text[0] == shown + " asks for ehr-look. Your decision is wanted."
        assert not any("evil" in line or "Bcc" in line for line in text[1:])
        assert not re.search(r"<(script|a)\b", "\n".join(markup))


@pytest.mark.parametrize("name", ["\u00c1d\u00e1 \u00d6sei", "\u5c71\u7530 \u592a\u90ce", "\u0639\u0628\u062f \u0627\u0644\u0644\u0647", "Zo\u00eb \U0001f600 O'Neil-\u00d8"])
def test_a_name_that_is_not_ascii_arrives_readable(make, slapd, named, name):
    named("ada", cn=name)
    named("cleo", cn=name)
    with MailServer(slapd.pki) as server:
        number, mail = wanted(make, slapd, server)
        assert mail["Subject"] == f"Approval wanted: ehr-look for {name} (request {number})"
        assert mail["To"].addresses[0].display_name == name
        text, markup = parts(mail)
        assert text[0].startswith(name + " asks for") and name.replace("'", "&#39;") in "\n".join(markup)


@pytest.mark.parametrize("address", ["cleo@example.test\r\nRCPT TO:<gus@example.test>", "cleo@example.test>\r\nRCPT TO:<gus@example.test",
                                     "cleo@example.test,gus@example.test", "cleo@example.test> SIZE=1", "cleo", "<gus@example.test>",
                                     '"cleo gus"@example.test'], ids=["line", "bracket", "list", "parameter", "no-host", "brackets", "quoted"])
def test_an_address_that_is_none_gets_nothing_and_sends_nothing_elsewhere(make, slapd, named, address):
    named("cleo", mail=address)
    with MailServer(slapd.pki) as server:
        broker = mailing(make, server, slapd)
        broker.request("ada", "ehr-look")
        wait_for("the other approver is told", lambda: server.subjects("dan"))
        wait_for("nothing is owed", lambda: broker.owed() == 0)
        assert [people for people, _ in server.mails] == [["dan@example.test"]]
        must_be_whole(server)
        wait_for("the log names who has none", lambda: "no mail address that can be used: cleo" in broker.log)


def test_what_was_typed_or_stands_in_the_ticket_is_not_mailed(make, slapd):
    typed = 'secret =?UTF-8?Q?words?= "x" <gus@example.test> \u00fcber Bcc: gus@example.test'
    with MailServer(slapd.pki) as server:
        broker = mailing(make, server, slapd, policy=POLICY)
        broker.set_ticket("INC0001", subject=typed, affected=typed, category=typed)
        filed = broker.stint("ada", "request", "ehr-password-reset", "-t", "INC0001", "-r", typed, "--impact", typed, "--action", typed, "--affected",
                             typed, "--no-wait", "--json")
        number = filed.must_be(8).json["id"]
        wait_for("they are asked", lambda: server.subjects("cleo") and server.subjects("dan"))
        broker.stint("cleo", "approve", str(number), "-r", typed).must_be()
        broker.wait_for_state("ada", number, "ready")
        broker.stint("gus", "revoke", str(number), "-r", typed).must_be()
        wait_for("the end is told", lambda: any(one.startswith("Ended") for one in server.subjects("ada")))
        other = broker.request("ada", "ehr-look")
        broker.stint("dan", "deny", str(other), "-r", typed).must_be()
        wait_for("the no is told", lambda: any(one.startswith("Denied") for one in server.subjects("ada")))
        wait_for("nothing is owed", lambda: broker.owed() == 0)
        must_be_whole(server)
        for _, mail in server.mails:
            said = str(mail["Subject"]) + "\n" + "\n".join(sum(parts(mail), []))
            assert "secret" not in said and "gus@" not in said and "Bcc" not in said, said


def test_a_login_of_hostile_words_in_a_finding(make, slapd):
    """A standing member who asks: of that there is a mail in which a login stands."""
    login, dn, uid = "mal\u202e<b>=?UTF-8?Q?=0ABcc?=", "cn=mal,ou=people,dc=example,dc=test", 10013
    slapd.add_person(dn, login, "Mal", uid)
    for name in ("helpdesk", "ehr-reset"):
        slapd.add_value(group(name), "member", dn)
    try:
        with MailServer(slapd.pki) as server:
            broker = mailing(make, server, slapd)
            with open(broker.folder / "passwd", "a", encoding="utf-8") as passwd:
                passwd.write(f"{login}:x:{uid}:10000::/nonexistent:/bin/false\n")
            broker.stint(uid, "request", "ehr-look", "-r", "to test").must_be_refused("already_standing_member")
            wait_for("security is told", lambda: server.subjects("gus"))
            wait_for("nothing is owed", lambda: broker.owed() == 0)
            must_be_whole(server)
            text, markup = parts(server.mails[0][1])
            assert "Who: " + login.replace("\u202e", "?") in text and f"Group: {group('ehr-reset')}" in text, text
            assert not any(line.startswith("Bcc") for line in text) and "<b>" not in "".join(markup)
            assert len(server.mails) == 1
    finally:
        for name in ("helpdesk", "ehr-reset"):
            slapd.remove_value(group(name), "member", dn)
        slapd.remove_entry(dn)
