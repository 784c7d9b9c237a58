//! Claims in a database. Claiming is one insert, in its turn: whoever's row is there has claimed.

use portcullis_identity::Timestamp;
use portcullis_storage::{
    Claim, ClaimState, Claiming, Claims, ProcessId, Sealed, StoreError, Stored,
};

use super::{Row, SqlStore, failed};

const THING: &str = "claim";

impl Claims for SqlStore {
    fn claim<'a>(&'a self, claim: &'a Claim, since: Timestamp, most: u32) -> Stored<'a, Claiming> {
        Box::pin(async move {
            let what = "claim a key";
            let mut turn = self.begin().await.map_err(failed(what, THING))?;
            // One after the other for each caller, so that it has no more than it may have.
            let waited = turn.take_turn(&claim.caller).await;
            waited.map_err(failed(what, THING))?;
            // What was claimed too long ago is no claim any more.
            turn.query("DELETE FROM claim WHERE caller = $1 AND key = $2 AND claimed < $3")
                .bind(&*claim.caller)
                .bind(claim.key.as_slice())
                .bind(since.micros())
                .execute()
                .await
                .map_err(failed(what, THING))?;
            let inserted = turn
                .query(
                    "INSERT INTO claim (caller, key, call, guards, process, claimed, state) \
                     SELECT $1, $2, $3, $4, $5, $6, 'running' \
                     WHERE (SELECT count(*) FROM claim WHERE caller = $1) < $7 \
                     ON CONFLICT (caller, key) DO NOTHING",
                )
                .bind(&*claim.caller)
                .bind(claim.key.as_slice())
                .bind(claim.call.as_slice())
                .bind(claim.guards.as_slice())
                .bind(claim.process.0.cast_signed())
                .bind(claim.claimed.micros())
                .bind(i64::from(most))
                .execute()
                .await
                .map_err(failed(what, THING))?;
            let claiming = if inserted == 1 {
                Claiming::Claimed
            } else {
                let taken = turn
                    .query("SELECT * FROM claim WHERE caller = $1 AND key = $2")
                    .bind(&*claim.caller)
                    .bind(claim.key.as_slice())
                    .fetch_optional()
                    .await
                    .map_err(failed("find a claim", THING))?;
                match taken.as_ref().map(read).transpose()? {
                    Some((claim, state)) => Claiming::Taken(claim, state),
                    None => Claiming::Full,
                }
            };
            turn.commit().await.map_err(failed(what, THING))?;
            Ok(claiming)
        })
    }

    fn end<'a>(
        &'a self,
        caller: &'a str,
        key: &'a [u8; 32],
        state: &'a ClaimState,
        room: u64,
    ) -> Stored<'a, ()> {
        let (name, answer) = match state {
            ClaimState::Running => ("running", None),
            ClaimState::Answered(sealed) => ("answered", Some(sealed.0.as_slice())),
            ClaimState::Unkept => ("unkept", None),
            ClaimState::Unknown => ("unknown", None),
        };
        Box::pin(async move {
            let ending = || failed("end a claim", THING);
            let mut both = self.begin().await.map_err(ending())?;
            both.take_turn(caller).await.map_err(ending())?;
            both.query(
                "UPDATE claim SET state = $3, answer = $4, bytes = coalesce(length($4), 0) \
                 WHERE caller = $1 AND key = $2 AND state = 'running'",
            )
            .bind(caller)
            .bind(key.as_slice())
            .bind(name)
            .bind(answer)
            .execute()
            .await
            .map_err(ending())?;
            if answer.is_some() {
                both.query(
                    "UPDATE claim SET state = 'unkept', answer = NULL, bytes = 0 WHERE rowid IN \
                     (SELECT rowid FROM (SELECT rowid, sum(bytes) OVER \
                     (ORDER BY claimed DESC, rowid DESC) AS held \
                     FROM claim WHERE caller = $1 AND bytes > 0) AS answers WHERE held > $2)",
                )
                .bind(caller)
                .bind(i64::try_from(room).unwrap_or(i64::MAX))
                .execute()
                .await
                .map_err(ending())?;
            }
            both.commit().await.map_err(ending())
        })
    }

    fn release<'a>(&'a self, claim: &'a Claim) -> Stored<'a, ()> {
        Box::pin(async move {
            let releasing = || failed("release a claim", THING);
            // In its turn: the claim itself may still be on its way.
            let mut turn = self.begin().await.map_err(releasing())?;
            turn.take_turn(&claim.caller).await.map_err(releasing())?;
            turn.query(
                "DELETE FROM claim WHERE caller = $1 AND key = $2 AND process = $3 \
                 AND claimed = $4 AND state = 'running'",
            )
            .bind(&*claim.caller)
            .bind(claim.key.as_slice())
            .bind(claim.process.0.cast_signed())
            .bind(claim.claimed.micros())
            .execute()
            .await
            .map_err(releasing())?;
            turn.commit().await.map_err(releasing())
        })
    }

    fn forget(&self, before: Timestamp) -> Stored<'_, u64> {
        Box::pin(async move {
            let done = self
                .query("DELETE FROM claim WHERE claimed < $1")
                .bind(before.micros())
                .execute()
                .await
                .map_err(failed("forget claims", THING))?;
            Ok(done)
        })
    }
}

fn read(row: &Row) -> Result<(Claim, ClaimState), StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged { what: THING };
    let digest = |column: &str| {
        let bytes: &[u8] = row.get(column).map_err(|_| DAMAGED)?;
        <[u8; 32]>::try_from(bytes).map_err(|_| DAMAGED)
    };
    let number = |column: &str| row.get::<i64>(column).map_err(|_| DAMAGED);
    let answer: Option<Vec<u8>> = row.get("answer").map_err(|_| DAMAGED)?;
    let caller: &str = row.get("caller").map_err(|_| DAMAGED)?;
    let state = match (row.get("state").map_err(|_| DAMAGED)?, answer) {
        ("running", None) => ClaimState::Running,
        ("answered", Some(sealed)) => ClaimState::Answered(Sealed(sealed)),
        ("unkept", None) => ClaimState::Unkept,
        ("unknown", None) => ClaimState::Unknown,
        _ => return Err(DAMAGED),
    };
    let claim = Claim {
        caller: caller.into(),
        key: digest("key")?,
        call: digest("call")?,
        guards: digest("guards")?,
        process: ProcessId(number("process")?.cast_unsigned()),
        claimed: Timestamp(number("claimed")?),
    };
    Ok((claim, state))
}
