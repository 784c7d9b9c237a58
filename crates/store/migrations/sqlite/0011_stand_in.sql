-- Who goes on while the ERP user of a key is archived: none, if it is not set. Whether that one may
-- be an administrator of the ERP is said with it.

ALTER TABLE api_key ADD COLUMN stand_in TEXT;
ALTER TABLE api_key ADD COLUMN stand_in_administrator INTEGER NOT NULL DEFAULT 0 CHECK (stand_in_administrator IN (0, 1));

-- Since when a gateway knows that an ERP user is archived.

ALTER TABLE erp_user_health ADD COLUMN archived INTEGER;
