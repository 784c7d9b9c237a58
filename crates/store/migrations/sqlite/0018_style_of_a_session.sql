-- In which way the credential was shown that opened a session: where that way is not taken, the
-- session is not either. Of older sessions it is not known.

ALTER TABLE session ADD COLUMN style TEXT;
