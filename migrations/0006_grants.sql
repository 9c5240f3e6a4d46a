-- Grants that are never lost: one renewal a credential in the whole cluster, noted before and after.

-- Raised by every lease; whoever writes a grant shows the fence of its lease.
ALTER TABLE instances ADD COLUMN refresh_fence INTEGER NOT NULL DEFAULT 0;
-- The fence of the lease that wrote the present grant: an older one writes no more.
ALTER TABLE instances ADD COLUMN grant_fence INTEGER NOT NULL DEFAULT 0;
-- When the present lease ends; 0 without one.
ALTER TABLE instances ADD COLUMN leased_until INTEGER NOT NULL DEFAULT 0;
-- 1 from before an exchange with the vendor until its outcome is known.
ALTER TABLE instances ADD COLUMN exchange_open INTEGER NOT NULL DEFAULT 0;
-- When the grant is to be looked at ahead of time; null for never.
ALTER TABLE instances ADD COLUMN refresh_due INTEGER;
-- When the instance was last called, to within minutes.
ALTER TABLE instances ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
-- Why valid is 0, in a word, and since when.
ALTER TABLE instances ADD COLUMN invalid_reason TEXT;
ALTER TABLE instances ADD COLUMN invalid_since INTEGER;

CREATE INDEX instances_by_refresh_due ON instances (refresh_due);
