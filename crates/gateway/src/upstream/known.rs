//! What is known of an ERP's models, for each of its users: an Odoo tells nobody of a field, or of
//! a model, that is for other groups. What one is told neither opens nor shuts anything for another.

use std::sync::Arc;

use arc_swap::ArcSwap;
use papaya::HashMap;
use portcullis_identity::ErpLogin;
use portcullis_policy::Schema;

/// For how many users something is known; all is forgotten when there are more.
const MOST: usize = 2000;

/// With how many others it is compared what one is told: most are told the same, which is kept
/// once.
const COMPARED: usize = 32;

/// What is known, by login.
#[derive(Default)]
pub(super) struct Known {
    of: HashMap<ErpLogin, ArcSwap<Schema>>,
    nothing: Arc<Schema>,
}

impl Known {
    /// What a user was told.
    pub(super) fn of(&self, login: &ErpLogin) -> Arc<Schema> {
        let of = self.of.pin();
        of.get(login)
            .map_or_else(|| Arc::clone(&self.nothing), ArcSwap::load_full)
    }

    /// Takes in what a user is told.
    pub(super) fn change(&self, login: &ErpLogin, change: impl Fn(&mut Schema)) {
        let of = self.of.pin();
        if of.len() >= MOST && !of.contains_key(login) {
            of.clear();
        }
        let own = of.get_or_insert_with(login.clone(), ArcSwap::default);
        own.rcu(|known| {
            let mut next = Schema::clone(known);
            change(&mut next);
            // What was known before was compared when it was told.
            for model in next.news(known) {
                let others = of.iter().filter(|(other, _)| *other != login);
                others
                    .take(COMPARED)
                    .any(|(_, other)| next.share(&model, &other.load()));
            }
            next
        });
    }

    /// Forgets everything.
    pub(super) fn forget(&self) {
        self.of.pin().clear();
    }
}

#[cfg(test)]
mod tests {
    use portcullis_erp::{Limits, Model, value::from_json};

    use super::*;

    #[test]
    fn what_one_is_told_neither_opens_nor_shuts_anything_for_another() {
        let known = Known::default();
        let login = |text: &str| ErpLogin::new(text).unwrap();
        let (anna, bert, carl) = (login("anna"), login("bert"), login("carl"));
        let model = Model::new("product.product").unwrap();
        let tell = |login: &ErpLogin, fields: &str| {
            let fields = from_json(fields.as_bytes(), &Limits::default()).unwrap();
            known.change(login, |schema| schema.learn(model.clone(), &fields));
        };
        let all = r#"{"name": {"type": "char"}, "cost": {"type": "float"}}"#;
        tell(&anna, all);
        known.change(&bert, |schema| schema.absent(model.clone()));
        let fields = |login: &ErpLogin| {
            let schema = known.of(login);
            schema.model(&model).map(|model| model.fields.len())
        };
        assert_eq!(
            (fields(&anna), fields(&bert), fields(&carl)),
            (Some(2), None, None)
        );
        assert!(known.of(&bert).is_absent(&model) && !known.of(&carl).is_absent(&model));
        tell(&bert, r#"{"name": {"type": "char"}}"#);
        tell(&carl, all);
        assert_eq!(
            (fields(&anna), fields(&bert), fields(&carl)),
            (Some(2), Some(1), Some(2))
        );
        // What is the same is kept once.
        let at = |login: &ErpLogin| -> *const _ { known.of(login).model(&model).unwrap() };
        assert_eq!(at(&anna), at(&carl));
        known.forget();
        assert_eq!(fields(&anna), None);
    }

    #[test]
    fn what_one_is_told_is_compared_and_nothing_that_was_known_before() {
        let known = Known::default();
        let login = |text: &str| ErpLogin::new(text).unwrap();
        let (anna, bert) = (login("anna"), login("bert"));
        let model = |text: &str| Model::new(text).unwrap();
        let (old, new) = (model("res.partner"), model("sale.order"));
        let fields = from_json(br#"{"name": {"type": "char"}}"#, &Limits::default()).unwrap();
        let tell = |login: &ErpLogin, model: &Model| {
            known.change(login, |schema| schema.learn(model.clone(), &fields));
        };
        // Both know the old one, and nobody has compared it.
        for login in [&anna, &bert] {
            let mut schema = Schema::new();
            schema.learn(old.clone(), &fields);
            let schema = ArcSwap::from_pointee(schema);
            known.of.pin().insert(login.clone(), schema);
        }
        let at =
            |login: &ErpLogin, model: &Model| -> *const _ { known.of(login).model(model).unwrap() };
        tell(&anna, &new);
        tell(&bert, &new);
        assert_eq!(at(&anna, &new), at(&bert, &new));
        assert_ne!(at(&anna, &old), at(&bert, &old));
        // Nor by what says nothing of a model.
        known.change(&bert, |schema| schema.absent(model("no.such")));
        assert_ne!(at(&anna, &old), at(&bert, &old));
        // Until it is told anew.
        tell(&bert, &old);
        assert_eq!(at(&anna, &old), at(&bert, &old));
    }
}
