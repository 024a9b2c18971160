-- Each channel to people, and the ticket system, has its own account of what it was given: one that is down holds no
-- other up, and a start does not repeat what a channel has already taken.

ALTER TABLE outbox ADD COLUMN is_note INTEGER NOT NULL DEFAULT 0 CHECK (is_note = 0 OR is_note = 1);  -- for the ticket, not for people
UPDATE outbox SET is_note = 1 WHERE effect LIKE '{"do":"note"%';
DROP INDEX outbox_next;
ALTER TABLE outbox DROP COLUMN next_us;
ALTER TABLE outbox DROP COLUMN attempts;
ALTER TABLE outbox DROP COLUMN error;

CREATE TABLE deliveries (
    outbox_id INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    channel   TEXT NOT NULL CHECK (channel <> ''),
    next_us   INTEGER,           -- when it is tried again; NULL: the channel has it, or has refused it for good
    attempts  INTEGER NOT NULL CHECK (attempts >= 0),
    error     TEXT NOT NULL,
    PRIMARY KEY (outbox_id, channel)
) STRICT, WITHOUT ROWID;
