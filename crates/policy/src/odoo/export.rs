//! Exports: paths over links, each step open.

use crate::bench::No;
use crate::decision::Reason;
use crate::mask::Mask;
use crate::odoo::bad_argument;
use crate::odoo::view::View;
use crate::operation::Operation;
use crate::protection::Protection;

impl View<'_> {
    /// A path of `export_data`: `partner_id/name`, `order_line/product_id/id`.
    pub(super) fn export_path(&self, path: &str) -> Result<Option<Mask>, No> {
        let (first, rest) = match path.split_once('/') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        if matches!(first, "id" | ".id") && rest.is_none() || !Protection::ExportPaths.is_on() {
            return Ok(None);
        }
        let (facts, mask) = self.shown(first)?;
        let closed = |comodel: &str| {
            self.refuse_field(
                Reason::Link,
                first,
                format!("the export shows records of `{comodel}` that are not open"),
            )
        };
        match (facts.relation.as_ref(), rest) {
            (None, None) => Ok(mask),
            (None, Some(_)) => Err(bad_argument(self, "fields_to_export")),
            (Some(comodel), None | Some("id" | ".id")) => {
                if rest.is_some() || self.names_are_open(first, comodel)? {
                    Ok(None)
                } else {
                    Err(closed(comodel.as_str()))
                }
            }
            (Some(comodel), Some(rest)) => {
                for view in self.linked(first, comodel, Operation::Read)? {
                    if view.held.rule.domain.is_none()
                        && let Ok(mask) = view.export_path(rest)
                    {
                        return Ok(mask);
                    }
                }
                Err(closed(comodel.as_str()))
            }
        }
    }
}
