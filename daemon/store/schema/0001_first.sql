-- The first schema: records, the events they are the sum of, what opens the events' commitments, and the outbox.
-- Times are UTC in microseconds since 1970 (…_us), lengths in seconds (…_s), flags 0 or 1. Few indexes, sequential
-- keys, and partial indexes on what is live: those stay small however long the history is.
-- A record's columns stand once more in columns.hpp, in the same order of meaning; tests hold the two together.

CREATE TABLE meta (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    instance      TEXT NOT NULL CHECK (length(instance) = 16),  -- of this database: part of every delivery's key
    high_water_us INTEGER NOT NULL                              -- the latest wall-clock time ever committed
) STRICT;

-- The log. -----------------------------------------------------------------------------------------------------

CREATE TABLE events (
    seq         INTEGER PRIMARY KEY CHECK (seq > 0),
    ts_us       INTEGER NOT NULL,
    type        TEXT NOT NULL CHECK (type <> ''),
    request_id  INTEGER CHECK (request_id > 0),
    grant_id    INTEGER CHECK (grant_id > 0),
    ticket      TEXT CHECK (ticket <> ''),
    entitlement TEXT CHECK (entitlement <> ''),
    actor       TEXT CHECK (actor <> ''),
    subject     TEXT CHECK (subject <> ''),
    origin      TEXT NOT NULL,
    entry       TEXT NOT NULL CHECK (length(entry) BETWEEN 2 AND 8192)  -- the exact bytes that are hashed
) STRICT;
CREATE INDEX events_by_time        ON events (ts_us);
CREATE INDEX events_by_type        ON events (type, ts_us);
CREATE INDEX events_by_request     ON events (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX events_by_grant       ON events (grant_id) WHERE grant_id IS NOT NULL AND grant_id IS NOT request_id;
CREATE INDEX events_by_ticket      ON events (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX events_by_entitlement ON events (entitlement, ts_us) WHERE entitlement IS NOT NULL;
CREATE INDEX events_by_subject     ON events (subject) WHERE subject IS NOT NULL;
CREATE INDEX events_by_actor       ON events (actor) WHERE actor IS NOT NULL AND actor IS NOT subject;

CREATE TRIGGER events_have_no_gap BEFORE INSERT ON events
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events)
BEGIN SELECT RAISE(ABORT, 'events are numbered without gaps'); END;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

-- What opens a commitment. Erasing a text is deleting its row here: the entry and its proofs stay.
CREATE TABLE disclosures (
    seq       INTEGER NOT NULL REFERENCES events (seq),
    field     TEXT NOT NULL,
    salt      BLOB NOT NULL CHECK (length(salt) = 32),
    plaintext BLOB NOT NULL,
    PRIMARY KEY (seq, field)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER disclosures_are_never_changed BEFORE UPDATE ON disclosures
BEGIN SELECT RAISE(ABORT, 'disclosures are erased, never changed'); END;

-- The records. -------------------------------------------------------------------------------------------------

CREATE TABLE requests (
    id              INTEGER PRIMARY KEY CHECK (id > 0),
    kind            TEXT NOT NULL CHECK (kind = 'request' OR kind = 'break_glass' OR kind = 'extension'),
    state           TEXT NOT NULL CHECK (state = 'pending' OR state = 'approved' OR state = 'opened' OR state = 'denied' OR state = 'cancelled' OR state = 'lapsed' OR state = 'refused'),
    requester_id    TEXT NOT NULL,
    requester_login TEXT NOT NULL,
    requester_name  TEXT NOT NULL,
    requester_mail  TEXT NOT NULL,
    entitlement     TEXT NOT NULL,
    ticket          TEXT NOT NULL,
    reason          TEXT NOT NULL,
    impact          TEXT NOT NULL,
    action          TEXT NOT NULL,
    affected        TEXT NOT NULL,
    verified        TEXT NOT NULL,              -- a JSON array of texts
    duration_s      INTEGER NOT NULL CHECK (duration_s >= 1),
    start_us        INTEGER,
    created_us      INTEGER NOT NULL,
    lapses_us       INTEGER NOT NULL,
    stage           INTEGER NOT NULL CHECK (stage >= 0),
    stage_since_us  INTEGER NOT NULL,
    is_reminded     INTEGER NOT NULL CHECK (is_reminded = 0 OR is_reminded = 1),
    is_escalated    INTEGER NOT NULL CHECK (is_escalated = 0 OR is_escalated = 1),
    approved_us     INTEGER,
    ended_us        INTEGER,
    policy          TEXT NOT NULL,
    extends         INTEGER,
    is_attached     INTEGER NOT NULL CHECK (is_attached = 0 OR is_attached = 1),
    refusal         TEXT NOT NULL CHECK (refusal = '' OR state = 'refused')
) STRICT;
CREATE INDEX requests_by_requester ON requests (requester_id);
CREATE INDEX requests_waiting      ON requests (state) WHERE state = 'pending' OR state = 'approved';
CREATE INDEX requests_waiting_of   ON requests (requester_id) WHERE state = 'pending' OR state = 'approved';
CREATE INDEX requests_lapsing      ON requests (lapses_us) WHERE state = 'pending' OR state = 'approved';
CREATE INDEX requests_starting     ON requests (coalesce(start_us, 0)) WHERE state = 'approved';

CREATE TABLE approvals (
    request_id      INTEGER NOT NULL REFERENCES requests (id),
    n               INTEGER NOT NULL CHECK (n >= 0),  -- in the order in which they were given
    stage           INTEGER NOT NULL,
    approver_id     TEXT NOT NULL,
    approver_login  TEXT NOT NULL,
    approver_name   TEXT NOT NULL,
    approver_mail   TEXT NOT NULL,
    is_approval     INTEGER NOT NULL CHECK (is_approval = 0 OR is_approval = 1),
    at_us           INTEGER NOT NULL,
    comment         TEXT NOT NULL,
    shortened_to_s  INTEGER,
    PRIMARY KEY (request_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
    id                INTEGER PRIMARY KEY REFERENCES requests (id),
    state             TEXT NOT NULL CHECK (state = 'opening' OR state = 'active' OR state = 'ready' OR state = 'closing' OR state = 'closed'),
    person_id         TEXT NOT NULL,
    person_login      TEXT NOT NULL,
    person_name       TEXT NOT NULL,
    person_mail       TEXT NOT NULL,
    entitlement       TEXT NOT NULL,
    ticket            TEXT NOT NULL,
    opened_us         INTEGER NOT NULL,
    not_after_us      INTEGER NOT NULL CHECK (not_after_us > opened_us),  -- a grant without an end cannot be made
    not_after_boot_us INTEGER NOT NULL,
    not_after_boot_id TEXT NOT NULL,
    reason            TEXT CHECK (reason = 'expired' OR reason = 'released' OR reason = 'revoked' OR reason = 'ticket_closed' OR reason = 'person_disabled' OR reason = 'contained' OR reason = 'removed_outside' OR reason = 'failed'),
    active_us         INTEGER,
    ready_us          INTEGER,
    closing_us        INTEGER,
    closed_us         INTEGER,
    is_break_glass    INTEGER NOT NULL CHECK (is_break_glass = 0 OR is_break_glass = 1),
    is_attached       INTEGER NOT NULL CHECK (is_attached = 0 OR is_attached = 1),
    is_extended       INTEGER NOT NULL CHECK (is_extended = 0 OR is_extended = 1),
    is_warned         INTEGER NOT NULL CHECK (is_warned = 0 OR is_warned = 1),
    failure           TEXT NOT NULL,
    CHECK ((state = 'closing' OR state = 'closed') = (reason IS NOT NULL AND closing_us IS NOT NULL)),
    CHECK ((state = 'closed') = (closed_us IS NOT NULL))
) STRICT;
CREATE INDEX grants_open     ON grants (id) WHERE closing_us IS NULL;
CREATE INDEX grants_moving   ON grants (id) WHERE state = 'opening' OR state = 'closing';
CREATE INDEX grants_live_of  ON grants (person_id) WHERE state <> 'closed';
CREATE INDEX grants_ending   ON grants (not_after_us) WHERE closing_us IS NULL;
CREATE INDEX grants_boot_end ON grants (not_after_boot_id, not_after_boot_us) WHERE closing_us IS NULL;
CREATE INDEX grants_unwarned ON grants (not_after_us) WHERE closing_us IS NULL AND is_warned = 0;

CREATE TABLE reviews (
    id             INTEGER PRIMARY KEY REFERENCES requests (id),
    state          TEXT NOT NULL CHECK (state = 'due' OR state = 'overdue' OR state = 'done'),
    user_id        TEXT NOT NULL,
    entitlement    TEXT NOT NULL,
    due_us         INTEGER NOT NULL,
    verdict        TEXT CHECK (verdict = 'justified' OR verdict = 'unjustified'),
    reviewer_id    TEXT CHECK (reviewer_id <> user_id),
    reviewer_login TEXT,
    reviewer_name  TEXT,
    reviewer_mail  TEXT,
    done_us        INTEGER,
    comment        TEXT NOT NULL,
    incident       TEXT NOT NULL,
    CHECK ((state = 'done') = (verdict IS NOT NULL AND reviewer_id IS NOT NULL AND done_us IS NOT NULL))
) STRICT;
CREATE INDEX reviews_due        ON reviews (due_us) WHERE state = 'due';
CREATE INDEX reviews_waiting    ON reviews (id) WHERE state <> 'done';
CREATE INDEX reviews_overdue_of ON reviews (user_id) WHERE state = 'overdue';

CREATE TABLE memberships (
    id             INTEGER PRIMARY KEY CHECK (id > 0),
    directory      TEXT NOT NULL,
    group_id       TEXT NOT NULL,
    group_name     TEXT NOT NULL,
    person_id      TEXT NOT NULL,
    person_login   TEXT NOT NULL,
    person_name    TEXT NOT NULL,
    person_mail    TEXT NOT NULL,
    is_baseline    INTEGER NOT NULL CHECK (is_baseline = 0 OR is_baseline = 1),
    known          TEXT NOT NULL CHECK (known = 'unknown' OR known = 'absent' OR known = 'present'),
    server         TEXT NOT NULL,
    intent         TEXT CHECK (intent = 'add' OR intent = 'remove'),
    intended_us    INTEGER,
    may_apply_late INTEGER NOT NULL CHECK (may_apply_late = 0 OR may_apply_late = 1),
    added_us       INTEGER,
    removed_us     INTEGER,
    removal_due_us INTEGER,
    is_overdue     INTEGER NOT NULL CHECK (is_overdue = 0 OR is_overdue = 1),
    is_stuck       INTEGER NOT NULL CHECK (is_stuck = 0 OR is_stuck = 1),
    sweep_until_us INTEGER,
    last_error     TEXT NOT NULL,
    UNIQUE (group_id, person_id, directory),
    CHECK (intent IS NULL OR intended_us IS NOT NULL),
    CHECK (is_baseline = 0 OR intent IS NOT 'remove')  -- a baseline member is never removed
) STRICT;
CREATE INDEX memberships_intended ON memberships (id) WHERE intent IS NOT NULL;
CREATE INDEX memberships_leaving  ON memberships (removal_due_us) WHERE removal_due_us IS NOT NULL;
CREATE INDEX memberships_overdue  ON memberships (id) WHERE is_overdue = 1;
CREATE INDEX memberships_stuck    ON memberships (group_id) WHERE is_stuck = 1;
CREATE INDEX memberships_swept    ON memberships (id, sweep_until_us) WHERE sweep_until_us IS NOT NULL;

-- Which grants hold which memberships. `is_live` follows the grant: 1 until it is closed.
CREATE TABLE holdings (
    grant_id      INTEGER NOT NULL REFERENCES grants (id),
    membership_id INTEGER NOT NULL REFERENCES memberships (id),
    is_live       INTEGER NOT NULL CHECK (is_live = 0 OR is_live = 1),
    PRIMARY KEY (grant_id, membership_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX holdings_live ON holdings (membership_id) WHERE is_live = 1;

CREATE TABLE findings (
    id         INTEGER PRIMARY KEY CHECK (id > 0),
    kind       TEXT NOT NULL CHECK (kind = 'standing_member' OR kind = 'outside_add' OR kind = 'outside_remove' OR kind = 'stuck_removal' OR kind = 'overdue_review' OR kind = 'ticket_unseen'),
    seen_us    INTEGER NOT NULL,
    cleared_us INTEGER,
    request_id INTEGER,
    group_id   TEXT NOT NULL,
    group_name TEXT NOT NULL,
    person_id  TEXT NOT NULL
) STRICT;
CREATE INDEX findings_open         ON findings (kind, group_id, person_id) WHERE cleared_us IS NULL;

-- What is owed to people and tickets, and what is remembered. Not records: replay does not rebuild them. ----------

CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given out twice: it is part of the delivery's key
    created_us INTEGER NOT NULL,
    next_us    INTEGER NOT NULL,
    attempts   INTEGER NOT NULL CHECK (attempts >= 0),
    error      TEXT NOT NULL,
    effect     TEXT NOT NULL                       -- JSON
) STRICT;
CREATE INDEX outbox_next ON outbox (next_us);

CREATE TABLE idempotency (
    person_id  TEXT NOT NULL,
    key        TEXT NOT NULL,
    request_id INTEGER NOT NULL REFERENCES requests (id),
    digest     TEXT NOT NULL,
    at_us      INTEGER NOT NULL,
    PRIMARY KEY (person_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE persons (
    id      TEXT PRIMARY KEY,
    login   TEXT NOT NULL,  -- '' once another person was seen with it
    name    TEXT NOT NULL,
    mail    TEXT NOT NULL,
    seen_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX persons_by_login ON persons (login) WHERE login <> '';
