//! What may be seen and done over links to other models.

use crate::common::{Caller, call, json, odoo, on, text};
use portcullis_policy::Reason;

fn orders(more: &str) -> Caller {
    odoo(&format!(
        "[[rule]]\nname = \"orders\"\nmodels = [\"sale.order\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = \"*\"\n{more}"
    ))
}

const PEOPLE_OF_BONN: &str = r#"
[[rule]]
name = "bonn"
models = ["res.partner"]
operations = ["read"]
fields = ["name", "city"]
domain = '[["city", "=", "Bonn"]]'
"#;

#[test]
fn names_behind_links_are_shown_where_they_are_open() {
    let read = call(
        "sale.order",
        "search_read",
        r#"{"fields": ["name", "partner_id"]}"#,
    );
    let answer = r#"[{"id": 1, "name": "S1", "partner_id": [7, "Ann"]}, {"id": 2, "name": "S2", "partner_id": false}]"#;
    let named =
        orders("[[rule]]\nname = \"names\"\nmodels = [\"res.partner\"]\noperations = [\"name\"]\n");
    assert!(named.cleaned(&read, answer).contains("Ann"));
    assert_eq!(
        orders("").cleaned(&read, answer),
        r#"[{"id":1,"name":"S1","partner_id":[7,""]},{"id":2,"name":"S2","partner_id":false}]"#
    );
    assert!(
        !orders(PEOPLE_OF_BONN)
            .cleaned(&read, answer)
            .contains("Ann")
    );
    let all = "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = \"*\"\n";
    assert!(orders(all).cleaned(&read, answer).contains("Ann"));
    let some = "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\n";
    assert!(!orders(some).cleaned(&read, answer).contains("Ann"));
}

#[test]
fn a_domain_looks_into_a_linked_model_only_where_that_is_open() {
    let asked = |field: &str| {
        call(
            "sale.order",
            "search",
            &format!(r#"{{"domain": [["partner_id.{field}", "=", "x"]]}}"#),
        )
    };
    orders("").refused(&asked("name"));
    let open = orders(
        "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\n",
    );
    let permit = open.allowed(&asked("name"));
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"[["partner_id.name","=","x"]]"#
    );
    open.refused(&asked("email"));
    open.refused(&asked("country_id.name"));
}

