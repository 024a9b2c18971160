"""What keeps the broker from starting and what must not: a broken channel never stops a removal; and what a start or a
reload could not be told yet is told later."""

import contextlib
import os
import socket

from broker import POLICY, entitlement, group, wait_for
from conftest import lent
from slapd import Slapd


def broken_mail(broker):
    """A channel whose secret is open to all: refused by its plugin."""
    secret = broker.folder / "mail-secret"
    secret.write_text("x\n", encoding="utf-8")
    secret.chmod(0o644)
    return [{"plugin": "notify-smtp", "settings": {"server": "smtp://localhost:587", "from": "stint@example.test", "username": "stint",
                                                   "password_file": str(secret)}}]


def break_mail(broker):
    broker.notify = broken_mail(broker)
    broker.write_config()


def test_a_due_grant_is_taken_back_though_a_channel_is_broken(make, slapd):
    broker = make().start()
    number = broker.grant("ada", "ehr-look", "-d", "2s")
    broker.kill()
    assert lent(slapd)["ehr-reset"] == [slapd.person_dn("ada")]
    break_mail(broker)
    broker.start(ahead_s=3600)
    assert "runs_without_a_plugin" in broker.log and "notify-smtp" in broker.log
    assert lent(slapd)["ehr-reset"] == []
    assert broker.wait_for_state("ada", number, "closed")["close_reason"] == "expired"


def test_a_due_grant_is_taken_back_though_the_ticket_plugin_is_broken(make, slapd):
    broker = make().start()
    number = broker.grant("ada", "ehr-look", "-d", "2s")
    broker.kill()
    broker.config["[ticket]"]["settings"] = {"fiel": "/x"}
    broker.write_config()
    broker.start(ahead_s=3600)
    assert lent(slapd)["ehr-reset"] == []
    assert broker.wait_for_state("ada", number, "closed")["close_reason"] == "expired"
    broker.stint("ada", "request", "ehr-password-reset", "-t", "INC0001", "-r", "x").must_be_refused("ticket_unreachable")


def test_a_broken_channel_is_a_reason_not_to_start_while_nothing_is_lent(make):
    broker = make()
    break_mail(broker)
    assert broker.launch().wait_for_end() == 1
    assert "plugin_refused" in broker.log and "mail-secret" in broker.log


def test_the_check_starts_every_plugin_and_tells_all_refusals(make):
    broker = make()
    break_mail(broker)
    broker.config["[ticket]"]["settings"] = {"fiel": "/x"}
    broker.write_config()
    broker.set_policy(POLICY + entitlement("extra", groups=[group("no-such-group")]))
    status, text = broker.check()
    assert status == 1
    for words in ("notify-smtp: ", "mail-secret", "ticket-embedded: ", "no-such-group"):
        assert words in text, text
    assert broker.check("--offline")[0] == 0


def test_the_check_tells_the_faults_of_configuration_and_policy_together(make):
    broker = make()
    broker.more = '[lgo]\nlevel = "info"\n'
    broker.write_config()
    broker.set_policy(POLICY + 'colour = "blue"\n')
    status, text = broker.check("--offline")
    assert status == 1 and "lgo" in text and "colour" in text, text
    assert broker.launch().wait_for_end() == 1
    assert "lgo" in broker.log and "colour" in broker.log
    # Where the policy is cannot be told: that is one fault, not many.
    broker.more = ""
    broker.config["[policy]"]["folder"] = 5
    broker.write_config()
    status, text = broker.check("--offline")
    assert status == 1 and "policy.folder" in text and "colour" not in text and "/etc/stint/policy.d" not in text, text


def test_a_reload_with_other_plugins_is_refused_as_a_whole(broker):
    def names():
        return {one["name"] for one in broker.json("ada", "entitlements")["entitlements"]}

    before = names()
    broker.set_policy(POLICY + entitlement("extra"))
    kept = {key: dict(value) for key, value in broker.config.items()}
    changes = {"[ticket]": lambda: broker.config.pop("[ticket]"), "[[notify]]": lambda: setattr(broker, "notify", []),
               "[directory]": lambda: broker.config["[directory.settings]"].update(operation_timeout="3s")}
    for what, change in changes.items():
        change()
        broker.write_config()
        said = broker.reload("policy_kept")
        assert what in said and "needs a restart" in said, said
        assert names() == before
        broker.config, broker.notify = {key: dict(value) for key, value in kept.items()}, broker.inbox_channel
    # The ticket is looked at as before.
    broker.set_ticket("INC0001", state="closed")
    broker.stint("ada", "request", "ehr-password-reset", "-t", "INC0001", "-r", "x").must_be_refused("ticket_closed")
    broker.write_config()
    broker.reload("policy_in_force")
    assert names() == before | {"extra"}


