//! `portcullis audit`: the ledger, shown and verified.
//!
//! It needs the data folder alone, and no running gateway.

mod trace;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use portcullis_audit::{Report, RequestId, Verdict};
use portcullis_gateway::{audit, clock};
use portcullis_identity::Timestamp;
use portcullis_store::{Ledger, Record, Selection};
use serde_json::{Value, json};

use crate::house::ledger_folder;
use crate::place::PlaceArgs;
use crate::show;

#[derive(clap::Args)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,

    #[command(flatten)]
    place: PlaceArgs,

    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Show the last records
    Tail(TailArgs),
    /// Show the records of one request, and what the ERP itself said if it failed there
    Trace {
        /// The request, as `X-Request-Id` names it
        #[arg(value_parser = request)]
        request: RequestId,
    },
    /// Hold every line of the ledger against its hash chain; ends with 1 if it is not whole
    Verify,
}

#[derive(clap::Args)]
struct TailArgs {
    /// How many
    #[arg(short = 'n', long, default_value_t = 20)]
    last: usize,

    /// Go on as records are closed
    #[arg(short, long)]
    follow: bool,

    /// From this moment on (2026-11-22T08:00:00Z)
    #[arg(long, value_parser = Timestamp::parse_rfc3339)]
    since: Option<Timestamp>,

    /// Before this moment
    #[arg(long, value_parser = Timestamp::parse_rfc3339)]
    until: Option<Timestamp>,

    /// Only this request
    #[arg(long, value_parser = request)]
    request: Option<RequestId>,

    /// Only this caller, by name
    #[arg(long)]
    principal: Option<String>,

    /// Only this key, by id
    #[arg(long)]
    key: Option<String>,

    /// Only this upstream
    #[arg(long)]
    upstream: Option<String>,

    /// Only this model
    #[arg(long)]
    model: Option<String>,

    /// Only this outcome
    #[arg(long, value_enum)]
    outcome: Option<WantedOutcome>,

    /// Only where this was noted (`rule-broken`, `rule-unsure`, `limited`, …)
    #[arg(long)]
    noted: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum WantedOutcome {
    Done,
    Refused,
    Fault,
    Unknown,
    Panicked,
}

pub(crate) async fn run(args: AuditArgs) -> anyhow::Result<ExitCode> {
    let place = args.place.find()?;
    let ledger = Ledger::new(&ledger_folder(place.data()));
    match args.command {
        AuditCommand::Tail(tail) => self::tail(&ledger, tail, args.json).await,
        AuditCommand::Trace { request } => trace::run(&place, &ledger, request, args.json).await,
        AuditCommand::Verify => verify(&ledger, args.json),
    }
}

/// How often it is looked for the closings of the last calls, and how long they may be under way:
/// a gateway writes closings every 150 ms.
const LOOKS: usize = 5;
const BETWEEN: Duration = Duration::from_millis(150);
const FRESH: Duration = Duration::from_secs(60);

/// Waits a moment for what is not closed yet of the last calls. What is still open then is under
/// way, or its outcome is unknown.
async fn await_closings(ledger: &Ledger, selection: &Selection) -> anyhow::Result<()> {
    let fresh = i64::try_from(FRESH.as_micros()).unwrap_or(i64::MAX);
    let since = clock::now().plus_micros(fresh.saturating_neg());
    let lately = Selection {
        since: Some(selection.since.map_or(since, |asked| asked.max(since))),
        ..selection.clone()
    };
    for _ in 0..LOOKS {
        let records = ledger.records(&lately)?;
        if records.iter().all(|record| record.closed.is_some()) {
            break;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    Ok(())
}

async fn tail(ledger: &Ledger, args: TailArgs, json: bool) -> anyhow::Result<ExitCode> {
    let mut selection = Selection {
        since: args.since,
        until: args.until,
        last: Some(args.last),
        request: args.request,
        principal: args.principal,
        key: args.key,
        upstream: args.upstream,
        model: args.model,
        outcome: None,
        noted: None,
    };
    if !args.follow {
        await_closings(ledger, &selection).await?;
    }
    selection.outcome = args.outcome.map(verdict);
    selection.noted = args.noted;
    if !args.follow {
        return print(&ledger.records(&selection)?, json, true).map(|()| ExitCode::SUCCESS);
    }
    let mut follower = ledger.follow();
    let mut fresh = Vec::new();
    let mut is_first = true;
    loop {
        follower.poll(&mut |record| {
            if selection.takes(&record) {
                fresh.push(record);
            }
        })?;
        fresh.sort_by_key(|record| (record.opened.at, record.writer, record.n));
        if is_first {
            fresh.drain(..fresh.len().saturating_sub(args.last));
        }
        if is_first || !fresh.is_empty() {
            print(&fresh, json, is_first)?;
        }
        (is_first, fresh) = (false, Vec::new());
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(250)) => {}
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::SUCCESS),
        }
    }
}

