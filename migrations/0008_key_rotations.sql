-- Rotations of keys: how far each came, so that one that was interrupted goes on where it stood.

CREATE TABLE key_rotations (
    id INTEGER NOT NULL PRIMARY KEY,
    started INTEGER NOT NULL,
    -- Null while it is under way.
    finished INTEGER,
    -- The last organization that is done.
    position INTEGER NOT NULL,
    organizations INTEGER NOT NULL,
    resealed INTEGER NOT NULL,
    refused INTEGER NOT NULL
);

INSERT INTO sequences (name, value) VALUES ('key_rotation', 0);
