//! Administrators in a database.

mod factors;

use portcullis_identity::{AdminRole, AdministratorName, RecoveryDigest, Scope, Timestamp};
use portcullis_storage::{
    AdministratorRow, Administrators, Ending, FactorRow, Makes, Removal, Removed, Sealed,
    StoreError, Stored,
};

use super::{Row, SqlStore, Transaction, buried, failed};

const THING: &str = "administrator";
const DAMAGED: StoreError = StoreError::Damaged { what: THING };

impl Administrators for SqlStore {
    fn add<'a>(&'a self, row: &'a AdministratorRow) -> Stored<'a, ()> {
        Box::pin(async move {
            self.query(
                "INSERT INTO administrator \
                 (name, roles, scope, password, password_set, handle, created, locked) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(row.name.as_str())
            .bind(roles(&row.roles))
            .bind(scope(&row.scope)?)
            .bind(row.password.0.as_slice())
            .bind(row.password_set.micros())
            .bind(row.handle.as_slice())
            .bind(row.created.micros())
            .bind(row.locked.map(Timestamp::micros))
            .execute()
            .await
            .map_err(failed("add an administrator", THING))?;
            Ok(())
        })
    }

    fn find<'a>(&'a self, name: &'a AdministratorName) -> Stored<'a, Option<AdministratorRow>> {
        Box::pin(async move {
            let found = self
                .query("SELECT * FROM administrator WHERE name = $1")
                .bind(name.as_str())
                .fetch_optional()
                .await
                .map_err(failed("find an administrator", THING))?;
            let found = found.iter().map(read).collect::<Result<_, _>>()?;
            Ok(self.without_buried(found).await?.pop())
        })
    }

    fn all(&self) -> Stored<'_, Vec<AdministratorRow>> {
        Box::pin(async move {
            let found = self
                .query("SELECT * FROM administrator ORDER BY name")
                .fetch_all()
                .await
                .map_err(failed("list administrators", THING))?;
            let found = found.iter().map(read).collect::<Result<_, _>>()?;
            self.without_buried(found).await
        })
    }

