//! Sessions in a database.

use portcullis_identity::{ErpLogin, KeyId, SessionDigest, Style, Timestamp, UpstreamName};
use portcullis_storage::{
    Opener, Part, PersonEnd, PersonRow, Sealed, SessionRow, Sessions, StoreError, Stored, Whose,
};

use super::transaction::Transaction;
use super::{Row, SqlStore, failed};

const THING: &str = "session";
const ENDED: &str = "end of a person's sessions";

impl Sessions for SqlStore {
    fn open<'a>(&'a self, row: &'a SessionRow, most: u32) -> Stored<'a, u64> {
        Box::pin(async move {
            let opening = || failed("open a session", THING);
            let mut both = self.begin().await.map_err(opening())?;
            let opener = opener(&row.opener);
            let waited = both.take_turn(&opener).await;
            waited.map_err(opening())?;
            let (key, person) = match &row.opener {
                Opener::Key(key) => (Some(key.as_str()), None),
                Opener::Person(person) => (None, Some(person)),
            };
            both.query(
                "INSERT INTO session (digest, opener, key, upstream, login, uid, sealed, opened, \
                 seen, ends, network, agent, style) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            )
            .bind(row.digest.as_bytes().as_slice())
            .bind(opener.as_str())
            .bind(key)
            .bind(person.map(|person| person.upstream.as_str()))
            .bind(person.map(|person| person.login.as_str()))
            .bind(person.and_then(|person| person.uid))
            .bind(person.map(|person| person.sealed.0.as_slice()))
            .bind(row.opened.micros())
            .bind(row.seen.micros())
            .bind(row.ends.micros())
            .bind(row.network.as_str())
            .bind(row.agent.as_slice())
            .bind(row.style.map(Style::as_str))
            .execute()
            .await
            .map_err(opening())?;
            let ended = both
                .query(
                    "DELETE FROM session WHERE digest IN (SELECT digest FROM (SELECT digest, \
                     row_number() OVER (ORDER BY seen DESC) AS place \
                     FROM session WHERE opener = $1 AND digest <> $2) AS others WHERE place >= $3)",
                )
                .bind(opener.as_str())
                .bind(row.digest.as_bytes().as_slice())
                .bind(i64::from(most.max(1)))
                .execute()
                .await
                .map_err(opening())?;
            both.commit().await.map_err(opening())?;
            Ok(ended)
        })
    }

    fn look_up<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, Option<SessionRow>> {
        Box::pin(async move {
            self.query("SELECT * FROM session WHERE digest = $1")
                .bind(digest.as_bytes().as_slice())
                .fetch_optional()
                .await
                .map_err(failed("look a session up", THING))?
                .map(|row| read(&row))
                .transpose()
        })
    }

    fn touch<'a>(&'a self, digest: &'a SessionDigest, now: Timestamp) -> Stored<'a, ()> {
        Box::pin(async move {
            self.query("UPDATE session SET seen = $2 WHERE digest = $1 AND seen < $2")
                .bind(digest.as_bytes().as_slice())
                .bind(now.micros())
                .execute()
                .await
                .map_err(failed("note that a session was used", THING))?;
            Ok(())
        })
    }

    fn exchange<'a>(&'a self, digest: &'a SessionDigest, sealed: &'a Sealed) -> Stored<'a, ()> {
        Box::pin(async move {
            self.query("UPDATE session SET sealed = $2 WHERE digest = $1 AND sealed IS NOT NULL")
                .bind(digest.as_bytes().as_slice())
                .bind(sealed.0.as_slice())
                .execute()
                .await
                .map_err(failed("exchange a session", THING))?;
            Ok(())
        })
    }

    fn end_of<'a>(&'a self, whose: &'a Whose, now: Timestamp) -> Stored<'a, Vec<SessionRow>> {
        Box::pin(async move {
            let ending = || failed("end the sessions of somebody", THING);
            let mut both = self.begin().await.map_err(ending())?;
            let opener = match whose {
                Whose::Key(key) => by_key(key),
                Whose::Person(upstream, login) => {
                    let noted = note_end(&mut both, upstream, login, now).await;
                    noted.map_err(ending())?;
                    by_person(upstream, login)
                }
            };
            let ended = both
                .query("DELETE FROM session WHERE opener = $1 RETURNING *")
                .bind(opener.as_str())
                .fetch_all()
                .await
                .map_err(ending())?;
            both.commit().await.map_err(ending())?;
            ended.iter().map(read).collect()
        })
    }

    fn ends(&self) -> Stored<'_, Vec<PersonEnd>> {
        Box::pin(async move {
            self.query("SELECT upstream, login, at FROM person_end")
                .fetch_all()
                .await
                .map_err(failed("tell whose sessions were ended", ENDED))?
                .iter()
                .map(read_end)
                .collect()
        })
    }

    fn forget_ends(&self, before: Timestamp) -> Stored<'_, ()> {
        Box::pin(async move {
            self.query("DELETE FROM person_end WHERE at < $1")
                .bind(before.micros())
                .execute()
                .await
                .map_err(failed("forget whose sessions were ended", ENDED))?;
            Ok(())
        })
    }

    fn all(&self) -> Stored<'_, Vec<SessionRow>> {
        Box::pin(async move {
            self.query("SELECT * FROM session ORDER BY opened DESC, digest")
                .fetch_all()
                .await
                .map_err(failed("list sessions", THING))?
                .iter()
                .map(read)
                .collect()
        })
    }

    fn part<'a>(
        &'a self,
        part: &'a Part<(Timestamp, SessionDigest)>,
        now: Timestamp,
    ) -> Stored<'a, Vec<SessionRow>> {
        Box::pin(async move {
            let after = part.after.as_ref();
            // The first comparison is what an index is of use for.
            self.query(
                "SELECT * FROM session WHERE opened <= $1 AND (opened < $1 OR digest > $2) \
                 AND ends > $3 ORDER BY opened DESC, digest LIMIT $4",
            )
            .bind(after.map_or(i64::MAX, |(opened, _)| opened.micros()))
            .bind(after.map_or(&[][..], |(_, digest)| digest.as_bytes().as_slice()))
            .bind(now.micros())
            .bind(i64::from(part.most))
            .fetch_all()
            .await
            .map_err(failed("list sessions", THING))?
            .iter()
            .map(read)
            .collect()
        })
    }

    fn end<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query("DELETE FROM session WHERE digest = $1")
                .bind(digest.as_bytes().as_slice())
                .execute()
                .await
                .map_err(failed("end a session", THING))?;
            Ok(done == 1)
        })
    }

    fn sweep(&self, now: Timestamp, idle_since: Timestamp) -> Stored<'_, u64> {
        Box::pin(async move {
            let done = self
                .query("DELETE FROM session WHERE ends <= $1 OR seen < $2")
                .bind(now.micros())
                .bind(idle_since.micros())
                .execute()
                .await
                .map_err(failed("sweep sessions", THING))?;
            Ok(done)
        })
    }
}

