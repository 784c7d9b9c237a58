-- The keys of programs that administer the gateway. `roles` and `networks` are lists separated by
-- one space, `scope` is JSON. They are looked up at each request, so `change` is not bumped.

CREATE TABLE admin_key (
    id        TEXT COLLATE "C" PRIMARY KEY,
    digest    BYTEA NOT NULL CHECK (length(digest) = 32),
    name      TEXT NOT NULL,
    roles     TEXT NOT NULL,
    scope     TEXT NOT NULL,
    networks  TEXT NOT NULL,
    created   BIGINT NOT NULL,
    expires   BIGINT,
    revoked   BIGINT,
    used_at   BIGINT,
    used_from TEXT
);