    fn set_roles<'a>(
        &'a self,
        name: &'a AdministratorName,
        new: &'a [AdminRole],
        reach: &'a Scope,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query("UPDATE administrator SET roles = $2, scope = $3 WHERE name = $1")
                .bind(name.as_str())
                .bind(roles(new))
                .bind(scope(reach)?)
                .execute()
                .await
                .map_err(failed("change what an administrator may do", THING))?;
            Ok(done == 1)
        })
    }

    fn set_password<'a>(
        &'a self,
        name: &'a AdministratorName,
        password: &'a Sealed,
        now: Timestamp,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let setting = || failed("set a password", THING);
            let mut all = self.begin().await.map_err(setting())?;
            all.take_turn(name.as_str()).await.map_err(setting())?;
            let text = "UPDATE administrator SET password = $2, password_set = $3 WHERE name = $1";
            let done = all.query(text).bind(name.as_str());
            let done = done.bind(password.0.as_slice()).bind(now.micros());
            let done = done.execute().await.map_err(setting())?;
            shut_out(&mut all, name).await.map_err(setting())?;
            all.commit().await.map_err(setting())?;
            Ok(done == 1)
        })
    }

    fn rehash<'a>(
        &'a self,
        name: &'a AdministratorName,
        old: &'a Sealed,
        new: &'a Sealed,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query("UPDATE administrator SET password = $3 WHERE name = $1 AND password = $2")
                .bind(name.as_str())
                .bind(old.0.as_slice())
                .bind(new.0.as_slice())
                .execute()
                .await
                .map_err(failed("keep a password's hash anew", THING))?;
            Ok(done == 1)
        })
    }

    fn lock<'a>(&'a self, name: &'a AdministratorName, now: Timestamp) -> Stored<'a, bool> {
        Box::pin(async move {
            let locking = || failed("lock an administrator out", THING);
            let mut all = self.begin().await.map_err(locking())?;
            all.take_turn(name.as_str()).await.map_err(locking())?;
            let text = "UPDATE administrator SET locked = $2 WHERE name = $1 AND locked IS NULL";
            let done = all.query(text).bind(name.as_str()).bind(now.micros());
            let done = done.execute().await.map_err(locking())?;
            shut_out(&mut all, name).await.map_err(locking())?;
            all.commit().await.map_err(locking())?;
            Ok(done == 1)
        })
    }

    fn unlock<'a>(&'a self, name: &'a AdministratorName) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query(
                    "UPDATE administrator SET locked = NULL \
                     WHERE name = $1 AND locked IS NOT NULL",
                )
                .bind(name.as_str())
                .execute()
                .await
                .map_err(failed("let an administrator in again", THING))?;
            Ok(done == 1)
        })
    }

    fn remove<'a>(
        &'a self,
        name: &'a AdministratorName,
        makes: Makes,
        now: Timestamp,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let removing = || failed("remove an administrator", THING);
            let mut all = self.begin().await.map_err(removing())?;
            all.take_turn(name.as_str()).await.map_err(removing())?;
            buried::remember(&mut all, name.as_str(), now)
                .await
                .map_err(removing())?;
            // What is theirs goes with them.
            let done = all
                .query("DELETE FROM administrator WHERE name = $1")
                .bind(name.as_str())
                .execute()
                .await
                .map_err(removing())?;
            let ended = match makes {
                Makes::End => buried::end_makes(&mut all, name.as_str(), now).await,
                Makes::Stay => {
                    all.query("UPDATE admin_key SET maker = NULL WHERE maker = $1 RETURNING id")
                        .bind(name.as_str())
                        .fetch_all()
                        .await
                }
            };
            let ended = ended.map_err(removing())?;
            all.commit().await.map_err(removing())?;
            // Looking remembers it in the file, of a key and of a name.
            for row in &ended {
                self.remember_admin_key(row).await?;
            }
            self.without_buried(Vec::new()).await?;
            Ok(done == 1)
        })
    }

    fn factors<'a>(&'a self, name: &'a AdministratorName) -> Stored<'a, Vec<FactorRow>> {
        Box::pin(async move {
            self.query(
                "SELECT * FROM administrator_factor WHERE administrator = $1 ORDER BY created, id",
            )
            .bind(name.as_str())
            .fetch_all()
            .await
            .map_err(failed("list second factors", THING))?
            .iter()
            .map(factors::read)
            .collect()
        })
    }

    fn put_factor<'a>(&'a self, row: &'a FactorRow, ending: Ending<'a>) -> Stored<'a, bool> {
        Box::pin(async move {
            let putting = || failed("keep a second factor", THING);
            let name = row.administrator.as_str();
            let mut all = self.begin().await.map_err(putting())?;
            all.take_turn(name).await.map_err(putting())?;
            if !factors::end(&mut all, name, ending)
                .await
                .map_err(putting())?
            {
                return Ok(false);
            }
            factors::put(&mut all, row).await.map_err(putting())?;
            factors::count(&mut all, name).await.map_err(putting())?;
            all.commit().await.map_err(putting())?;
            Ok(true)
        })
    }

    fn take_try<'a>(
        &'a self,
        name: &'a AdministratorName,
        (every, span): (i64, i64),
        now: Timestamp,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query(
                    "UPDATE administrator \
                     SET tries = CASE WHEN tries > $2 THEN tries ELSE $2 END + $3 \
                     WHERE name = $1 AND tries <= $4",
                )
                .bind(name.as_str())
                .bind(now.micros())
                .bind(every)
                .bind(now.micros().saturating_add(span))
                .execute()
                .await
                .map_err(failed("count a try", THING))?;
            Ok(done == 1)
        })
    }

    fn give_try_back<'a>(&'a self, name: &'a AdministratorName, every: i64) -> Stored<'a, ()> {
        Box::pin(async move {
            self.query("UPDATE administrator SET tries = tries - $2 WHERE name = $1")
                .bind(name.as_str())
                .bind(every)
                .execute()
                .await
                .map_err(failed("give a try back", THING))?;
            Ok(())
        })
    }

    fn count_step<'a>(
        &'a self,
        name: &'a AdministratorName,
        id: &'a str,
        step: i64,
        now: Timestamp,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query(
                    "UPDATE administrator_factor SET step = $3, used = $4 \
                     WHERE administrator = $1 AND id = $2 AND step < $3",
                )
                .bind(name.as_str())
                .bind(id)
                .bind(step)
                .bind(now.micros())
                .execute()
                .await
                .map_err(failed("count a code", THING))?;
            Ok(done == 1)
        })
    }

    fn used_passkey<'a>(
        &'a self,
        name: &'a AdministratorName,
        id: &'a str,
        old: &'a Sealed,
        new: &'a Sealed,
        now: Timestamp,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query(
                    "UPDATE administrator_factor SET sealed = $4, used = $5 \
                     WHERE administrator = $1 AND id = $2 AND sealed = $3",
                )
                .bind(name.as_str())
                .bind(id)
                .bind(old.0.as_slice())
                .bind(new.0.as_slice())
                .bind(now.micros())
                .execute()
                .await
                .map_err(failed("note that a passkey was used", THING))?;
            Ok(done == 1)
        })
    }

    fn remove_factor<'a>(
        &'a self,
        name: &'a AdministratorName,
        id: &'a str,
        removal: Removal,
    ) -> Stored<'a, Removed> {
        Box::pin(async move {
            let removing = || failed("remove a second factor", THING);
            let mut all = self.begin().await.map_err(removing())?;
            all.take_turn(name.as_str()).await.map_err(removing())?;
            let removed = factors::remove(&mut all, name.as_str(), id, removal).await;
            let removed = removed.map_err(removing())?;
            if removed == Removed::Done {
                all.commit().await.map_err(removing())?;
            }
            Ok(removed)
        })
    }

    fn put_recovery<'a>(
        &'a self,
        name: &'a AdministratorName,
        codes: &'a [RecoveryDigest],
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let putting = || failed("keep recovery codes", THING);
            let mut all = self.begin().await.map_err(putting())?;
            all.take_turn(name.as_str()).await.map_err(putting())?;
            let there = all.query("SELECT name FROM administrator WHERE name = $1");
            let there = there.bind(name.as_str()).fetch_optional().await;
            if there.map_err(putting())?.is_none() {
                return Ok(false);
            }
            all.query("DELETE FROM administrator_recovery WHERE administrator = $1")
                .bind(name.as_str())
                .execute()
                .await
                .map_err(putting())?;
            for code in codes {
                let text =
                    "INSERT INTO administrator_recovery (administrator, digest) VALUES ($1, $2)";
                let one = all.query(text).bind(name.as_str());
                let one = one.bind(code.as_bytes().as_slice());
                one.execute().await.map_err(putting())?;
            }
            all.commit().await.map_err(putting())?;
            Ok(true)
        })
    }

    fn spend_recovery<'a>(
        &'a self,
        name: &'a AdministratorName,
        code: &'a RecoveryDigest,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query(
                    "DELETE FROM administrator_recovery WHERE administrator = $1 AND digest = $2",
                )
                .bind(name.as_str())
                .bind(code.as_bytes().as_slice())
                .execute()
                .await
                .map_err(failed("spend a recovery code", THING))?;
            Ok(done == 1)
        })
    }

    fn recovery_left<'a>(&'a self, name: &'a AdministratorName) -> Stored<'a, u64> {
        Box::pin(async move {
            let n: i64 = self
                .query("SELECT count(*) AS n FROM administrator_recovery WHERE administrator = $1")
                .bind(name.as_str())
                .fetch_one()
                .await
                .and_then(|row| row.get("n"))
                .map_err(failed("count recovery codes", THING))?;
            u64::try_from(n).map_err(|_| DAMAGED)
        })
    }
}

