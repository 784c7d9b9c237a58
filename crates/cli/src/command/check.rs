//! `portcullis check`: everything that is wrong with a configuration, at once.

use std::io::Write as _;
use std::process::ExitCode;

use portcullis_gateway::config::{Config, Problem};

use crate::args::CheckArgs;

pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let problems = match Config::read(&args.config) {
        Ok(config) => {
            let mut out = anstream::stdout();
            if args.json {
                writeln!(out, "{}", serde_json::json!({ "problems": [] }))?;
            } else {
                writeln!(
                    out,
                    "{}: fine; {} upstreams, {} roles",
                    args.config.display(),
                    config.upstreams.len(),
                    config.roles.len()
                )?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        Err(problems) => problems,
    };
    if args.json {
        let problems: Vec<_> = problems.iter().map(Problem::to_json).collect();
        writeln!(
            anstream::stdout(),
            "{}",
            serde_json::json!({ "problems": problems })
        )?;
    } else {
        say(&problems)?;
    }
    Ok(ExitCode::from(2))
}

/// Says problems on standard error.
pub(super) fn say(problems: &[Problem]) -> std::io::Result<()> {
    let mut out = anstream::stderr();
    let red = anstyle::Style::new()
        .bold()
        .fg_color(Some(anstyle::AnsiColor::Red.into()));
    for problem in problems {
        writeln!(out, "{red}error:{red:#} {problem}\n")?;
    }
    let count = problems.len();
    writeln!(
        out,
        "{count} problem{} in the configuration",
        if count == 1 { "" } else { "s" }
    )
}
