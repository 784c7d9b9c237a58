-- What was asked with an Idempotency-Key: claimed before the call goes out, ended when it was
-- answered. `caller` names a principal; `key` and `call` are keyed digests, `answer` is sealed.
-- `process` is who runs the call, so that a claim of a process that is gone is known to be one.
-- Nothing here concerns running gateways: `change` is not bumped.

CREATE TABLE claim (
    caller  TEXT NOT NULL,
    key     BLOB NOT NULL CHECK (length(key) = 32),
    call    BLOB NOT NULL CHECK (length(call) = 32),
    guards  BLOB NOT NULL CHECK (length(guards) = 32),
    process INTEGER NOT NULL,
    claimed INTEGER NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('running', 'answered', 'unkept', 'unknown')),
    answer  BLOB,
    CHECK ((state = 'answered') = (answer IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX claim_key ON claim (caller, key);
CREATE INDEX claim_age ON claim (claimed);

-- The ERP's own words on a request that failed there, sealed, for the administrator.

CREATE TABLE original (
    request BLOB NOT NULL CHECK (length(request) = 16),
    at      INTEGER NOT NULL,
    sealed  BLOB NOT NULL
) STRICT;

CREATE INDEX original_request ON original (request);
CREATE INDEX original_age ON original (at);
