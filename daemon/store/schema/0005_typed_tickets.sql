-- A ticket that no ticket system has shown may be anything that was typed: it stands in no log and in no message.

ALTER TABLE requests ADD COLUMN is_ticket_typed INTEGER NOT NULL DEFAULT 0 CHECK (is_ticket_typed = 0 OR is_ticket_typed = 1);
