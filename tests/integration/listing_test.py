"""A list among very many requests: a call looks at a bounded number of them, and the pages together miss none."""

import contextlib
import json
import sqlite3

MANY = 2500


def test_the_one_that_is_ones_own_is_found_among_thousands_that_are_not(make):
    broker = make().start()
    broker.is_replayed = False  # the log knows nothing of the copies
    own = broker.request("ada", "lab-change")
    broker.stint("ada", "cancel", str(own)).must_be()
    other = broker.request("ivy", "lab-change")
    broker.stint("ivy", "cancel", str(other)).must_be()
    assert broker.stop() == 0
    with contextlib.closing(sqlite3.connect(broker.database)) as database:
        columns = ", ".join(row[1] for row in database.execute("PRAGMA table_info(requests)") if row[1] != "id")
        database.execute(f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})"
                         f" INSERT INTO requests (id, {columns}) SELECT {other} + n.i, {columns} FROM requests, n WHERE id = {other}")
        database.commit()
    broker.start()
    assert broker.request("ada", "ehr-look") == other + MANY + 1
    seen, target, calls = [], "/v1/requests?filter=all&limit=50", 0
    before = ""
    while calls < 10:
        done = broker.get("ada", target + before)
        calls += 1
        seen += [one["id"] for one in done["requests"]]
        if "next" not in done:
            break
        before = f"&before={done['next']}"
    assert seen == [other + MANY + 1, own] and calls >= MANY // 1000 + 1
    assert [one["id"] for one in broker.json("ada", "list", "--all", "--before", str(other + MANY))["requests"]] == [own]
    assert json.dumps(own) in broker.stint("ada", "list", "--all", "--before", str(other + MANY)).must_be().out
