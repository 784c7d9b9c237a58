-- With what client an administrator's session was opened: a keyed hash; empty differs from nothing.

ALTER TABLE administrator_session ADD COLUMN agent BYTEA NOT NULL DEFAULT '';

-- Administrators who were removed, by their handles, so that a backup brings none of them back.

CREATE TABLE administrator_grave (
    handle BYTEA PRIMARY KEY CHECK (length(handle) = 16),
    at     BIGINT NOT NULL
);
