-- Who sees one account alone lists its instances from an index, too, without a look at the rows. It does what
-- instances_listed did, which goes when no program is left that knows nothing else.
CREATE INDEX instances_listed_by_account ON instances
    (organization_id, id, element_id, account_id, name_folded, valid, disabled);