/// Remembers that all sessions of a person end; each time that is another moment.
async fn note_end(
    both: &mut Transaction,
    upstream: &UpstreamName,
    login: &ErpLogin,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    both.query(
        "INSERT INTO person_end (upstream, login, at) VALUES ($1, $2, $3) \
         ON CONFLICT (upstream, login) DO UPDATE SET at = CASE \
         WHEN excluded.at > person_end.at THEN excluded.at ELSE person_end.at + 1 END",
    )
    .bind(upstream.as_str())
    .bind(login.as_str())
    .bind(now.micros())
    .execute()
    .await
    .map(drop)
}

fn read_end(row: &Row) -> Result<PersonEnd, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged { what: ENDED };
    let text = |column: &str| row.get::<&str>(column).map_err(|_| DAMAGED);
    Ok(PersonEnd {
        upstream: UpstreamName::new(text("upstream")?).map_err(|_| DAMAGED)?,
        login: ErpLogin::new(text("login")?).map_err(|_| DAMAGED)?,
        at: row.get("at").map(Timestamp).map_err(|_| DAMAGED)?,
    })
}

/// By what the sessions of one opener are found. No upstream's name has a space.
fn opener(opener: &Opener) -> String {
    match opener {
        Opener::Key(key) => by_key(key),
        Opener::Person(person) => by_person(&person.upstream, &person.login),
    }
}

fn by_key(key: &KeyId) -> String {
    key.as_str().to_owned()
}

fn by_person(upstream: &UpstreamName, login: &ErpLogin) -> String {
    format!("{upstream} {login}")
}

fn read(row: &Row) -> Result<SessionRow, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged { what: THING };
    let moment = |column: &str| row.get(column).map(Timestamp).map_err(|_| DAMAGED);
    let digest: &[u8] = row.get("digest").map_err(|_| DAMAGED)?;
    let text = |column: &str| row.get::<Option<&str>>(column).map_err(|_| DAMAGED);
    let opener = match (text("key")?, text("upstream")?, text("login")?) {
        (Some(key), None, None) => Opener::Key(KeyId::new(key).map_err(|_| DAMAGED)?),
        (None, Some(upstream), Some(login)) => Opener::Person(PersonRow {
            upstream: UpstreamName::new(upstream).map_err(|_| DAMAGED)?,
            login: ErpLogin::new(login).map_err(|_| DAMAGED)?,
            uid: row.get("uid").map_err(|_| DAMAGED)?,
            sealed: Sealed(row.get("sealed").map_err(|_| DAMAGED)?),
        }),
        _ => return Err(DAMAGED),
    };
    let style = text("style")?.map(str::parse);
    Ok(SessionRow {
        digest: SessionDigest::from_bytes(digest.try_into().map_err(|_| DAMAGED)?),
        opener,
        style: style.transpose().map_err(|_| DAMAGED)?,
        opened: moment("opened")?,
        seen: moment("seen")?,
        ends: moment("ends")?,
        network: row.get::<&str>("network").map_err(|_| DAMAGED)?.to_owned(),
        agent: row.get("agent").map_err(|_| DAMAGED)?,
    })
}
