-- The groups that were asked for, and shown to those who approve: what a later policy adds was approved by nobody.

ALTER TABLE requests ADD COLUMN lends TEXT NOT NULL DEFAULT '[]';  -- a JSON array of names; of older requests nothing is known
