-- What was asked with an Idempotency-Key: claimed before the call goes out, ended when it was
-- answered. `caller` names a principal; `key` and `call` are keyed digests, `answer` is sealed.
-- `process` is who runs the call, so that a claim of a process that is gone is known to be one:
-- it holds the advisory lock of this number. Nothing here concerns running gateways: `change` is
-- not bumped. `rowid` is what SQLite has unasked.

CREATE TABLE claim (
    rowid   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    caller  TEXT COLLATE "C" NOT NULL,
    key     BYTEA NOT NULL CHECK (length(key) = 32),
    call    BYTEA NOT NULL CHECK (length(call) = 32),
    guards  BYTEA NOT NULL CHECK (length(guards) = 32),
    process BIGINT NOT NULL,
    claimed BIGINT NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('running', 'answered', 'unkept', 'unknown')),
    answer  BYTEA,
    CHECK ((state = 'answered') = (answer IS NOT NULL))
);

CREATE UNIQUE INDEX claim_key ON claim (caller, key);
CREATE INDEX claim_age ON claim (claimed);

-- The ERP's own words on a request that failed there, sealed, for the administrator.

CREATE TABLE original (
    rowid   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request BYTEA NOT NULL CHECK (length(request) = 16),
    at      BIGINT NOT NULL,
    sealed  BYTEA NOT NULL
);

CREATE INDEX original_request ON original (request);
CREATE INDEX original_age ON original (at);
