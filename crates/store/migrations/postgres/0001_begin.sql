-- As in SQLite: times are microseconds since 1970 UTC, roles of a key are names separated by one
-- space. Names are ordered by their bytes, whatever the database's locale. `change` is bumped by
-- triggers in the transaction of each change, so that no way of changing a row, a shell included,
-- goes unnoticed by running gateways. What it grows to follows the clock, so that a server that
-- takes over from another without its last changes does not count to the same numbers anew.

CREATE TABLE change (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    n   BIGINT NOT NULL
);
INSERT INTO change (one, n) VALUES (1, 1);

CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE change SET n = greatest(n + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
    RETURN NULL;
END
$$;

CREATE TABLE setting (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE api_key (
    id         TEXT COLLATE "C" PRIMARY KEY,
    digest     BYTEA NOT NULL CHECK (length(digest) = 32),
    name       TEXT NOT NULL,
    upstream   TEXT NOT NULL,
    erp_login  TEXT NOT NULL,
    roles      TEXT NOT NULL,
    created    BIGINT NOT NULL,
    expires    BIGINT,
    revoked    BIGINT,
    per_minute BIGINT,
    burst      BIGINT
);

CREATE TRIGGER api_key_change AFTER INSERT OR UPDATE OR DELETE ON api_key FOR EACH ROW EXECUTE FUNCTION bump();
CREATE TRIGGER api_key_emptied AFTER TRUNCATE ON api_key EXECUTE FUNCTION bump();

CREATE TABLE role (
    name    TEXT COLLATE "C" PRIMARY KEY,
    text    TEXT NOT NULL,
    updated BIGINT NOT NULL
);

CREATE TRIGGER role_change AFTER INSERT OR UPDATE OR DELETE ON role FOR EACH ROW EXECUTE FUNCTION bump();
CREATE TRIGGER role_emptied AFTER TRUNCATE ON role EXECUTE FUNCTION bump();

CREATE TABLE erp_user (
    upstream TEXT COLLATE "C" NOT NULL,
    login    TEXT COLLATE "C" NOT NULL,
    uid      BIGINT,
    sealed   BYTEA NOT NULL,
    updated  BIGINT NOT NULL,
    PRIMARY KEY (upstream, login)
);

CREATE TRIGGER erp_user_change AFTER INSERT OR UPDATE OR DELETE ON erp_user FOR EACH ROW EXECUTE FUNCTION bump();
CREATE TRIGGER erp_user_emptied AFTER TRUNCATE ON erp_user EXECUTE FUNCTION bump();