#[test]
fn a_rule_on_a_linked_model_binds_the_condition() {
    let caller = orders(PEOPLE_OF_BONN);
    let permit = caller.allowed(&call(
        "sale.order",
        "search",
        r#"{"domain": [["partner_id.name", "=", "x"]]}"#,
    ));
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"[["partner_id","any",[["name","=","x"],["city","=","Bonn"]]]]"#
    );
    let permit = caller.allowed(&call(
        "sale.order",
        "search",
        r#"{"domain": ["!", ["partner_id", "any", [["name", "=", "x"]]]]}"#,
    ));
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"["!",["partner_id","any",[["name","=","x"],["city","=","Bonn"]]]]"#
    );
    caller.refused(&call(
        "sale.order",
        "search",
        r#"{"domain": [["partner_id", "any!", [["name", "=", "x"]]]]}"#,
    ));
    caller.refused(&call(
        "sale.order",
        "search",
        r#"{"domain": [["partner_id", "any", [["email", "=", "x"]]]]}"#,
    ));
    caller.refused(&call(
        "sale.order",
        "search",
        r#"{"domain": [["partner_id", "ilike", "x"]]}"#,
    ));
    caller.refused(&call(
        "sale.order",
        "search",
        r#"{"domain": [["partner_id", "child_of", 4]]}"#,
    ));
    caller.refused(&call("sale.order", "search", r#"{"order": "partner_id"}"#));
}

#[test]
fn what_is_computed_over_more_steps_than_are_followed_is_hidden() {
    let role = "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = \"*\"\nhidden = [\"email\"]\n";
    let read = on("res.partner", "read", &[1], r#"{"fields": ["top"]}"#);
    let after = |steps: usize| {
        let mut caller = odoo(role);
        let path = "parent_id.".repeat(steps);
        let fields = json(&format!(
            r#"{{"id": {{"type": "integer", "store": true}}, "city": {{"type": "char", "store": true}}, "email": {{"type": "char", "store": true}}, "parent_id": {{"type": "many2one", "relation": "res.partner", "store": true}}, "top": {{"type": "char", "store": true, "depends": ["{path}city"]}}}}"#
        ));
        let model = portcullis_erp::Model::new("res.partner").unwrap();
        caller.schema.learn(model, &fields);
        caller
    };
    after(3).allowed(&read);
    after(20).allowed(&read);
    for steps in [24, 25, 26, 60] {
        assert_eq!(after(steps).refused(&read).reason, Reason::HiddenByData);
    }
}

#[test]
fn a_way_over_models_of_which_nothing_is_said_is_followed_to_its_end() {
    let role = "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = \"*\"\nhidden = [\"email\"]\n\
        [[rule]]\nname = \"d\"\nmodels = [\"x.doc\"]\noperations = [\"read\"]\nfields = \"*\"\n";
    let link = |name: &str, model: &str| {
        format!(r#""{name}": {{"type": "many2one", "relation": "{model}", "store": true}}"#)
    };
    let mut caller = odoo(role);
    let mut learn = |model: &str, fields: &str| {
        let fields = json(&format!(
            r#"{{"id": {{"type": "integer", "store": true}}, {fields}}}"#
        ));
        let model = portcullis_erp::Model::new(model).unwrap();
        caller.schema.learn(model, &fields);
    };
    let computed = |name: &str, end: &str| {
        format!(
            r#""{name}": {{"type": "char", "store": true, "depends": ["a_id.b_id.partner_id.{end}"]}}"#
        )
    };
    let of_doc = [
        link("a_id", "x.a"),
        computed("town", "city"),
        computed("mail", "email"),
    ];
    learn("x.doc", &of_doc.join(", "));
    learn("x.a", &link("b_id", "x.b"));
    learn("x.b", &link("partner_id", "res.partner"));
    let read = |field: &str| {
        on(
            "x.doc",
            "read",
            &[1],
            &format!(r#"{{"fields": ["{field}"]}}"#),
        )
    };
    caller.allowed(&read("town"));
    assert_eq!(caller.refused(&read("mail")).reason, Reason::HiddenByData);
}

#[test]
fn a_denial_over_a_link_holds_behind_it() {
    let rules = "[[rule]]\nname = \"o\"\nmodels = [\"sale.order\", \"sale.order.line\"]\noperations = [\"read\", \"write\"]\nfields = \"*\"\n";
    let denial = "[[rule]]\nname = \"no\"\ndeny = true\nmodels = [\"sale.order\"]\noperations = [\"read\", \"write\"]\nfields = [\"order_line.price_unit\"]\n";
    let open = odoo(rules);
    let shut = odoo(&format!("{rules}{denial}"));
    let asked = |field: &str| {
        [
            call(
                "sale.order",
                "search",
                &format!(r#"{{"domain": [["order_line.{field}", "!=", false]]}}"#),
            ),
            on(
                "sale.order",
                "web_read",
                &[1],
                &format!(
                    r#"{{"specification": {{"order_line": {{"fields": {{"{field}": {{}}}}}}}}}}"#
                ),
            ),
            on(
                "sale.order",
                "export_data",
                &[1],
                &format!(r#"{{"fields_to_export": ["order_line/{field}"]}}"#),
            ),
            on(
                "sale.order",
                "write",
                &[1],
                &format!(r#"{{"vals": {{"order_line": [[1, 2, {{"{field}": "1"}}]]}}}}"#),
            ),
        ]
    };
    for (denied, other) in asked("price_unit").iter().zip(asked("name")) {
        open.allowed(denied);
        shut.allowed(&other);
        shut.refused(denied);
    }
}

#[test]
fn a_mirror_of_a_hidden_field_is_hidden() {
    let caller = orders(
        "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = \"*\"\nhidden = [\"email\"]\n",
    );
    caller.allowed(&call(
        "sale.order",
        "search_read",
        r#"{"fields": ["name", "amount_total"]}"#,
    ));
    let no = caller.refused(&call(
        "sale.order",
        "search_read",
        r#"{"fields": ["partner_email"]}"#,
    ));
    assert_eq!(no.reason, Reason::HiddenByData);
    caller.refused(&call(
        "sale.order",
        "search",
        r#"{"domain": [["partner_email", "=", "x"]]}"#,
    ));
    caller.refused(&call(
        "sale.order",
        "search",
        r#"{"domain": [["partner_id.email_normalized", "=", "x"]]}"#,
    ));
    caller.refused(&call(
        "res.partner",
        "search",
        r#"{"domain": [["email_normalized", "=", "x"]]}"#,
    ));
    caller.refused(&call(
        "res.partner",
        "search",
        r#"{"domain": [["display_name", "ilike", "x"]]}"#,
    ));
    caller.refused(&call(
        "res.partner",
        "search_read",
        r#"{"fields": ["mystery"]}"#,
    ));
    caller.refused(&call("res.partner", "name_search", r#"{"name": "x"}"#));
    let sent = text(
        &caller
            .allowed(&call("res.partner", "search_read", "{}"))
            .next()
            .named["fields"],
    );
    assert!(
        !sent.contains("email") && !sent.contains("display_name") && sent.contains("phone"),
        "{sent}"
    );
    let sent = text(
        &caller
            .allowed(&call("sale.order", "search_read", "{}"))
            .next()
            .named["fields"],
    );
    assert!(
        !sent.contains("partner_email") && sent.contains("amount_total"),
        "{sent}"
    );
}

#[test]
fn derived_fields_are_open_where_the_rule_says_so() {
    let rule = |derived: &str| {
        odoo(&format!(
            "[[rule]]\nname = \"r\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\", \"display_name\"]\n{derived}"
        ))
    };
    let asked = call(
        "res.partner",
        "search_read",
        r#"{"fields": ["display_name"]}"#,
    );
    rule("").refused(&asked);
    rule("derived = [\"display_name\"]\n").allowed(&asked);
}

#[test]
fn lists_of_links_need_all_of_the_linked_model() {
    let asked = call("sale.order", "search_read", r#"{"fields": ["order_line"]}"#);
    orders("[[rule]]\nname = \"l\"\nmodels = [\"sale.order.line\"]\noperations = [\"read\"]\nfields = [\"name\"]\n").allowed(&asked);
    orders("").refused(&asked);
    orders("[[rule]]\nname = \"l\"\nmodels = [\"sale.order.line\"]\noperations = [\"read\"]\nfields = [\"name\"]\ndomain = '[[\"discount\", \"=\", 0]]'\n").refused(&asked);
}

#[test]
fn a_link_may_be_set_to_what_the_role_may_see() {
    let asked = call(
        "sale.order",
        "create",
        r#"{"vals_list": [{"partner_id": 7}]}"#,
    );
    let named =
        orders("[[rule]]\nname = \"n\"\nmodels = [\"res.partner\"]\noperations = [\"name\"]\n");
    assert!(!named.allowed(&asked).is_guard());
    let no = orders("").refused(&asked);
    assert_eq!(no.reason, Reason::Link);
    let permit = orders(PEOPLE_OF_BONN).allowed(&asked);
    assert!(permit.is_guard());
    assert_eq!(permit.next().model.as_str(), "res.partner");
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"[["id","in",[7]],["active","in",[true,false]],["city","=","Bonn"]]"#
    );
    assert!(permit.guarded(&json("[]")).is_err());
    for value in [r#""7""#, "true", "[7]", r#"{"id": 7}"#, "7.0"] {
        named.refused(&call(
            "sale.order",
            "create",
            &format!(r#"{{"vals_list": [{{"partner_id": {value}}}]}}"#),
        ));
    }
}

#[test]
fn commands_are_calls_on_the_linked_model() {
    let lines = "[[rule]]\nname = \"l\"\nmodels = [\"sale.order.line\"]\noperations = [\"read\", \"create\", \"write\", \"delete\"]\nfields = [\"name\", \"price_unit\", \"product_uom_qty\"]\n";
    let caller = orders(lines);
    let write = |commands: &str| {
        on(
            "sale.order",
            "write",
            &[1],
            &format!(r#"{{"vals": {{"order_line": {commands}}}}}"#),
        )
    };
    for commands in [
        r#"[[0, 0, {"name": "x", "price_unit": 1.5}]]"#,
        r#"[[0, "virtual_1", {"name": "x"}]]"#,
        r#"[[1, 5, {"price_unit": 2}]]"#,
        "[[2, 5, 0]]",
        "[[2, 5]]",
        "[[3, 5, 0]]",
        "[[5, 0, 0]]",
        "[]",
    ] {
        caller.allowed(&write(commands));
    }
    for commands in [
        r#"[[0, 0, {"margin": 1}]]"#,
        r#"[[1, 5, {"margin": 1}]]"#,
        r#"[[0, 0, {"order_id": 2}]]"#,
        r#"[[4, 5, 0]]"#,
        r#"[[6, 0, [5]]]"#,
        r#"[[7, 5, 0]]"#,
        r#"[5]"#,
        r#"[[1, "5", {}]]"#,
        r#"[[0, 0, "x"]]"#,
        r#"{"a": 1}"#,
        "5",
        r#"[[0, 0, {"name": "x"}, 1]]"#,
        r#"[[true, 5, 0]]"#,
    ] {
        caller.refused(&write(commands));
    }
    let without = orders(
        "[[rule]]\nname = \"l\"\nmodels = [\"sale.order.line\"]\noperations = [\"read\"]\nfields = \"*\"\n",
    );
    for commands in [
        r#"[[0, 0, {"name": "x"}]]"#,
        r#"[[1, 5, {"name": "x"}]]"#,
        "[[2, 5, 0]]",
        "[[3, 5, 0]]",
        "[[4, 5, 0]]",
        "[[5, 0, 0]]",
        "[[6, 0, []]]",
    ] {
        without.refused(&write(commands));
    }
}

#[test]
fn commands_on_rows_that_may_be_hidden_are_refused_or_guarded() {
    let caller = orders(
        "[[rule]]\nname = \"l\"\nmodels = [\"sale.order.line\"]\noperations = [\"read\", \"create\", \"write\", \"delete\"]\nfields = [\"name\", \"discount\"]\ndomain = '[[\"discount\", \"=\", 0]]'\n",
    );
    let write = |commands: &str| {
        on(
            "sale.order",
            "write",
            &[1],
            &format!(r#"{{"vals": {{"order_line": {commands}}}}}"#),
        )
    };
    for commands in [r#"[[1, 5, {"name": "x"}]]"#, "[[2, 5, 0]]", "[[3, 5, 0]]"] {
        let permit = caller.allowed(&write(commands));
        assert!(permit.is_guard(), "{commands}");
        assert_eq!(permit.next().model.as_str(), "sale.order.line");
        assert!(text(&permit.next().named["domain"]).contains(r#"["discount","=",0]"#));
    }
    let permit = caller.allowed(&write(r#"[[0, 0, {"name": "x"}]]"#));
    assert_eq!(
        text(&permit.next().named["vals"]),
        r#"{"order_line":[[0,0,{"name":"x","discount":0}]]}"#
    );
    caller.refused(&write(r#"[[0, 0, {"name": "x", "discount": 5}]]"#));
    caller.refused(&write(r#"[[1, 5, {"discount": 5}]]"#));
    for commands in ["[[5, 0, 0]]", "[[6, 0, []]]", "[[6, 0, [5]]]"] {
        caller.refused(&write(commands));
    }
}

#[test]
fn lines_that_are_open_through_their_order_stay_in_it() {
    let caller = orders(
        "[[rule]]\nname = \"l\"\nmodels = [\"sale.order.line\"]\nthrough = [\"sale.order\"]\noperations = [\"read\", \"create\", \"write\", \"delete\"]\nfields = \"*\"\n",
    );
    let permit = caller.allowed(&on(
        "sale.order",
        "write",
        &[1],
        r#"{"vals": {"order_line": [[1, 5, {"name": "x"}]]}}"#,
    ));
    assert!(permit.is_guard());
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"[["id","in",[5]],["order_id","in",[1]]]"#
    );
    caller.allowed(&call(
        "sale.order",
        "create",
        r#"{"vals_list": [{"order_line": [[0, 0, {"name": "x"}]]}]}"#,
    ));
    caller.refused(&call(
        "sale.order",
        "create",
        r#"{"vals_list": [{"order_line": [[1, 5, {"name": "x"}]]}]}"#,
    ));
    caller.refused(&call("sale.order.line", "search_read", "{}"));
    caller.refused(&on(
        "sale.order.line",
        "write",
        &[5],
        r#"{"vals": {"name": "x"}}"#,
    ));
}

#[test]
fn references_lead_to_open_models_only() {
    let asked = |value: &str| {
        on(
            "sale.order",
            "write",
            &[1],
            &format!(r#"{{"vals": {{"origin_ref": "{value}"}}}}"#),
        )
    };
    let caller = orders(
        "[[rule]]\nname = \"c\"\nmodels = [\"res.country\"]\noperations = [\"read\"]\nfields = \"*\"\n",
    );
    caller.allowed(&asked("res.country,3"));
    caller.refused(&asked("ir.cron,3"));
    caller.refused(&asked("res.country"));
    caller.refused(&asked("res.country,x"));
}

#[test]
fn groups_of_links_lose_closed_names_and_their_order() {
    let asked = call(
        "sale.order",
        "formatted_read_group",
        r#"{"domain": [], "groupby": ["partner_id"], "aggregates": ["__count"]}"#,
    );
    let answer = r#"[{"partner_id": [9, "Ann"], "__count": 1, "__extra_domain": [["partner_id", "=", 9]]}, {"partner_id": [3, "Bob"], "__count": 2}]"#;
    assert_eq!(
        orders("").cleaned(&asked, answer),
        r#"[{"partner_id":[3,""],"__count":2},{"partner_id":[9,""],"__count":1,"__extra_domain":[["partner_id","=",9]]}]"#
    );
    orders("").refused(&call(
        "sale.order",
        "formatted_read_group",
        r#"{"domain": [], "groupby": ["partner_id"], "aggregates": ["__count"], "limit": 1}"#,
    ));
    let named =
        orders("[[rule]]\nname = \"n\"\nmodels = [\"res.partner\"]\noperations = [\"name\"]\n");
    assert!(named.cleaned(&asked, answer).contains("Ann"));
}

#[test]
fn exports_follow_links_into_open_models_only() {
    let asked = |path: &str| {
        on(
            "sale.order",
            "export_data",
            &[1],
            &format!(r#"{{"fields_to_export": ["name", "{path}"]}}"#),
        )
    };
    let caller = orders(
        "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\n",
    );
    assert_eq!(
        caller.cleaned(&asked("partner_id/name"), r#"{"datas": [["S1", "Ann"]]}"#),
        r#"{"datas":[["S1","Ann"]]}"#
    );
    caller.allowed(&asked("partner_id/id"));
    caller.refused(&asked("partner_id/email"));
    caller.refused(&asked("partner_id"));
    caller.refused(&asked("user_id/login"));
    caller.refused(&asked("access_token"));
    assert!(
        caller
            .allowed(&asked("partner_id/name"))
            .apply(json(r#"{"datas": [["a", "b", "c"]]}"#))
            .is_err()
    );
}

#[test]
fn nested_specifications_are_cut_too() {
    let caller = orders(
        "[[rule]]\nname = \"l\"\nmodels = [\"sale.order.line\"]\noperations = [\"read\"]\nfields = [\"name\", \"product_id\"]\n",
    );
    let asked = on(
        "sale.order",
        "web_read",
        &[1],
        r#"{"specification": {"order_line": {"fields": {"name": {}, "product_id": {}}, "limit": 40}}}"#,
    );
    let answer = r#"[{"id": 1, "order_line": [{"id": 5, "name": "x", "margin": 9, "product_id": [2, "Desk"]}]}]"#;
    assert_eq!(
        caller.cleaned(&asked, answer),
        r#"[{"id":1,"order_line":[{"id":5,"name":"x","product_id":[2,""]}]}]"#
    );
    caller.refused(&on(
        "sale.order",
        "web_read",
        &[1],
        r#"{"specification": {"order_line": {"fields": {"margin": {}}}}}"#,
    ));
    caller.refused(&on("sale.order", "web_read", &[1], r#"{"specification": {"order_line": {"fields": {"product_id": {"fields": {"standard_price": {}}}}}}}"#));
    caller.refused(&on(
        "sale.order",
        "web_read",
        &[1],
        r#"{"specification": {"partner_id": {"fields": {"display_name": {}}}}}"#,
    ));
    caller.refused(&on(
        "sale.order",
        "web_read",
        &[1],
        r#"{"specification": {"order_line": {"fields": {"name": {}}, "order": "margin"}}}"#,
    ));
}

#[test]
fn searching_a_link_by_text_searches_names_there() {
    let asked = call(
        "sale.order",
        "search",
        r#"{"domain": [["partner_id", "ilike", "a@b"]]}"#,
    );
    orders("[[rule]]\nname = \"n\"\nmodels = [\"res.partner\"]\noperations = [\"name\"]\n")
        .refused(&asked);
    orders("[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\n").refused(&asked);
    orders("[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = \"*\"\n").allowed(&asked);
    let by_list = call(
        "sale.order",
        "search",
        r#"{"domain": [["partner_id", "in", [1, "a@b"]]]}"#,
    );
    orders("").refused(&by_list);
    orders("").allowed(&call(
        "sale.order",
        "search",
        r#"{"domain": [["partner_id", "in", [1, 2]]]}"#,
    ));
}
