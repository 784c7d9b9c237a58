//! Sessions and slips of administrators in a database.

use portcullis_identity::{AdministratorName, SessionDigest, Timestamp};
use portcullis_storage::{
    AdministratorRow, AdmissionRow, Admissions, Purpose, Sealed, SlipRow, Standing, StoreError,
    Stored,
};

use super::{Row, SqlStore, failed};

const THING: &str = "session";
const SLIP: &str = "slip";

impl Admissions for SqlStore {
    fn admit<'a>(
        &'a self,
        row: &'a AdmissionRow,
        seen: &'a AdministratorRow,
        most: u32,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let opening = || failed("open a session", THING);
            let mut all = self.begin().await.map_err(opening())?;
            let name = row.administrator.as_str();
            all.take_turn(name).await.map_err(opening())?;
            let done = all
                .query(
                    "INSERT INTO administrator_session \
                     (digest, administrator, standing, opened, seen, ends, network, agent) \
                     SELECT $1, name, $3, $4, $5, $6, $7, $9 FROM administrator \
                     WHERE name = $2 AND locked IS NULL AND password_set = $8 AND epoch = $10",
                )
                .bind(row.digest.as_bytes().as_slice())
                .bind(name)
                .bind(row.standing.as_str())
                .bind(row.opened.micros())
                .bind(row.seen.micros())
                .bind(row.ends.micros())
                .bind(row.network.as_str())
                .bind(seen.password_set.micros())
                .bind(row.agent.as_slice())
                .bind(seen.epoch)
                .execute()
                .await
                .map_err(opening())?;
            all.query(
                "DELETE FROM administrator_session WHERE digest IN (SELECT digest FROM \
                 (SELECT digest, row_number() OVER (ORDER BY seen DESC) AS place \
                 FROM administrator_session WHERE administrator = $1 AND digest <> $2) AS others \
                 WHERE place >= $3)",
            )
            .bind(name)
            .bind(row.digest.as_bytes().as_slice())
            .bind(i64::from(most.max(1)))
            .execute()
            .await
            .map_err(opening())?;
            all.commit().await.map_err(opening())?;
            Ok(done == 1)
        })
    }

    fn look_up<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, Option<AdmissionRow>> {
        Box::pin(async move {
            self.query("SELECT * FROM administrator_session WHERE digest = $1")
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
            self.query(
                "UPDATE administrator_session SET seen = $2 WHERE digest = $1 AND seen < $2",
            )
            .bind(digest.as_bytes().as_slice())
            .bind(now.micros())
            .execute()
            .await
            .map_err(failed("note that a session was used", THING))?;
            Ok(())
        })
    }

    fn end<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query("DELETE FROM administrator_session WHERE digest = $1")
                .bind(digest.as_bytes().as_slice())
                .execute()
                .await
                .map_err(failed("end a session", THING))?;
            Ok(done == 1)
        })
    }

    fn end_of<'a>(&'a self, name: &'a AdministratorName) -> Stored<'a, u64> {
        Box::pin(async move {
            self.query("DELETE FROM administrator_session WHERE administrator = $1")
                .bind(name.as_str())
                .execute()
                .await
                .map_err(failed("end the sessions of an administrator", THING))
        })
    }

    fn all(&self) -> Stored<'_, Vec<AdmissionRow>> {
        Box::pin(async move {
            self.query("SELECT * FROM administrator_session ORDER BY opened DESC, digest")
                .fetch_all()
                .await
                .map_err(failed("list sessions", THING))?
                .iter()
                .map(read)
                .collect()
        })
    }

    fn put_slip<'a>(&'a self, row: &'a SlipRow, most: u32) -> Stored<'a, bool> {
        Box::pin(async move {
            let keeping = || failed("keep a slip", SLIP);
            let mut all = self.begin().await.map_err(keeping())?;
            let name = row.administrator.as_str();
            all.take_turn(name).await.map_err(keeping())?;
            let done = all
                .query(
                    "INSERT INTO administrator_slip (digest, administrator, purpose, sealed, ends) \
                     SELECT $1, name, $3, $4, $5 FROM administrator \
                     WHERE name = $2 AND locked IS NULL",
                )
                .bind(row.digest.as_slice())
                .bind(name)
                .bind(row.purpose.as_str())
                .bind(row.sealed.0.as_slice())
                .bind(row.ends.micros())
                .execute()
                .await
                .map_err(keeping())?;
            all.query(
                "DELETE FROM administrator_slip WHERE digest IN (SELECT digest FROM \
                 (SELECT digest, row_number() OVER (ORDER BY ends DESC) AS place \
                 FROM administrator_slip WHERE administrator = $1 AND digest <> $2) AS others \
                 WHERE place >= $3)",
            )
            .bind(name)
            .bind(row.digest.as_slice())
            .bind(i64::from(most.max(1)))
            .execute()
            .await
            .map_err(keeping())?;
            all.commit().await.map_err(keeping())?;
            Ok(done == 1)
        })
    }

    fn take_slip<'a>(
        &'a self,
        digest: &'a [u8; 32],
        purpose: Purpose,
        now: Timestamp,
    ) -> Stored<'a, Option<SlipRow>> {
        Box::pin(async move {
            self.query(
                "DELETE FROM administrator_slip \
                 WHERE digest = $1 AND purpose = $2 AND ends > $3 RETURNING *",
            )
            .bind(digest.as_slice())
            .bind(purpose.as_str())
            .bind(now.micros())
            .fetch_optional()
            .await
            .map_err(failed("take a slip", SLIP))?
            .map(|row| read_slip(&row))
            .transpose()
        })
    }

    fn sweep(&self, now: Timestamp, idle_since: Timestamp) -> Stored<'_, u64> {
        Box::pin(async move {
            let sessions = self
                .query("DELETE FROM administrator_session WHERE ends <= $1 OR seen < $2")
                .bind(now.micros())
                .bind(idle_since.micros())
                .execute()
                .await
                .map_err(failed("sweep sessions", THING))?;
            let slips = self
                .query("DELETE FROM administrator_slip WHERE ends <= $1")
                .bind(now.micros())
                .execute()
                .await
                .map_err(failed("sweep slips", SLIP))?;
            Ok(sessions.saturating_add(slips))
        })
    }
}

