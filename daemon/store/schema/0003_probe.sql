-- Something to write that is no record and differs each time: SQLite leaves out a page that would stay as it is, so only
-- that shows whether there is space.

ALTER TABLE meta ADD COLUMN probe INTEGER NOT NULL DEFAULT 0;
