//! `policy schema`: what an ERP tells of its models, as the other commands want it.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use portcullis_admin::Refusal;
use portcullis_admin::errand::Errand;
use portcullis_erp::value::to_json;
use portcullis_erp::{Map, Model, Value};
use portcullis_identity::{ErpLogin, UpstreamName};

use super::who;
use crate::command::refused;
use crate::place::PlaceArgs;
use crate::show;

#[derive(clap::Args)]
pub(crate) struct SchemaArgs {
    /// Models or `DocTypes`
    #[arg(required_unless_present = "roles", value_parser = model)]
    models: Vec<Model>,

    /// Role files, for the models that they name
    #[arg(long = "role", value_name = "FILE")]
    roles: Vec<PathBuf>,

    /// Also the models that these link to
    #[arg(long)]
    linked: bool,

    /// The ERP; may be left out if there is only one
    #[arg(long)]
    upstream: Option<UpstreamName>,

    /// The ERP user who asks: an Odoo tells each of its users what is for them
    #[arg(long = "as", value_name = "LOGIN")]
    by: ErpLogin,

    #[command(flatten)]
    place: PlaceArgs,

    /// Print what the ERP tells, as JSON (else how much that is)
    #[arg(long)]
    json: bool,
}

fn model(text: &str) -> Result<Model, String> {
    Model::new(text).map_err(|error| error.to_string())
}

/// Runs `policy schema`: 1 where the ERP tells nothing of some model.
pub(crate) async fn run(args: SchemaArgs) -> anyhow::Result<ExitCode> {
    let place = args.place.find()?;
    let upstream = place.upstream(args.upstream.as_ref())?;
    let at = place.installation().await?;
    let mut models: BTreeSet<Model> = args.models.into_iter().collect();
    for path in &args.roles {
        let role = who::role_of(path)?;
        let rules = role.rules().iter().filter_map(|rule| rule.models());
        models.extend(rules.flatten().cloned());
    }
    let asked = async {
        let errand = Errand::as_user(&at, &upstream, &args.by).await?;
        let whom = (&upstream, &args.by);
        let (mut told, mut untold) = ask(&errand, whom, models.clone()).await?;
        if args.linked {
            let more = links(&told).difference(&models).cloned().collect();
            let (linked, missing) = ask(&errand, whom, more).await?;
            told.extend(linked);
            untold.extend(missing);
        }
        Ok((told, untold))
    };
    let (told, untold) = match asked.await {
        Ok(answer) => answer,
        Err(refusal) => return refused(refusal),
    };
    if args.json {
        let mut out = std::io::stdout().lock();
        out.write_all(&to_json(&Value::Map(told)))
            .and_then(|()| out.write_all(b"\n"))
            .context("cannot print")?;
    } else {
        let mut table = show::table(&["model", "fields"]);
        for (model, facts) in &told {
            table.add_row([model.clone(), fields(facts).to_string()]);
        }
        show::print(&table, "nothing; see the warnings")?;
        show::line("`--json` prints it for `--schema` of the other commands")?;
    }
    for model in &untold {
        tracing::warn!(%upstream, user = %args.by, %model, "the ERP tells this user nothing of a model");
    }
    Ok(ExitCode::from(u8::from(!untold.is_empty())))
}

async fn ask(
    errand: &Errand,
    (upstream, by): (&UpstreamName, &ErpLogin),
    models: BTreeSet<Model>,
) -> Result<(Map, Vec<Model>), Refusal> {
    let models: Vec<Model> = models.into_iter().collect();
    let told = errand.models(by, &models).await;
    told.map_err(|error| Refusal::Erp(format!("`{upstream}`: {error}")))
}

/// How many fields a model has.
fn fields(facts: &Value) -> usize {
    let facts = facts.as_map();
    match facts.and_then(|facts| facts.get("fields")) {
        Some(Value::List(fields)) => fields.len(),
        _ => facts.map_or(0, Map::len),
    }
}

/// The models that fields link to.
fn links(told: &Map) -> BTreeSet<Model> {
    let of_odoo = |field: &Value| field.as_map()?.get("relation").cloned();
    let of_frappe = |field: &Value| {
        let field = field.as_map()?;
        let kind = field.get("fieldtype").and_then(Value::as_str)?;
        let links = matches!(kind, "Link" | "Table" | "Table MultiSelect");
        links.then(|| field.get("options").cloned()).flatten()
    };
    let mut models = BTreeSet::new();
    for facts in told.values().filter_map(Value::as_map) {
        let named: Vec<Value> = match facts.get("fields") {
            Some(Value::List(fields)) => fields.iter().filter_map(of_frappe).collect(),
            _ => facts.values().filter_map(of_odoo).collect(),
        };
        let names = named.iter().filter_map(Value::as_str);
        models.extend(names.filter_map(|name| Model::new(name).ok()));
    }
    models
}