/// Ends what lets an administrator in.
async fn shut_out(all: &mut Transaction, name: &AdministratorName) -> Result<(), sqlx::Error> {
    for text in [
        "DELETE FROM administrator_session WHERE administrator = $1",
        "DELETE FROM administrator_slip WHERE administrator = $1",
    ] {
        all.query(text).bind(name.as_str()).execute().await?;
    }
    Ok(())
}

fn roles(roles: &[AdminRole]) -> String {
    let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    names.join(" ")
}

fn scope(scope: &Scope) -> Result<String, StoreError> {
    serde_json::to_string(scope).map_err(|_| DAMAGED)
}

fn read(row: &Row) -> Result<AdministratorRow, StoreError> {
    let text = |column: &str| row.get::<&str>(column).map_err(|_| DAMAGED);
    let roles = text("roles")?.split(' ').filter(|role| !role.is_empty());
    let handle: &[u8] = row.get("handle").map_err(|_| DAMAGED)?;
    let locked: Option<i64> = row.get("locked").map_err(|_| DAMAGED)?;
    Ok(AdministratorRow {
        name: AdministratorName::new(text("name")?).map_err(|_| DAMAGED)?,
        roles: roles
            .map(|role| role.parse().map_err(|_| DAMAGED))
            .collect::<Result<_, _>>()?,
        scope: serde_json::from_str(text("scope")?).map_err(|_| DAMAGED)?,
        password: Sealed(row.get("password").map_err(|_| DAMAGED)?),
        password_set: row
            .get("password_set")
            .map(Timestamp)
            .map_err(|_| DAMAGED)?,
        handle: handle.try_into().map_err(|_| DAMAGED)?,
        created: row.get("created").map(Timestamp).map_err(|_| DAMAGED)?,
        locked: locked.map(Timestamp),
        epoch: row.get("epoch").map_err(|_| DAMAGED)?,
        tries: row.get("tries").map(Timestamp).map_err(|_| DAMAGED)?,
    })
}
