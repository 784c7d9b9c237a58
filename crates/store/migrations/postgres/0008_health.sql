-- How an ERP user fares: what the ERP says of it, and how its credential is renewed. It is kept
-- for users of the configuration too. Nothing here concerns running gateways: `change` is not
-- bumped.

CREATE TABLE erp_user_health (
    upstream      TEXT COLLATE "C" NOT NULL,
    login         TEXT COLLATE "C" NOT NULL,
    administrator BOOLEAN,
    rotated       BIGINT,
    expires       BIGINT,
    failed        BIGINT,
    failure       TEXT,
    claimed       BIGINT,
    PRIMARY KEY (upstream, login)
);
