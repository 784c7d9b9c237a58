-- The keys of programs that administer the gateway. `roles` and `networks` are lists separated by
-- one space, `scope` is JSON. They are looked up at each request, so `change` is not bumped.

CREATE TABLE admin_key (
    id        TEXT PRIMARY KEY,
    digest    BLOB NOT NULL CHECK (length(digest) = 32),
    name      TEXT NOT NULL,
    roles     TEXT NOT NULL,
    scope     TEXT NOT NULL,
    networks  TEXT NOT NULL,
    created   INTEGER NOT NULL,
    expires   INTEGER,
    revoked   INTEGER,
    used_at   INTEGER,
    used_from TEXT
) STRICT, WITHOUT ROWID;
