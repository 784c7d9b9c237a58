-- The people who administer the gateway, what they show beside their password, and what lets them
-- in. `roles` are names separated by one space, `scope` is JSON. The hash of a password is sealed,
-- and so is the secret of a second factor. Nothing of it is held by running gateways: `change` is
-- not bumped.

CREATE TABLE administrator (
    name         TEXT COLLATE "C" PRIMARY KEY,
    roles        TEXT NOT NULL,
    scope        TEXT NOT NULL,
    password     BYTEA NOT NULL,
    password_set BIGINT NOT NULL,
    handle       BYTEA NOT NULL UNIQUE CHECK (length(handle) = 16),
    created      BIGINT NOT NULL,
    locked       BIGINT
);

-- `step` is the last one of a TOTP that was counted.
CREATE TABLE administrator_factor (
    administrator TEXT COLLATE "C" NOT NULL REFERENCES administrator (name) ON DELETE CASCADE,
    id            TEXT COLLATE "C" NOT NULL,
    kind          TEXT NOT NULL,
    label         TEXT NOT NULL,
    sealed        BYTEA NOT NULL,
    step          BIGINT,
    created       BIGINT NOT NULL,
    used          BIGINT,
    PRIMARY KEY (administrator, id)
);

CREATE TABLE administrator_recovery (
    administrator TEXT COLLATE "C" NOT NULL REFERENCES administrator (name) ON DELETE CASCADE,
    digest        BYTEA NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (administrator, digest)
);

CREATE TABLE administrator_session (
    digest        BYTEA PRIMARY KEY CHECK (length(digest) = 32),
    administrator TEXT COLLATE "C" NOT NULL REFERENCES administrator (name) ON DELETE CASCADE,
    standing      TEXT NOT NULL,
    opened        BIGINT NOT NULL,
    seen          BIGINT NOT NULL,
    ends          BIGINT NOT NULL,
    network       TEXT NOT NULL
);

CREATE INDEX administrator_session_of ON administrator_session (administrator, seen);

CREATE TABLE administrator_slip (
    digest        BYTEA PRIMARY KEY CHECK (length(digest) = 32),
    administrator TEXT COLLATE "C" NOT NULL REFERENCES administrator (name) ON DELETE CASCADE,
    purpose       TEXT NOT NULL,
    sealed        BYTEA NOT NULL,
    ends          BIGINT NOT NULL
);

CREATE INDEX administrator_slip_of ON administrator_slip (administrator, ends);
