-- Times are microseconds since 1970 UTC. Roles of a key are names separated by one space.
-- `change` is bumped by triggers in the transaction of each change, so that no way of changing
-- a row, a shell included, goes unnoticed by running gateways.

CREATE TABLE change (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    n   INTEGER NOT NULL
) STRICT;
INSERT INTO change (one, n) VALUES (1, 1);

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    id         TEXT PRIMARY KEY,
    digest     BLOB NOT NULL CHECK (length(digest) = 32),
    name       TEXT NOT NULL,
    upstream   TEXT NOT NULL,
    erp_login  TEXT NOT NULL,
    roles      TEXT NOT NULL,
    created    INTEGER NOT NULL,
    expires    INTEGER,
    revoked    INTEGER,
    per_minute INTEGER,
    burst      INTEGER
) STRICT, WITHOUT ROWID;

CREATE TRIGGER api_key_insert AFTER INSERT ON api_key BEGIN UPDATE change SET n = n + 1; END;
CREATE TRIGGER api_key_update AFTER UPDATE ON api_key BEGIN UPDATE change SET n = n + 1; END;
CREATE TRIGGER api_key_delete AFTER DELETE ON api_key BEGIN UPDATE change SET n = n + 1; END;

CREATE TABLE role (
    name    TEXT PRIMARY KEY,
    text    TEXT NOT NULL,
    updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER role_insert AFTER INSERT ON role BEGIN UPDATE change SET n = n + 1; END;
CREATE TRIGGER role_update AFTER UPDATE ON role BEGIN UPDATE change SET n = n + 1; END;
CREATE TRIGGER role_delete AFTER DELETE ON role BEGIN UPDATE change SET n = n + 1; END;

CREATE TABLE erp_user (
    upstream TEXT NOT NULL,
    login    TEXT NOT NULL,
    uid      INTEGER,
    sealed   BLOB NOT NULL,
    updated  INTEGER NOT NULL,
    PRIMARY KEY (upstream, login)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER erp_user_insert AFTER INSERT ON erp_user BEGIN UPDATE change SET n = n + 1; END;
CREATE TRIGGER erp_user_update AFTER UPDATE ON erp_user BEGIN UPDATE change SET n = n + 1; END;
CREATE TRIGGER erp_user_delete AFTER DELETE ON erp_user BEGIN UPDATE change SET n = n + 1; END;
