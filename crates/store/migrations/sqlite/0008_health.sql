-- How an ERP user fares: what the ERP says of it, and how its credential is renewed. It is kept
-- for users of the configuration too. Nothing here concerns running gateways: `change` is not
-- bumped.

CREATE TABLE erp_user_health (
    upstream      TEXT NOT NULL,
    login         TEXT NOT NULL,
    administrator INTEGER CHECK (administrator IN (0, 1)),
    rotated       INTEGER,
    expires       INTEGER,
    failed        INTEGER,
    failure       TEXT,
    claimed       INTEGER,
    PRIMARY KEY (upstream, login)
) STRICT, WITHOUT ROWID;
