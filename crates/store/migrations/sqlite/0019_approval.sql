-- Calls that wait until another person has approved them: `id` is the request that asked first,
-- `call` a keyed digest of the call, its caller and as whom it would run, `sealed` the call with
-- its values, for whoever decides. Running gateways ask anew each time: `change` is not bumped.

CREATE TABLE approval (
    id        BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    caller    TEXT NOT NULL,
    call      BLOB NOT NULL CHECK (length(call) = 32),
    asked     INTEGER NOT NULL,
    ends      INTEGER NOT NULL,
    name      TEXT NOT NULL,
    kind      TEXT NOT NULL,
    key       TEXT,
    upstream  TEXT NOT NULL,
    login     TEXT NOT NULL,
    model     TEXT NOT NULL,
    method    TEXT NOT NULL,
    operation TEXT NOT NULL,
    rule      TEXT NOT NULL,
    sealed    BLOB,
    state     TEXT NOT NULL CHECK (state IN ('waits', 'approved', 'rejected', 'used')),
    decided   INTEGER,
    decider   TEXT,
    why       TEXT,
    CHECK ((decided IS NULL) = (decider IS NULL))
) STRICT;

CREATE INDEX approval_call ON approval (caller, call);
CREATE INDEX approval_age ON approval (asked);
CREATE INDEX approval_end ON approval (ends);

-- Who made a key, or rotated it or one before it: they do not approve its calls.

CREATE TABLE key_hand (
    key  TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (key, name)
) STRICT;
