//! `portcullis approval`: calls that wait for another person, and decisions on them.

use std::process::ExitCode;

use clap::Subcommand;
use portcullis_admin::approvals::{self, Judge, Shown, Verdict, describe};
use portcullis_audit::RequestId;
use portcullis_gateway::clock;
use portcullis_identity::Timestamp;
use portcullis_storage::{ApprovalRow, Part};

use crate::command::{recorded, refused};
use crate::operator;
use crate::place::{Place, PlaceArgs};
use crate::show;

/// So many are listed at the most.
const MOST: u32 = 10_000;

#[derive(clap::Args)]
pub(crate) struct ApprovalArgs {
    #[command(subcommand)]
    command: ApprovalCommand,

    #[command(flatten)]
    place: PlaceArgs,

    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum ApprovalCommand {
    /// List calls that wait, the newest first
    List {
        /// Also those that were decided, or waited too long
        #[arg(long)]
        all: bool,
    },
    /// Show one, with the values of the call
    Show {
        /// Its id, as `X-Approval` tells it
        #[arg(value_parser = id)]
        id: RequestId,
    },
    /// Let one be sent, once
    Approve(DecideArgs),
    /// Let one not be sent
    Reject(DecideArgs),
}

#[derive(clap::Args)]
struct DecideArgs {
    /// Its id, as `X-Approval` tells it
    #[arg(value_parser = id)]
    id: RequestId,

    /// Why; the caller is told why it is rejected
    #[arg(long)]
    reason: Option<String>,
}

fn id(text: &str) -> Result<RequestId, String> {
    RequestId::parse(text).ok_or_else(|| "this is no id: it has 32 hexadecimal digits".to_owned())
}

pub(crate) async fn run(args: ApprovalArgs) -> anyhow::Result<ExitCode> {
    let place = args.place.find()?;
    match args.command {
        ApprovalCommand::List { all } => list(&place, all, args.json).await,
        ApprovalCommand::Show { id } => show_one(&place, id, args.json).await,
        ApprovalCommand::Approve(asked) => {
            decide(&place, asked, (Verdict::Approve, "approve"), args.json).await
        }
        ApprovalCommand::Reject(asked) => {
            decide(&place, asked, (Verdict::Reject, "reject"), args.json).await
        }
    }
}

async fn list(place: &Place, all: bool, json: bool) -> anyhow::Result<ExitCode> {
    let now = clock::now();
    let at = place.installation().await?;
    let part = Part {
        after: None,
        most: MOST,
    };
    let mut rows = approvals::part(&at, part).await?.rows;
    rows.retain(|row| all || row.standing(now) == "waits");
    if json {
        show::json(&rows.iter().map(|row| describe(row, now)).collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let columns = [
        "id", "state", "asked", "ends", "caller", "user", "call", "rule",
    ];
    let mut table = show::table(&columns);
    for row in &rows {
        table.add_row([
            row.id.to_string(),
            row.standing(now).to_owned(),
            show::second(row.asked),
            show::second(row.ends),
            row.name.clone(),
            format!("{}/{}", row.upstream, row.login),
            format!("{}.{}", row.model, row.method),
            row.rule.clone(),
        ]);
    }
    show::print(&table, "no call waits")?;
    Ok(ExitCode::SUCCESS)
}

async fn show_one(place: &Place, id: RequestId, json: bool) -> anyhow::Result<ExitCode> {
    let now = clock::now();
    let at = place.installation().await?;
    let name = operator::name();
    let on = id.to_string();
    let judge = Judge::Operator(&name);
    let work = approvals::show(&at, &judge, id);
    let shown = match recorded(&at, ("approval", "show"), &on, work).await {
        Ok(shown) => shown,
        Err(refusal) => return refused(refusal),
    };
    if json {
        show::json(&shown.told(now))?;
        return Ok(ExitCode::SUCCESS);
    }
    tell(&shown.row, now)?;
    let Shown { call, .. } = shown;
    match call {
        Some(call) => show::line(&format!("{call:#}"))?,
        None => show::line("its values are forgotten")?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn decide(
    place: &Place,
    DecideArgs { id, reason }: DecideArgs,
    (verdict, verb): (Verdict, &'static str),
    json: bool,
) -> anyhow::Result<ExitCode> {
    let now = clock::now();
    let at = place.installation().await?;
    let name = operator::name();
    let on = id.to_string();
    let judge = Judge::Operator(&name);
    let work = approvals::decide(&at, &judge, (id, verdict, reason), now);
    let row = match recorded(&at, ("approval", verb), &on, work).await {
        Ok(row) => row,
        Err(refusal) => return refused(refusal),
    };
    if json {
        show::json(&describe(&row, now))?;
    } else {
        tell(&row, now)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(row: &ApprovalRow, now: Timestamp) -> anyhow::Result<()> {
    let decided = row.decided.as_ref().map(|decided| {
        let why = decided.why.as_ref().map(|why| format!(": {why}"));
        format!(" by {}{}", decided.by, why.unwrap_or_default())
    });
    show::line(&format!(
        "{} {}{}, until {}",
        row.id,
        row.standing(now),
        decided.unwrap_or_default(),
        show::second(row.ends)
    ))?;
    show::line(&format!(
        "{}.{} of {} as {}/{}, by the rule {}",
        row.model, row.method, row.name, row.upstream, row.login, row.rule
    ))
}
