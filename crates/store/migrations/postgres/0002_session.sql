-- Only the keyed hash of a session's token is kept. The change counter is left alone: a session
-- is looked up by its token, and running gateways ask again within a second.

CREATE TABLE session (
    digest BYTEA PRIMARY KEY CHECK (length(digest) = 32),
    key    TEXT NOT NULL,
    opened BIGINT NOT NULL,
    seen   BIGINT NOT NULL,
    ends   BIGINT NOT NULL
);
