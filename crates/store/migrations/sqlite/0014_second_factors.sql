-- `epoch` counts the changes of an administrator's second factors: a log-in that was judged by
-- others opens nothing. `tries` is from when on codes of the app are judged as often as ever.

ALTER TABLE administrator ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE administrator ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;

-- Since when others may have read an administrative key.

ALTER TABLE admin_key ADD COLUMN exposed INTEGER;
