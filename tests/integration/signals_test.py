"""SIGHUP takes a policy whole or not at all; SIGTERM ends in order; a second start, and a second broker."""

import contextlib
import shutil
import signal
import sqlite3

from broker import POLICY, entitlement, group
from conftest import lent


def names(broker):
    return {one["name"] for one in broker.json("ada", "entitlements")["entitlements"]}


def test_a_good_policy_is_taken_while_running(broker):
    assert "extra" not in names(broker)
    broker.set_policy(POLICY + entitlement("extra"))
    broker.reload("policy_in_force")
    assert "extra" in names(broker)
    assert [one["type"] for one in broker.events()].count("policy.loaded") == 2


def test_a_broken_policy_is_refused_as_a_whole_and_the_old_one_stays(broker):
    before = names(broker)
    for broken in (POLICY + entitlement("extra") + 'colour = "blue"\n',          # an unknown key
                   POLICY + "[[entitlement]\n",                                   # no TOML
                   POLICY + entitlement("extra", groups=[group("no-such-group")]),  # only the directory can tell
                   POLICY + entitlement("extra", approvals=[{"from": [group("privacy")], "count": 2}]),  # never satisfied
                   POLICY + entitlement("unix-fix", groups=[group("unix-admins")])):  # twice
        broker.set_policy(broken)
        said = broker.reload("policy_kept")
        assert "policy_error" in said, said
        assert names(broker) == before
    assert [one["type"] for one in broker.events()].count("policy.loaded") == 1
    number = broker.grant("ada", "ehr-look")
    assert broker.show("ada", number)["state"] == "ready"


def test_a_policy_that_no_longer_lends_it_does_not_open_what_was_approved(broker, slapd):
    number = broker.request("ada", "ehr-look", "--start", "+2s")
    broker.stint("cleo", "approve", str(number)).must_be()
    broker.set_policy(POLICY.replace('"ehr-look"', '"ehr-glance"'))
    broker.reload("policy_in_force")
    assert broker.wait_for_state("ada", number, "refused")["refusal"] == "policy_changed"
    assert lent(slapd)["ehr-reset"] == []


def test_a_term_ends_in_order_and_a_second_start_goes_on(broker, slapd):
    number = broker.grant("ada", "ehr-look")
    with broker.started("ada", "watch", str(number), "--json"):
        assert broker.stop() == 0
    assert "stopping" in broker.log and "invariant_broken" not in broker.log
    broker.start()
    assert broker.show("ada", number)["state"] == "ready"
    assert [one["type"] for one in broker.events() if one["type"].startswith("broker.")] == ["broker.started", "broker.stopped", "broker.started"]
    assert broker.stop() == 0
    assert lent(slapd)["ehr-reset"] == [slapd.person_dn("ada")]


def test_an_interrupt_ends_in_order_too(broker):
    broker.process.send_signal(signal.SIGINT)
    assert broker.wait_for_end() == 0


def test_a_second_broker_on_the_same_records_is_refused_and_the_first_goes_on(broker, make):
    second = make(state=broker.folder).launch()
    assert second.wait_for_end() == 1
    assert "only one broker may write it" in second.log and str(broker.database) in second.log, second.log
    assert broker.stint("ada", "whoami").status == 0
    second.is_replayed = False


def test_a_second_broker_on_the_same_socket_is_refused(broker, make):
    second = make()
    second.config["[listen]"]["socket"] = str(broker.socket)
    second.write_config()
    second.launch()
    assert second.wait_for_end() == 1
    assert str(broker.socket) in second.log, second.log
    assert broker.stint("ada", "whoami").status == 0


def test_after_an_orderly_end_a_copy_of_the_one_file_is_whole(broker, tmp_path):
    number = broker.grant("ada", "ehr-look")
    broker.stop()
    copy = tmp_path / "copy.db"
    shutil.copyfile(broker.database, copy)  # without its -wal
    with contextlib.closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT state FROM grants WHERE id = ?", (number,)).fetchone() == ("ready",)
        assert database.execute("SELECT count(*) FROM events WHERE type = 'broker.stopped'").fetchone() == (1,)
