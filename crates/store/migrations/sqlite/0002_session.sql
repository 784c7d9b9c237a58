-- Only the keyed hash of a session's token is kept. The change counter is left alone: a session
-- is looked up by its token, and running gateways ask again within a second.

CREATE TABLE session (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    key    TEXT NOT NULL,
    opened INTEGER NOT NULL,
    seen   INTEGER NOT NULL,
    ends   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
