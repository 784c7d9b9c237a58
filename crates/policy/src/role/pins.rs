//! What a role fixes of the context.

use toml::Spanned;

use super::Errors;
use super::raw::RawContext;
use crate::pins::Pins;

/// Reads `[context]`.
pub(super) fn read(raw: RawContext, errors: &mut Errors<'_>) -> Pins {
    let company = raw.company.and_then(|company| {
        let is_id = *company.get_ref() > 0;
        if !is_id {
            errors.add(company.span().start, "`company` is the id of a company");
        }
        is_id.then_some(company.into_inner())
    });
    Pins {
        lang: named(raw.lang, "`lang` is a language such as `de_DE`", errors),
        tz: named(
            raw.tz,
            "`tz` is a time zone such as `Europe/Berlin`",
            errors,
        ),
        company,
    }
}

fn named(raw: Option<Spanned<String>>, what: &str, errors: &mut Errors<'_>) -> Option<String> {
    let raw = raw?;
    let text = raw.get_ref();
    let fits = (2..=64).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-+/@".contains(c));
    if !fits {
        errors.add(raw.span().start, what);
    }
    fits.then(|| raw.into_inner())
}
