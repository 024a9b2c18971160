"""What humans do to the groups behind the broker's back: it is seen and told, never undone and never taken over."""

from broker import wait_for
from conftest import lent


def told_of(broker, kind, group):
    """Security's messages about a finding of this kind."""
    return [text for name, text in broker.notices() if "gus" in text and f": {kind}" in text and group in text]


def findings(broker):
    return [(one["kind"], one["group"]) for one in broker.json("gus", "list", "--findings")["findings"]]


def test_a_standing_member_is_refused_with_a_finding_and_never_removed(broker, slapd):
    slapd.add_member("ehr-reset", "ada")
    broker.stint("ada", "request", "ehr-look", "-r", "to test").must_be_refused("already_standing_member")
    assert findings(broker) == [("standing_member", slapd.group_dn("ehr-reset"))]
    wait_for("security is told", lambda: told_of(broker, "standing_member", slapd.group_dn("ehr-reset")))
    # Who was refused has never filed anything, and is a name all the same.
    assert broker.json("gus", "list", "--findings")["findings"][0]["person"]["login"] == "ada"
    number = broker.grant("ivy", "ehr-look", "-d", "2s")
    broker.wait_for_state("ivy", number, "closed")
    assert lent(slapd)["ehr-reset"] == [slapd.person_dn("ada")]
    assert broker.stop() == 0
    broker.start()
    assert lent(slapd)["ehr-reset"] == [slapd.person_dn("ada")]


def test_who_became_a_member_before_the_grant_opened_stays_one(broker, slapd):
    number = broker.request("ada", "ehr-look")
    slapd.add_member("ehr-reset", "ada")
    broker.stint("cleo", "approve", str(number)).must_be()
    seen = broker.wait_for_state("ada", number, "refused")
    assert seen["refusal"] == "already_standing_member"
    assert lent(slapd)["ehr-reset"] == [slapd.person_dn("ada")]


def test_what_a_human_took_away_is_not_given_again(broker, slapd):
    number = broker.grant("ada", "ehr-look")
    slapd.remove_member("ehr-reset", "ada")
    broker.kill()
    broker.start()  # everything that stands is compared at once, not minutes later
    closed = broker.wait_for_state("ada", number, "closed")
    assert closed["close_reason"] == "removed_outside"
    assert lent(slapd)["ehr-reset"] == []
    assert ("outside_remove", slapd.group_dn("ehr-reset")) in findings(broker)
    wait_for("security is told", lambda: told_of(broker, "outside_remove", slapd.group_dn("ehr-reset")))


def test_a_deleted_person_ends_the_grant(broker, slapd):
    dn = "uid=lea,ou=people,dc=example,dc=test"
    slapd.add_person(dn, "lea", "Lea Moss", 10012)
    slapd.add_value(slapd.group_dn("helpdesk"), "member", dn)
    try:
        with open(broker.folder / "passwd", "a", encoding="utf-8") as passwd:
            passwd.write("lea:x:10012:10000::/nonexistent:/bin/false\n")
        number = broker.grant(10012, "ehr-look")
        assert lent(slapd)["ehr-reset"] == [dn]
        slapd.remove_entry(dn)
        closed = broker.wait_for_state("fay", number, "closed")
        assert closed["close_reason"] == "person_disabled" and lent(slapd)["ehr-reset"] == []
    finally:
        slapd.remove_value(slapd.group_dn("helpdesk"), "member", dn)
