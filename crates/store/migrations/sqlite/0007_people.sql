-- A session is a key's, or that of a person who logged in at the ERP: then it has the ERP's own
-- session, sealed. `opener` is the key, or the upstream and the login.

CREATE TABLE session_of (
    digest   BLOB PRIMARY KEY CHECK (length(digest) = 32),
    opener   TEXT NOT NULL,
    key      TEXT,
    upstream TEXT,
    login    TEXT,
    uid      INTEGER,
    sealed   BLOB,
    opened   INTEGER NOT NULL,
    seen     INTEGER NOT NULL,
    ends     INTEGER NOT NULL,
    network  TEXT NOT NULL DEFAULT '',
    agent    BLOB NOT NULL DEFAULT x'',
    CHECK ((key IS NULL) = (upstream IS NOT NULL AND login IS NOT NULL AND sealed IS NOT NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO session_of (digest, opener, key, opened, seen, ends)
    SELECT digest, key, key, opened, seen, ends FROM session;
DROP TABLE session;
ALTER TABLE session_of RENAME TO session;
CREATE INDEX session_opener ON session (opener, seen);
