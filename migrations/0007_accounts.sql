-- Sub-accounts and their users: deleted ones stay for what refers to them.

ALTER TABLE accounts ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN external_id TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
-- Keys of roles, each between commas: ,admin,org,
ALTER TABLE users ADD COLUMN roles TEXT NOT NULL DEFAULT ',';