def test_what_the_directory_finds_wrong_stands_at_its_file_and_line(make):
    broker = make().start()
    policy = POLICY + entitlement("extra", groups=[group("no-such-group")])
    broker.set_policy(policy)
    line = next(number for number, text in enumerate(policy.splitlines(), 1) if "no-such-group" in text)
    broker.config["[roles]"]["auditor"] = [group("no-such-role")]
    broker.write_config()
    config_line = next(number for number, text in enumerate(broker.config_file.read_text(encoding="utf-8").splitlines(), 1) if "no-such-role" in text)
    places = (f"test.toml:{line}: ", f"stintd.toml:{config_line}: `roles.auditor`")
    said = broker.reload("policy_kept")
    for place in places:
        assert place in said, said
    broker.stop()
    before = len(broker.log)
    assert broker.launch().wait_for_end() == 1
    for place in places:
        assert place in broker.log[before:], broker.log[before:]


def test_a_policy_loaded_while_the_directory_was_down_is_held_against_it_when_it_is_back(make, slapd):
    with Slapd(pki=slapd) as own:
        broker = make(on=own, policy=POLICY + entitlement("extra", groups=[group("no-such-group")]))
        own.stop()
        broker.start()  # ready: a policy is in force
        assert "policy_not_held_against_directory" in broker.log
        own.start()
        wait_for("it is out of force", lambda: "nothing_is_lent" in broker.log)
        assert "test.toml:" in broker.log and "no-such-group" in broker.log
        wait_for("the broker says it is not ready", lambda: broker.ask("/readyz")[0] == 503)
        assert "no_policy" in broker.ask("/readyz")[1] and broker.metric("stint_ready") == 0
        assert broker.json("ada", "entitlements")["entitlements"] == []
        broker.set_policy(POLICY)
        broker.reload("policy_in_force")
        assert broker.ask("/readyz")[0] == 200
        assert len(broker.json("ada", "entitlements")["entitlements"]) == 4, broker.log


def test_a_good_policy_loaded_while_the_directory_was_down_stays(make, slapd):
    with Slapd(pki=slapd) as own:
        broker = make(on=own)
        own.stop()
        broker.start()
        own.start()
        wait_for("it was held against the directory", lambda: "policy_held_against_directory" in broker.log)
        assert broker.ask("/readyz")[0] == 200 and "nothing_is_lent" not in broker.log


def test_a_broker_without_a_policy_is_not_ready_but_removes(make, slapd):
    broker = make().start()
    number = broker.grant("ada", "ehr-look", "-d", "1h")
    broker.kill()
    broker.set_policy(POLICY + entitlement("extra", groups=[group("no-such-group")]))
    broker.launch()
    wait_for("it listens", lambda: broker.ask("/healthz")[0] == 200)
    wait_for("the first round is over", lambda: "round_over" in broker.log)
    status, text = broker.ask("/readyz")
    assert status == 503 and "no_policy" in text and broker.metric("stint_ready") == 0, text
    broker.stint("ada", "release", str(number)).must_be()
    broker.wait_for_state("ada", number, "closed")
    assert lent(slapd)["ehr-reset"] == []


def test_systemd_is_told_of_each_reload_that_it_is_over(make, monkeypatch):
    broker = make()
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as ear:
        place = str(broker.folder / "notify.sock")
        ear.bind(place)
        ear.settimeout(30)
        ordinary = broker.environment
        monkeypatch.setattr(broker, "environment", lambda **how: {**ordinary(**how), "NOTIFY_SOCKET": place})
        broker.launch()
        assert ear.recv(4096) == b"READY=1"
        for policy, word in ((POLICY + "nonsense", "policy_kept"), (POLICY + entitlement("extra"), "policy_in_force")):
            broker.set_policy(policy)
            broker.reload(word)
            assert [ear.recv(4096), ear.recv(4096)] == [b"RELOADING=1", b"READY=1"]


def test_a_file_that_somebody_else_may_write_is_refused(make):
    broker = make()
    policy = broker.folder / "policy.d" / "test.toml"
    policy.chmod(0o664)
    os.chown(broker.config_file, 10001, 0)
    status, text = broker.check("--offline")
    assert status == 1 and "test.toml: its group may write" not in text and "uid 10001 owns" in text, text
    os.chown(broker.config_file, 0, 0)
    status, text = broker.check("--offline")
    assert status == 1 and "test.toml: its group may write" in text, text
