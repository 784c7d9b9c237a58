use std::sync::PoisonError;

use portcullis_erp::value::to_json;

use super::*;
use crate::odoo::{Odoo, Options, Role, User};

fn user(login: &str, role: Role) -> User {
    User {
        login: login.to_owned(),
        name: login.to_owned(),
        role,
        password: "p".to_owned(),
        keys: Vec::new(),
    }
}

fn seen(odoo: &Odoo, login: &str, text: &str) -> Result<String, String> {
    let db = odoo.db.read().unwrap_or_else(PoisonError::into_inner);
    let uid = odoo.uid(login).unwrap();
    let who = crate::odoo::guard::who(&odoo.schema, &db, uid).unwrap();
    let view = View {
        schema: &odoo.schema,
        db: &db,
        who: &who,
        context: &crate::odoo::user::Context::default(),
    };
    evaluate(text, view).map(|value| String::from_utf8(to_json(&value)).unwrap())
}

fn odoo() -> Odoo {
    let users = vec![user("ann", Role::Sales), user("bob", Role::Internal)];
    Odoo::new(Options::new("demo", users))
}

#[test]
fn expressions_are_worth_what_python_makes_of_them() {
    let odoo = odoo();
    let uid = odoo.uid("ann").unwrap();
    for (text, worth) in [
        ("[(1, '=', 1)]", "[[1,\"=\",1]]".to_owned()),
        (
            "  [('a','=', user.id)] # why\n",
            format!("[[\"a\",\"=\",{uid}]]"),
        ),
        (
            "[('a', 'in', company_ids + [False])]",
            "[[\"a\",\"in\",[1,false]]]".to_owned(),
        ),
        ("user.company_ids.ids", "[1]".to_owned()),
        ("company_id", "1".to_owned()),
        ("user.login", "\"ann\"".to_owned()),
        ("(1)", "1".to_owned()),
        ("(1,)", "[1]".to_owned()),
        ("()", "[]".to_owned()),
        (
            "[-1, -2.5, 1e3, None, True]",
            "[-1,-2.5,1000.0,null,true]".to_owned(),
        ),
        ("-9223372036854775808", "-9223372036854775808".to_owned()),
        ("99999999999999999999", "99999999999999999999".to_owned()),
        (r#""\x41\u00e9\U0001f600\'\\""#, "\"Aé😀'\\\\\"".to_owned()),
        ("1 if user.id in (1, 2) else 2", "2".to_owned()),
        (
            "1 if user.login == 'ann' and not user.share else nonsense",
            "1".to_owned(),
        ),
        (
            "user.has_group('base.group_user') or nonsense",
            "true".to_owned(),
        ),
        ("user.has_group('base.group_system')", "false".to_owned()),
        (
            "[] or user.partner_id.commercial_partner_id.id == user.partner_id.id",
            "true".to_owned(),
        ),
        ("1 not in [2] and 1 != 2", "true".to_owned()),
    ] {
        assert_eq!(seen(&odoo, "ann", text), Ok(worth), "{text}");
    }
}

#[test]
fn what_is_not_known_is_an_error() {
    let odoo = odoo();
    assert!(seen(&odoo, "ann", "user.id").is_ok());
    for text in [
        "",
        "user",
        "nonsense",
        "user.nonsense",
        "user.env",
        "user.sudo()",
        "user.id.x",
        "user.write('x')",
        "__import__('os')",
        "[x for x in [1]]",
        "lambda: 1",
        "{'a': 1}",
        "'''a'''",
        "'open",
        "'a\nb'",
        r"'\q'",
        r"'\ud800'",
        "[1, 2",
        "(1, 2",
        "1 2",
        "1 if True",
        "1 + 1",
        "[1][0]",
        "1_000 + 1",
        "'a' 'b'",
        "1 < 2",
        "a = 1",
        "é",
    ] {
        assert!(seen(&odoo, "ann", text).is_err(), "{text}");
    }
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(seen(&odoo, "ann", &deep).unwrap_err().contains("deep"));
    let nots = "not ".repeat(5_000) + "1";
    assert!(seen(&odoo, "ann", &nots).unwrap_err().contains("deep"));
    assert!(
        seen(&odoo, "ann", &" ".repeat(300_000))
            .unwrap_err()
            .contains("long")
    );
}

#[test]
fn nobody_is_asked_for_the_groups_of_another() {
    let odoo = odoo();
    assert_eq!(
        seen(&odoo, "bob", "user.has_group('base.group_user')").as_deref(),
        Ok("true")
    );
    assert!(seen(&odoo, "bob", "user.create_uid.has_group('base.group_user')").is_err());
}
