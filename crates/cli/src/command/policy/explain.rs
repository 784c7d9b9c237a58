//! `policy explain`: which rule decides, why, and what would allow a call.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use portcullis_audit::RequestId;
use portcullis_erp::value::from_json;
use portcullis_erp::{Call, Limits, Model};
use portcullis_policy::{Asking, Explanation, Family, Outcome, Remedy, Schema};
use portcullis_store::{Ledger, Selection};
use serde_json::{Value, json};

use super::known::{self, Erp};
use super::who::{Who, WhoArgs};
use super::{call, file, recorded};
use crate::house::ledger_folder;
use crate::place::PlaceArgs;
use crate::show;

#[derive(clap::Args)]
pub(crate) struct ExplainArgs {
    /// The call, as JSON (`-` reads standard input): `model`, `method`, `ids` or `name`, `args`,
    /// `kwargs`, `context`
    #[arg(required_unless_present_any = ["request", "field"])]
    call: Option<PathBuf>,

    /// A request of the ledger instead, by its id: its record holds names and no values
    #[arg(long, conflicts_with = "call", value_parser = request)]
    request: Option<RequestId>,

    /// What shows a field, as `model.field`, wherever it is shown
    #[arg(long, value_name = "MODEL.FIELD", conflicts_with_all = ["call", "request"])]
    field: Option<String>,

    #[command(flatten)]
    who: WhoArgs,

    /// What the ERP answers to `fields_get`, or the metas of its `DocTypes`, by model
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,

    /// Which kind of ERP, where no schema tells it
    #[arg(long, value_enum)]
    erp: Option<Erp>,