fn read(row: &Row) -> Result<AdmissionRow, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged { what: THING };
    let moment = |column: &str| row.get(column).map(Timestamp).map_err(|_| DAMAGED);
    let text = |column: &str| row.get::<&str>(column).map_err(|_| DAMAGED);
    let digest: &[u8] = row.get("digest").map_err(|_| DAMAGED)?;
    Ok(AdmissionRow {
        digest: SessionDigest::from_bytes(digest.try_into().map_err(|_| DAMAGED)?),
        administrator: AdministratorName::new(text("administrator")?).map_err(|_| DAMAGED)?,
        standing: match text("standing")? {
            "full" => Standing::Full,
            "enrolling" => Standing::Enrolling,
            _ => return Err(DAMAGED),
        },
        opened: moment("opened")?,
        seen: moment("seen")?,
        ends: moment("ends")?,
        network: text("network")?.to_owned(),
        agent: row.get("agent").map_err(|_| DAMAGED)?,
    })
}

fn read_slip(row: &Row) -> Result<SlipRow, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged { what: SLIP };
    let text = |column: &str| row.get::<&str>(column).map_err(|_| DAMAGED);
    let digest: &[u8] = row.get("digest").map_err(|_| DAMAGED)?;
    let all = [
        Purpose::Enrolment,
        Purpose::Totp,
        Purpose::Registration,
        Purpose::Authentication,
    ];
    let written = text("purpose")?;
    Ok(SlipRow {
        digest: digest.try_into().map_err(|_| DAMAGED)?,
        administrator: AdministratorName::new(text("administrator")?).map_err(|_| DAMAGED)?,
        purpose: all
            .into_iter()
            .find(|purpose| purpose.as_str() == written)
            .ok_or(DAMAGED)?,
        sealed: Sealed(row.get("sealed").map_err(|_| DAMAGED)?),
        ends: row.get("ends").map(Timestamp).map_err(|_| DAMAGED)?,
    })
}
