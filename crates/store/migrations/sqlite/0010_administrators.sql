-- The people who administer the gateway, what they show beside their password, and what lets them
-- in. `roles` are names separated by one space, `scope` is JSON. The hash of a password is sealed,
-- and so is the secret of a second factor. Nothing of it is held by running gateways: `change` is
-- not bumped.

CREATE TABLE administrator (
    name         TEXT PRIMARY KEY,
    roles        TEXT NOT NULL,
    scope        TEXT NOT NULL,
    password     BLOB NOT NULL,
    password_set INTEGER NOT NULL,
    handle       BLOB NOT NULL UNIQUE CHECK (length(handle) = 16),
    created      INTEGER NOT NULL,
    locked       INTEGER
) STRICT, WITHOUT ROWID;

-- `step` is the last one of a TOTP that was counted.
CREATE TABLE administrator_factor (
    administrator TEXT NOT NULL REFERENCES administrator (name) ON DELETE CASCADE,
    id            TEXT NOT NULL,
    kind          TEXT NOT NULL,
    label         TEXT NOT NULL,
    sealed        BLOB NOT NULL,
    step          INTEGER,
    created       INTEGER NOT NULL,
    used          INTEGER,
    PRIMARY KEY (administrator, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE administrator_recovery (
    administrator TEXT NOT NULL REFERENCES administrator (name) ON DELETE CASCADE,
    digest        BLOB NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (administrator, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE administrator_session (
    digest        BLOB PRIMARY KEY CHECK (length(digest) = 32),
    administrator TEXT NOT NULL REFERENCES administrator (name) ON DELETE CASCADE,
    standing      TEXT NOT NULL,
    opened        INTEGER NOT NULL,
    seen          INTEGER NOT NULL,
    ends          INTEGER NOT NULL,
    network       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX administrator_session_of ON administrator_session (administrator, seen);

CREATE TABLE administrator_slip (
    digest        BLOB PRIMARY KEY CHECK (length(digest) = 32),
    administrator TEXT NOT NULL REFERENCES administrator (name) ON DELETE CASCADE,
    purpose       TEXT NOT NULL,
    sealed        BLOB NOT NULL,
    ends          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX administrator_slip_of ON administrator_slip (administrator, ends);
