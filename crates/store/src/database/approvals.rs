//! Approvals in a database. Asking is done one after the other: so one uses an approval up, and
//! no more wait than may.

use portcullis_audit::RequestId;
use portcullis_identity::{ErpLogin, KeyId, Timestamp, UpstreamName};
use portcullis_storage::{
    ApprovalRow, ApprovalState, Approvals, Asked, Decided, Part, Sealed, StoreError, Stored,
    Waiting,
};

use super::{Row, SqlStore, Transaction, failed};

const THING: &str = "approval";

/// Under which name turns are taken.
const TURN: &str = "approvals";

const DAMAGED: StoreError = StoreError::Damaged { what: THING };

impl Approvals for SqlStore {
    fn ask<'a>(&'a self, row: &'a ApprovalRow, most: Waiting) -> Stored<'a, Asked> {
        Box::pin(async move {
            let asking = || failed("ask for an approval", THING);
            let mut turn = self.begin().await.map_err(asking())?;
            turn.take_turn(TURN).await.map_err(asking())?;
            let found = turn
                .query(
                    "SELECT * FROM approval WHERE caller = $1 AND call = $2 AND ends > $3 \
                     AND state <> 'used' ORDER BY asked DESC LIMIT 1",
                )
                .bind(&*row.caller)
                .bind(row.call.as_slice())
                .bind(row.asked.micros())
                .fetch_optional()
                .await
                .map_err(asking())?;
            let asked = match found.as_ref().map(read).transpose()? {
                None => queued(&mut turn, row, most).await.map_err(asking())?,
                Some(found) => match found.state {
                    ApprovalState::Approved => {
                        turn.query(
                            "UPDATE approval SET state = 'used', sealed = NULL WHERE id = $1 \
                             AND state = 'approved'",
                        )
                        .bind(found.id.0.to_be_bytes().as_slice())
                        .execute()
                        .await
                        .map_err(asking())?;
                        Asked::Used(Box::new(found))
                    }
                    ApprovalState::Rejected => Asked::Rejected(Box::new(found)),
                    ApprovalState::Waits | ApprovalState::Used => Asked::Waits(Box::new(found)),
                },
            };
            turn.commit().await.map_err(asking())?;
            Ok(asked)
        })
    }

    fn find(&self, id: RequestId) -> Stored<'_, Option<ApprovalRow>> {
        Box::pin(async move {
            let row = self
                .query("SELECT * FROM approval WHERE id = $1")
                .bind(id.0.to_be_bytes().as_slice())
                .fetch_optional()
                .await
                .map_err(failed("find an approval", THING))?;
            row.as_ref().map(read).transpose()
        })
    }

    fn part<'a>(&'a self, part: &'a Part<(Timestamp, RequestId)>) -> Stored<'a, Vec<ApprovalRow>> {
        Box::pin(async move {
            let after = part.after.as_ref();
            let id = after.map(|(_, id)| id.0.to_be_bytes());
            self.query(
                "SELECT id, caller, call, asked, ends, name, kind, key, upstream, login, model, \
                 method, operation, rule, NULL AS sealed, state, decided, decider, why \
                 FROM approval WHERE asked <= $1 AND (asked < $1 OR id > $2) \
                 ORDER BY asked DESC, id LIMIT $3",
            )
            .bind(after.map_or(i64::MAX, |(asked, _)| asked.micros()))
            .bind(id.as_ref().map_or(&[][..], |id| id.as_slice()))
            .bind(i64::from(part.most))
            .fetch_all()
            .await
            .map_err(failed("list approvals", THING))?
            .iter()
            .map(read)
            .collect()
        })
    }

    fn decide<'a>(
        &'a self,
        id: RequestId,
        state: ApprovalState,
        decided: &'a Decided,
        ends: Timestamp,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let deciding = || failed("decide an approval", THING);
            let mut turn = self.begin().await.map_err(deciding())?;
            turn.take_turn(TURN).await.map_err(deciding())?;
            let done = turn
                .query(
                    "UPDATE approval SET state = $2, decider = $3, decided = $4, why = $5, \
                     ends = $6, sealed = CASE WHEN $2 = 'rejected' THEN NULL ELSE sealed END \
                     WHERE id = $1 AND state = 'waits' AND ends > $4",
                )
                .bind(id.0.to_be_bytes().as_slice())
                .bind(state.as_str())
                .bind(decided.by.as_str())
                .bind(decided.at.micros())
                .bind(decided.why.as_deref())
                .bind(ends.micros())
                .execute()
                .await
                .map_err(deciding())?;
            turn.commit().await.map_err(deciding())?;
            Ok(done == 1)
        })
    }

    fn forget(&self, now: Timestamp, before: Timestamp) -> Stored<'_, u64> {
        Box::pin(async move {
            let forgetting = || failed("forget approvals", THING);
            self.query("UPDATE approval SET sealed = NULL WHERE ends <= $1 AND sealed IS NOT NULL")
                .bind(now.micros())
                .execute()
                .await
                .map_err(forgetting())?;
            self.query("DELETE FROM approval WHERE ends < $1")
                .bind(before.micros())
                .execute()
                .await
                .map_err(forgetting())
        })
    }

    fn touched<'a>(
        &'a self,
        key: &'a KeyId,
        predecessor: Option<&'a KeyId>,
        by: &'a str,
    ) -> Stored<'a, ()> {
        Box::pin(async move {
            let noting = || failed("note who had a key in hands", "key");
            let mut both = self.begin().await.map_err(noting())?;
            if let Some(predecessor) = predecessor {
                both.query(
                    "INSERT INTO key_hand (key, name) SELECT $1, name FROM key_hand \
                     WHERE key = $2 ON CONFLICT (key, name) DO NOTHING",
                )
                .bind(key.as_str())
                .bind(predecessor.as_str())
                .execute()
                .await
                .map_err(noting())?;
            }
            both.query(
                "INSERT INTO key_hand (key, name) VALUES ($1, $2) \
                 ON CONFLICT (key, name) DO NOTHING",
            )
            .bind(key.as_str())
            .bind(by)
            .execute()
            .await
            .map_err(noting())?;
            both.commit().await.map_err(noting())
        })
    }

    fn hands<'a>(&'a self, key: &'a KeyId) -> Stored<'a, Vec<String>> {
        Box::pin(async move {
            let rows = self
                .query("SELECT name FROM key_hand WHERE key = $1 ORDER BY name")
                .bind(key.as_str())
                .fetch_all()
                .await
                .map_err(failed("find who had a key in hands", "key"))?;
            rows.iter()
                .map(|row| row.get::<String>("name").map_err(|_| DAMAGED))
                .collect()
        })
    }
}

