-- Contracts for programs that know 13.
-- What instances_listed_by_account begins with needs no index of its own, and does what instances_listed did. Of the
-- record of custody only hosts are looked for, and they are few beside its other entries.
DROP INDEX instances_of_organization;
DROP INDEX instances_listed;
CREATE INDEX custody_of_hosts ON custody (organization_id, instance_id, detail) WHERE event = 'host';
DROP INDEX custody_by_event;