    #[command(flatten)]
    place: PlaceArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `policy explain`.
pub(crate) async fn run(args: ExplainArgs) -> anyhow::Result<ExitCode> {
    if let Some(field) = &args.field {
        return shown_by(field, args.schema.as_deref(), args.json);
    }
    let (who, family, schema, call) = match args.request {
        Some(request) => of_record(&args, request).await?,
        None => {
            let (family, schema) = known::find(args.schema.as_deref(), args.erp)?;
            let path = args.call.as_deref().context("name a call")?;
            let call = call::read(&written(path)?, family)?;
            let who = args.who.find(|| args.place.find()).await?;
            (who, family, schema, call)
        }
    };
    let schema = who.knowing(schema);
    let question = who.asks(family, &schema, call);
    let explained = who.policy.explain(&question);
    let asking = Asking {
        principal: question.principal,
        upstream: question.upstream,
        family,
        dialect: question.dialect,
        address: question.address,
        schema: &schema,
    };
    let changes = match &explained.remedy {
        Some(Remedy::Suggestion(suggestion)) => suggestion.changes(&who.policy, &asking),
        Some(Remedy::None(_)) | None => Ok(Vec::new()),
    };
    let changes = changes.map_err(|error| anyhow::anyhow!(error))?;
    let besides: Vec<Value> = changes
        .iter()
        .map(|(cell, opened)| {
            json!({
                "model": cell.model,
                "operation": cell.operation.as_str(),
                "name": cell.name,
                "opened": opened,
            })
        })
        .collect();
    if args.json {
        show::json(&described(&explained, &besides)?)?;
    } else {
        tell(&explained, &besides)?;
    }
    Ok(match explained.outcome {
        Outcome::Allowed { .. } => ExitCode::SUCCESS,
        Outcome::Refused { .. } | Outcome::Unknown(_) => ExitCode::from(1),
    })
}

/// Reads a call from a file or from standard input.
fn written(path: &Path) -> anyhow::Result<portcullis_erp::Value> {
    if path != Path::new("-") {
        return file::json(path);
    }
    let mut text = Vec::new();
    std::io::stdin().lock().read_to_end(&mut text)?;
    from_json(&text, &Limits::default()).map_err(|error| anyhow::anyhow!("the call: {error}"))
}

/// The call of a record, and whose it was.
async fn of_record(
    args: &ExplainArgs,
    request: RequestId,
) -> anyhow::Result<(Who, Family, Schema, Call)> {
    let place = args.place.find()?;
    let ledger = Ledger::new(&ledger_folder(place.data()));
    let found = ledger.records(&Selection {
        request: Some(request),
        ..Selection::default()
    })?;
    let record = found
        .iter()
        .find(|record| recorded::was_allowed(record).is_some())
        .with_context(|| format!("the ledger has no call `{request}` that the policy judged"))?;
    let schema = args.schema.as_deref().map(known::read).transpose()?;
    let family = args
        .erp
        .map(Family::from)
        .or_else(|| recorded::family(record, place.config.as_deref()))
        .context("name the ERP (--erp odoo or --erp erpnext)")?;
    let schema = schema.map(|(_, schema)| schema).unwrap_or_default();
    let call = recorded::call(record).call(family, &schema);
    let call = call.map_err(|why| anyhow::anyhow!("the call cannot be judged again: {why}"))?;
    let who = if args.who.is_given() {
        args.who.clone().find(|| args.place.find()).await?
    } else {
        let key = record.opened.key.as_deref();
        let key = key.context("no key was shown: name roles with --role or --profile")?;
        let key = key.parse().context("the record's key has no known form")?;
        WhoArgs::of_key(key)?.find(|| args.place.find()).await?
    };
    let who = Who {
        dialect: who.dialect.or_else(|| recorded::dialect(record)),
        address: recorded::address(record).unwrap_or(who.address),
        ..who
    };
    Ok((who, family, schema, call))
}

fn described(explained: &Explanation, besides: &[Value]) -> anyhow::Result<Value> {
    let outcome = match &explained.outcome {
        Outcome::Allowed {
            rule,
            operation,
            approval,
            sent,
        } => {
            let sent: anyhow::Result<Vec<Value>> = sent.iter().map(call::shown).collect();
            json!({
                "decision": "allow",
                "rule": rule,
                "operation": operation.as_str(),
                "approval": approval,
                "sent": sent?,
            })
        }
        Outcome::Refused {
            rule,
            reason,
            field,
            advice,
        } => json!({
            "decision": "refuse",
            "rule": rule,
            "reason": reason.as_str(),
            "field": field,
            "advice": advice,
        }),
        Outcome::Unknown(model) => json!({
            "decision": "unknown",
            "wants": model.as_ref().map(Model::as_str),
        }),
    };
    let rules = explained
        .rules
        .iter()
        .map(|said| json!({ "rule": said.rule, "decides": said.decides, "why-not": said.why }));
    let remedy = match &explained.remedy {
        None => Value::Null,
        Some(Remedy::None(why)) => json!({ "none": why }),
        Some(Remedy::Suggestion(suggestion)) => json!({
            "role": suggestion.role,
            "toml": suggestion.toml,
            "prose": suggestion.prose,
            "opens": suggestion.opens.iter().map(|cell| json!({
                "model": cell.model,
                "operation": cell.operation.as_str(),
                "name": cell.name,
            })).collect::<Vec<_>>(),
            "changes-besides": besides,
        }),
    };
    let mut all = outcome;
    show::put(&mut all, "rules", rules.collect::<Vec<_>>());
    show::put(&mut all, "suggestion", remedy);
    Ok(all)
}

fn tell(explained: &Explanation, besides: &[Value]) -> anyhow::Result<()> {
    match &explained.outcome {
        Outcome::Allowed {
            rule,
            operation,
            approval,
            sent,
        } => {
            let waits = match approval {
                true => "; it waits for approval by another person",
                false => "",
            };
            let operation = operation.as_str();
            show::line(&format!("allowed by `{rule}`, as `{operation}`{waits}"))?;
            show::line("what is sent, in order:")?;
            for one in sent {
                show::line(&format!("  {}", call::shown(one)?))?;
            }
        }
        Outcome::Refused {
            rule,
            reason,
            advice,
            ..
        } => {
            let closest = rule.as_deref();
            let closest = closest.map(|rule| format!(", closest is `{rule}`"));
            let closest = closest.unwrap_or_default();
            show::line(&format!("refused ({}){closest}: {advice}", reason.as_str()))?;
        }
        Outcome::Unknown(Some(model)) => show::line(&format!(
            "unknown: the fields of `{model}` are needed; put them into the --schema"
        ))?,
        Outcome::Unknown(None) => {
            show::line(
                "unknown: a rule speaks of the ERP user; say who it is with --uid, --partner, --company",
            )?;
        }
    }
    let mut table = show::table(&["rule", "", "why not"]);
    for said in &explained.rules {
        table.add_row([
            said.rule.clone().into(),
            if said.decides {
                show::good("decides")
            } else {
                "".into()
            },
            said.why.clone().unwrap_or_default().into(),
        ]);
    }
    show::print(&table, "no rule speaks of this model")?;
    match &explained.remedy {
        None => {}
        Some(Remedy::None(why)) => show::line(&format!("nothing to add: {why}"))?,
        Some(Remedy::Suggestion(suggestion)) => {
            show::line(&suggestion.prose)?;
            show::line("")?;
            show::line(suggestion.toml.trim_end())?;
            if !besides.is_empty() {
                show::line("")?;
                show::line("It would change as well:")?;
            }
            for change in besides {
                show::line(&format!("  {change}"))?;
            }
        }
    }
    Ok(())
}

/// What shows a field.
fn shown_by(path: &str, schema: Option<&Path>, json: bool) -> anyhow::Result<ExitCode> {
    let schema = schema.context("what shows a field is told from a --schema")?;
    let (_, schema) = known::read(schema)?;
    let (model, field) = path
        .rsplit_once('.')
        .context("a field is named as model.field")?;
    let model = Model::new(model)?;
    let known = schema.model(&model);
    let known = known.with_context(|| format!("the schema has no model `{model}`"))?;
    anyhow::ensure!(
        known.field(field).is_some(),
        "`{model}` has no field `{field}`"
    );
    let shown = schema.shown_by(&model, field);
    if json {
        let shown = shown.iter().map(|shown| {
            json!({
                "model": shown.model,
                "field": shown.field,
                "way": shown.way.as_str(),
                "path": shown.path,
            })
        });
        show::json(&shown.collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = show::table(&["model", "field", "shows it", "by"]);
    for shown in shown {
        table.add_row([
            shown.model,
            shown.field,
            shown.way.as_str().to_owned(),
            shown.path,
        ]);
    }
    show::print(&table, "no other field shows it")?;
    show::line(
        "A model's own order is not told by the ERP: where something is hidden, lists without an order are sorted by id.",
    )?;
    show::line(
        "Copies in messages, attachments, versions and the like are closed unless a rule names their models.",
    )?;
    Ok(ExitCode::SUCCESS)
}

fn request(text: &str) -> Result<RequestId, String> {
    RequestId::parse(text).ok_or_else(|| "this is not the id of a request".to_owned())
}
