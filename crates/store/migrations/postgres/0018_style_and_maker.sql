-- In which way the credential was shown that opened a session: where that way is not taken, the
-- session is not either. Of older sessions it is not known.

ALTER TABLE session ADD COLUMN style TEXT COLLATE "C";

-- Which administrator made an administrative key, or the key by which it was made; none: at the
-- machine, or before this was noted.

ALTER TABLE admin_key ADD COLUMN maker TEXT COLLATE "C";
