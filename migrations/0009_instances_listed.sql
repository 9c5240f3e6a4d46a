-- What instances are listed, searched and filtered by, without their documents: a search through a hundred thousand of
-- them reads this index alone.
CREATE INDEX instances_listed ON instances
    (organization_id, id, element_id, name_folded, valid, disabled);
