-- Why a call failed, sealed: our words, the vendor's, and what the attempts came to. Empty for calls that went well.
ALTER TABLE usage ADD COLUMN why BLOB;

-- What is counted over a span of time, read from this index alone.
CREATE INDEX usage_counted ON usage (organization_id, time, account_id, status, duration_ms);