fn print(records: &[Record], json: bool, with_header: bool) -> anyhow::Result<()> {
    if json {
        return records
            .iter()
            .try_for_each(|record| show::json(&describe(record)?));
    }
    let columns = [
        "at", "caller", "from", "upstream", "call", "rule", "outcome", "ms", "request",
    ];
    let mut table = show::table(&columns);
    if !with_header {
        table = show::table(&[]);
    }
    for record in records {
        let opened = &record.opened;
        let (reason, took) = record
            .closed
            .as_ref()
            .map_or((None, String::new()), |closed| {
                (
                    closed.reason.as_deref(),
                    format!("{}.{:01}", closed.us / 1000, closed.us / 100 % 10),
                )
            });
        let notes = record.closed.iter().flat_map(|closed| &closed.notes);
        let number = notes
            .clone()
            .filter(|(_, count)| record.outcome() == Verdict::Refused && *count > 1)
            .map(|(_, count)| count);
        let times: String = number.map(|count| format!(" ({count} times)")).collect();
        let raced: Vec<&str> = notes.filter_map(|(note, _)| raced(note)).collect();
        let ended = match record.closed {
            None => "outcome unknown, or under way",
            Some(_) => name(record.outcome()),
        };
        let mut outcome = match (ended, reason) {
            (name, Some(reason)) => format!("{name}: {reason}{times}"),
            (name, None) => name.to_owned(),
        };
        for words in &raced {
            outcome.push_str("; ");
            outcome.push_str(words);
        }
        table.add_row([
            show::second(opened.at).into(),
            opened.principal.as_deref().unwrap_or("-").into(),
            opened.address.as_str().into(),
            opened.upstream.as_str().into(),
            format!("{} {}", opened.model, opened.method).into(),
            opened.rule.as_deref().unwrap_or("-").into(),
            match record.outcome() {
                Verdict::Done if !raced.is_empty() => show::bad(outcome),
                Verdict::Done => show::good(outcome),
                Verdict::Refused | Verdict::Fault => show::doubtful(outcome),
                Verdict::Unknown | Verdict::Panicked => show::bad(outcome),
            },
            took.into(),
            opened.request.to_string().into(),
        ]);
    }
    show::print(&table, "there is no such record")
}

/// What a note of an after-check says to people; none of other notes, and of what is no alarm.
fn raced(note: &str) -> Option<&'static str> {
    match note {
        audit::BROKEN => Some("the rule was broken by a race"),
        audit::UNSURE => Some("the rule may have been broken by a race"),
        audit::UNCHECKED => Some("whether the rule held could not be asked"),
        _ => None,
    }
}

fn describe(record: &Record) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(&record.opened)?;
    show::put(&mut value, "at", record.opened.at.to_rfc3339());
    show::put(&mut value, "outcome", name(record.outcome()));
    let closed = match &record.closed {
        None => Value::Null,
        Some(closed) => json!({
            "at": closed.at.to_rfc3339(),
            "reason": closed.reason,
            "status": closed.status,
            "us": closed.us,
            "bytes": closed.bytes,
            "notes": closed.notes,
        }),
    };
    show::put(&mut value, "closed", closed);
    Ok(value)
}

fn verify(ledger: &Ledger, json: bool) -> anyhow::Result<ExitCode> {
    let report = ledger.verify(&[])?;
    if json {
        show::json(&whole(&report))?;
    } else {
        tell(&report)?;
    }
    Ok(if report.is_whole() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn tell(report: &Report) -> anyhow::Result<()> {
    let (lines, records, lanes) = (report.lines, report.records, report.lanes.len());
    show::line(&format!(
        "{records} records in {lines} lines of {lanes} lanes"
    ))?;
    let unclosed = report.unclosed.len();
    if unclosed > 0 {
        show::line(&format!(
            "{unclosed} were not closed: outcome unknown, or still under way"
        ))?;
    }
    if !report.torn.is_empty() {
        let torn = report.torn.len();
        show::line(&format!(
            "{torn} half-written lines, as a sudden end leaves them"
        ))?;
    }
    for found in &report.broken {
        show::line(&format!("broken: {found}"))?;
    }
    if report.is_whole() {
        show::line("the ledger is whole")
    } else {
        show::line(&format!(
            "THE LEDGER IS NOT WHOLE: {} breaks",
            report.broken.len()
        ))
    }
}

fn whole(report: &Report) -> Value {
    let unclosed: Vec<Value> = report
        .unclosed
        .iter()
        .map(|open| {
            json!({
                "request": open.request,
                "at": open.at.to_rfc3339(),
                "lane": open.writer,
                "outcome": "unknown",
            })
        })
        .collect();
    let broken: Vec<Value> = report
        .broken
        .iter()
        .map(|found| {
            json!({
                "lane": found.writer,
                "segment": found.segment,
                "line": found.line,
                "what": found.kind.to_string(),
            })
        })
        .collect();
    let heads: Vec<Value> = report
        .lanes
        .iter()
        .filter_map(|lane| lane.last)
        .map(|last| json!({ "lane": last.writer, "n": last.n, "hash": last.hash.to_string() }))
        .collect();
    json!({
        "whole": report.is_whole(),
        "records": report.records,
        "lines": report.lines,
        "unclosed": unclosed,
        "torn": report.torn.len(),
        "broken": broken,
        "heads": heads,
    })
}

fn request(text: &str) -> Result<RequestId, String> {
    RequestId::parse(text).ok_or_else(|| "this is not the id of a request".to_owned())
}

fn verdict(wanted: WantedOutcome) -> Verdict {
    match wanted {
        WantedOutcome::Done => Verdict::Done,
        WantedOutcome::Refused => Verdict::Refused,
        WantedOutcome::Fault => Verdict::Fault,
        WantedOutcome::Unknown => Verdict::Unknown,
        WantedOutcome::Panicked => Verdict::Panicked,
    }
}

fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Done => "done",
        Verdict::Refused => "refused",
        Verdict::Fault => "fault",
        Verdict::Unknown => "outcome unknown",
        Verdict::Panicked => "panicked",
    }
}
