-- Calls that wait until another person has approved them: `id` is the request that asked first,
-- `call` a keyed digest of the call, its caller and as whom it would run, `sealed` the call with
-- its values, for whoever decides. Running gateways ask anew each time: `change` is not bumped.

CREATE TABLE approval (
    id        BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    caller    TEXT COLLATE "C" NOT NULL,
    call      BYTEA NOT NULL CHECK (length(call) = 32),
    asked     BIGINT NOT NULL,
    ends      BIGINT NOT NULL,
    name      TEXT COLLATE "C" NOT NULL,
    kind      TEXT COLLATE "C" NOT NULL,
    key       TEXT COLLATE "C",
    upstream  TEXT COLLATE "C" NOT NULL,
    login     TEXT COLLATE "C" NOT NULL,
    model     TEXT COLLATE "C" NOT NULL,
    method    TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    rule      TEXT COLLATE "C" NOT NULL,
    sealed    BYTEA,
    state     TEXT COLLATE "C" NOT NULL CHECK (state IN ('waits', 'approved', 'rejected', 'used')),
    decided   BIGINT,
    decider   TEXT COLLATE "C",
    why       TEXT COLLATE "C",
    CHECK ((decided IS NULL) = (decider IS NULL))
);

CREATE INDEX approval_call ON approval (caller, call);
CREATE INDEX approval_age ON approval (asked);
CREATE INDEX approval_end ON approval (ends);

-- Who made a key, or rotated it or one before it: they do not approve its calls.

CREATE TABLE key_hand (
    key  TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (key, name)
);