/// Makes an entry that waits, if one more may.
async fn queued(
    turn: &mut Transaction,
    row: &ApprovalRow,
    most: Waiting,
) -> Result<Asked, sqlx::Error> {
    let inserted = turn
        .query(
            "INSERT INTO approval (id, caller, call, asked, ends, name, kind, key, upstream, \
             login, model, method, operation, rule, sealed, state) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'waits' \
             WHERE (SELECT count(*) FROM approval WHERE state = 'waits' AND ends > $4 \
             AND caller = $2) < $16 \
             AND (SELECT count(*) FROM approval WHERE state = 'waits' AND ends > $4) < $17",
        )
        .bind(row.id.0.to_be_bytes().as_slice())
        .bind(&*row.caller)
        .bind(row.call.as_slice())
        .bind(row.asked.micros())
        .bind(row.ends.micros())
        .bind(row.name.as_str())
        .bind(row.kind.as_str())
        .bind(row.key.as_ref().map(KeyId::as_str))
        .bind(row.upstream.as_str())
        .bind(row.login.as_str())
        .bind(row.model.as_str())
        .bind(row.method.as_str())
        .bind(row.operation.as_str())
        .bind(row.rule.as_str())
        .bind(row.sealed.as_ref().map(|sealed| sealed.0.as_slice()))
        .bind(i64::from(most.per_caller))
        .bind(i64::from(most.most))
        .execute()
        .await?;
    Ok(if inserted == 1 {
        Asked::Queued
    } else {
        Asked::Full
    })
}

fn read(row: &Row) -> Result<ApprovalRow, StoreError> {
    let text = |column: &str| row.get::<String>(column).map_err(|_| DAMAGED);
    let maybe = |column: &str| row.get::<Option<String>>(column).map_err(|_| DAMAGED);
    let number = |column: &str| row.get::<i64>(column).map_err(|_| DAMAGED);
    let bytes = |column: &str| row.get::<Vec<u8>>(column).map_err(|_| DAMAGED);
    let id = <[u8; 16]>::try_from(bytes("id")?).map_err(|_| DAMAGED)?;
    let state = text("state")?;
    let state = ApprovalState::ALL.iter().find(|one| one.as_str() == state);
    let decided = row.get::<Option<i64>>("decided").map_err(|_| DAMAGED)?;
    let decided = match (decided, maybe("decider")?) {
        (Some(at), Some(by)) => Some(Decided {
            by,
            at: Timestamp(at),
            why: maybe("why")?,
        }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(DAMAGED),
    };
    let sealed = row.get::<Option<Vec<u8>>>("sealed").map_err(|_| DAMAGED)?;
    Ok(ApprovalRow {
        id: RequestId(u128::from_be_bytes(id)),
        caller: text("caller")?.into(),
        call: <[u8; 32]>::try_from(bytes("call")?).map_err(|_| DAMAGED)?,
        asked: Timestamp(number("asked")?),
        ends: Timestamp(number("ends")?),
        name: text("name")?,
        kind: text("kind")?,
        key: maybe("key")?
            .map(|key| key.parse().map_err(|_| DAMAGED))
            .transpose()?,
        upstream: UpstreamName::new(&text("upstream")?).map_err(|_| DAMAGED)?,
        login: ErpLogin::new(&text("login")?).map_err(|_| DAMAGED)?,
        model: text("model")?,
        method: text("method")?,
        operation: text("operation")?,
        rule: text("rule")?,
        sealed: sealed.map(Sealed),
        state: *state.ok_or(DAMAGED)?,
        decided,
    })
}
