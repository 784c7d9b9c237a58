//! Groups: keys that were asked for, without names that are not open, and without the
//! domains that would show the rule.

use portcullis_erp::{Map, Value};

use super::rows::unnamed;
use super::{GroupTerms, Wrong};

impl GroupTerms {
    pub(super) fn groups(&self, answer: Value, cut: &mut bool) -> Result<Value, Wrong> {
        let Value::List(groups) = answer else {
            return Err("no list of groups");
        };
        let mut clean = Vec::with_capacity(groups.len());
        for group in groups {
            let Value::Map(group) = group else {
                return Err("a group that is none");
            };
            clean.push(self.group(group, cut)?);
        }
        if !self.nameless.is_empty() {
            // The ERP sorts by name: that would still tell whose name comes first.
            clean.sort_by_key(|group| {
                self.nameless
                    .iter()
                    .map(|key| match group.get(key) {
                        Some(Value::List(items)) => {
                            items.first().and_then(Value::as_int).unwrap_or(i64::MAX)
                        }
                        Some(value) => value.as_int().unwrap_or(i64::MAX),
                        None => i64::MAX,
                    })
                    .collect::<Vec<_>>()
            });
        }
        Ok(Value::List(clean.into_iter().map(Value::Map).collect()))
    }

    fn group(&self, group: Map, cut: &mut bool) -> Result<Map, Wrong> {
        let mut clean = Map::with_capacity(group.len());
        for (key, value) in group {
            let open = self.keys.contains(&key)
                || self.shared.contains(&key)
                || matches!(
                    key.as_str(),
                    "__count" | "__range" | "__extra_domain" | "__fold"
                );
            if !open {
                *cut = true;
                continue;
            }
            let value = if self.nameless.contains(&key) {
                unnamed(value, cut)?
            } else {
                value
            };
            clean.insert(key, value);
        }
        Ok(clean)
    }
}
