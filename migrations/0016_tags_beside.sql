-- Tags stand in the row of their instance, too, so that one row by one index is all that a token leads to. They are those
-- of the instance's version `tags_version`: a program that does not know this column raises the version alone, and then
-- instance_tags has the say.
ALTER TABLE instances ADD COLUMN tags TEXT;
ALTER TABLE instances ADD COLUMN tags_version INTEGER NOT NULL DEFAULT 0;
