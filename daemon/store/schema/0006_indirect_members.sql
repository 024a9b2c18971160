-- A finding of one more kind: somebody who is in a group by way of another one, or as their primary group, asked to be lent it.

ALTER TABLE findings RENAME TO findings_before;
DROP INDEX findings_open;
CREATE TABLE findings (
    id         INTEGER PRIMARY KEY CHECK (id > 0),
    kind       TEXT NOT NULL CHECK (kind = 'standing_member' OR kind = 'outside_add' OR kind = 'outside_remove' OR kind = 'stuck_removal' OR kind = 'overdue_review' OR kind = 'ticket_unseen' OR kind = 'indirect_member'),
    seen_us    INTEGER NOT NULL,
    cleared_us INTEGER,
    request_id INTEGER,
    group_id   TEXT NOT NULL,
    group_name TEXT NOT NULL,
    person_id  TEXT NOT NULL
) STRICT;
INSERT INTO findings SELECT id, kind, seen_us, cleared_us, request_id, group_id, group_name, person_id FROM findings_before;
DROP TABLE findings_before;
CREATE INDEX findings_open         ON findings (kind, group_id, person_id) WHERE cleared_us IS NULL;
