//! Fields of which only a mask is shown: in every answer, and for no other use.

use portcullis_identity::RoleName;
use portcullis_policy::{Reason, Role};

use crate::common::{Caller, call, document, frappe, json, odoo, on, text};

const PARTNERS: &str = r#"
[[rule]]
name = "partners"
models = ["res.partner"]
operations = ["read", "create", "write"]
fields = ["name", "city", "bank_ids", "child_ids", "parent_id", "country_id"]
masked = ["vat", "credit_limit", "bank_ids.acc_number", "parent_id.city"]

[[rule]]
name = "their accounts"
models = ["res.partner.bank"]
operations = ["read", "create", "write"]
fields = ["acc_number", "partner_id"]
through = ["res.partner"]

[[rule]]
name = "countries"
models = ["res.country"]
operations = ["read"]
fields = "*"
"#;

fn partners() -> Caller {
    odoo(PARTNERS)
}

#[test]
fn every_way_of_reading_shows_the_mask() {
    let caller = partners();
    let rows = r#"[{"id": 1, "name": "A", "vat": "DE123456789", "credit_limit": 5000.0}]"#;
    let masked = r#"[{"id":1,"name":"A","vat":"****6789","credit_limit":"****"}]"#;
    let fields = r#"{"fields": ["name", "vat", "credit_limit"]}"#;
    assert_eq!(
        caller.cleaned(&on("res.partner", "read", &[1], fields), rows),
        masked
    );
    assert_eq!(
        caller.cleaned(&call("res.partner", "search_read", fields), rows),
        masked
    );
    // Where nobody names fields, what is masked is among them.
    let permit = caller.allowed(&call("res.partner", "search_read", "{}"));
    assert!(text(&permit.next().named["fields"]).contains(r#""vat""#));
    assert_eq!(text(permit.apply(json(rows)).unwrap().value()), masked);
    let spec = r#"{"specification": {"name": {}, "vat": {}, "credit_limit": {}}}"#;
    assert_eq!(
        caller.cleaned(&on("res.partner", "web_read", &[1], spec), rows),
        masked
    );
    let page = format!(r#"{{"length": 1, "records": {rows}}}"#);
    assert_eq!(
        caller.cleaned(&call("res.partner", "web_search_read", spec), &page),
        format!(r#"{{"length":1,"records":{masked}}}"#)
    );
    let saved = r#"{"vals": {"city": "Bonn"}, "specification": {"vat": {}}}"#;
    assert_eq!(
        caller.cleaned(
            &on("res.partner", "web_save", &[1], saved),
            r#"[{"id": 1, "vat": "DE123456789"}]"#
        ),
        r#"[{"id":1,"vat":"****6789"}]"#
    );
    let export = r#"{"fields_to_export": ["name", "vat", "bank_ids/acc_number"]}"#;
    assert_eq!(
        caller.cleaned(
            &on("res.partner", "export_data", &[1], export),
            r#"{"datas": [["A", "DE123456789", "DE02120300000000202051"]]}"#
        ),
        r#"{"datas":[["A","****6789","****2051"]]}"#
    );
}

#[test]
fn a_mask_behind_a_link_holds_behind_that_link() {
    let caller = partners();
    let spec = r#"{"specification": {"bank_ids": {"fields": {"acc_number": {}}}}}"#;
    assert_eq!(
        caller.cleaned(
            &on("res.partner", "web_read", &[1], spec),
            r#"[{"id": 1, "bank_ids": [{"id": 5, "acc_number": "DE02120300000000202051"}]}]"#
        ),
        r#"[{"id":1,"bank_ids":[{"id":5,"acc_number":"****2051"}]}]"#
    );
    // Whatever opens it by itself does not open it there.
    let direct = PARTNERS.replace("through = [\"res.partner\"]\n", "");
    let caller = odoo(&direct);
    let read = on(
        "res.partner.bank",
        "read",
        &[5],
        r#"{"fields": ["acc_number"]}"#,
    );
    assert_eq!(
        caller.cleaned(
            &read,
            r#"[{"id": 5, "acc_number": "DE02120300000000202051"}]"#
        ),
        r#"[{"id":5,"acc_number":"DE02120300000000202051"}]"#
    );
    for domain in [
        r#"[["bank_ids.acc_number", "=", "DE02120300000000202051"]]"#,
        r#"[["bank_ids", "any", [["acc_number", "like", "DE"]]]]"#,
        r#"[["parent_id.city", "=", "Bonn"]]"#,
    ] {
        caller.refused(&call(
            "res.partner",
            "search",
            &format!(r#"{{"domain": {domain}}}"#),
        ));
    }
    let fine = r#"{"domain": [["bank_ids.partner_id", "=", 3]]}"#;
    caller.allowed(&call("res.partner", "search", fine));
    // The parent's name is no way around the parent's city.
    let parent = r#"{"specification": {"parent_id": {"fields": {"city": {}, "name": {}}}}}"#;
    assert_eq!(
        caller.cleaned(
            &on("res.partner", "web_read", &[1], parent),
            r#"[{"id": 1, "parent_id": {"id": 2, "city": "Bad Godesberg", "name": "P"}}]"#
        ),
        r#"[{"id":1,"parent_id":{"id":2,"city":"****berg","name":"P"}}]"#
    );
    let write = |column: &str| {
        on(
            "res.partner",
            "write",
            &[1],
            &format!(r#"{{"vals": {{"bank_ids": [[0, 0, {{"{column}": "x"}}]]}}}}"#),
        )
    };
    caller.refused(&write("acc_number"));
}

#[test]
fn what_is_masked_chooses_sorts_groups_and_sums_nothing() {
    let caller = partners();
    for (field, open) in [("city", true), ("vat", false), ("credit_limit", false)] {
        let calls = [
            call(
                "res.partner",
                "search",
                &format!(r#"{{"domain": [["{field}", "!=", false]]}}"#),
            ),
            call(
                "res.partner",
                "search_count",
                &format!(r#"{{"domain": [["{field}", "=", "x"]]}}"#),
            ),
            call(
                "res.partner",
                "search",
                &format!(r#"{{"order": "{field} desc"}}"#),
            ),
            call(
                "res.partner",
                "read_group",
                &format!(r#"{{"domain": [], "fields": ["{field}"], "groupby": ["{field}"]}}"#),
            ),
            call(
                "res.partner",
                "formatted_read_group",
                &format!(r#"{{"domain": [], "groupby": ["city"], "aggregates": ["{field}:max"]}}"#),
            ),
            call(
                "res.partner",
                "formatted_read_group",
                &format!(
                    r#"{{"domain": [], "groupby": ["city"], "aggregates": ["__count"], "having": [["{field}:max", "=", "x"]]}}"#
                ),
            ),
            call(
                "res.partner",
                "create",
                &format!(r#"{{"vals_list": [{{"{field}": "x"}}]}}"#),
            ),
            on(
                "res.partner",
                "write",
                &[1],
                &format!(r#"{{"vals": {{"{field}": "x"}}}}"#),
            ),
        ];
        for asked in &calls {
            if open {
                caller.allowed(asked);
            } else {
                caller.refused(asked);
            }
        }
    }
}

#[test]
fn what_is_computed_from_something_masked_is_as_closed_as_if_it_were_hidden() {
    let role = r#"
        [[rule]]
        name = "partners"
        models = ["res.partner"]
        operations = ["read"]
        fields = "*"
        masked = ["email"]
        "#;
    let masked = odoo(role);
    let open = odoo(&role.replace("masked = [\"email\"]\n", ""));
    for field in ["email_normalized", "display_name"] {
        let read = on(
            "res.partner",
            "read",
            &[1],
            &format!(r#"{{"fields": ["{field}"]}}"#),
        );
        open.allowed(&read);
        assert_eq!(
            masked.refused(&read).reason,
            Reason::HiddenByData,
            "{field}"
        );
    }
    open.allowed(&call("res.partner", "name_search", r#"{"name": "a"}"#));
    masked.refused(&call("res.partner", "name_search", r#"{"name": "a"}"#));
    let copy = |role: &str| odoo(&role.replace("[\"read\"]", "[\"read\", \"create\"]"));
    copy(&role.replace("masked = [\"email\"]\n", "")).allowed(&on(
        "res.partner",
        "copy",
        &[1],
        "{}",
    ));
    copy(role).refused(&on("res.partner", "copy", &[1], "{}"));
    // A mask does not open what is hidden by its data either.
    let related = odoo(&role.replace(
        "masked = [\"email\"]",
        "hidden = [\"email\"]\nmasked = [\"email_normalized\"]",
    ));
    related.refused(&on(
        "res.partner",
        "read",
        &[1],
        r#"{"fields": ["email_normalized"]}"#,
    ));
}

#[test]
fn a_mask_that_was_shown_is_not_written_by_another_rule() {
    let caller = odoo(
        r#"
        [[rule]]
        name = "seen"
        models = ["res.partner"]
        operations = ["read"]
        fields = ["name"]
        masked = ["vat"]

        [[rule]]
        name = "set"
        models = ["res.partner"]
        operations = ["write"]
        fields = ["name", "vat"]
        "#,
    );
    let write = |vat: &str| {
        on(
            "res.partner",
            "write",
            &[1],
            &format!(r#"{{"vals": {{"vat": "{vat}"}}}}"#),
        )
    };
    caller.allowed(&write("DE987654321"));
    assert_eq!(caller.refused(&write("****6789")).reason, Reason::Values);
}

#[test]
fn fields_get_says_that_a_masked_field_is_only_shown() {
    let clean = partners().cleaned(
        &call("res.partner", "fields_get", "{}"),
        r#"{"vat": {"type": "char", "readonly": false, "searchable": true, "sortable": true}, "city": {"type": "char", "readonly": false, "searchable": true}, "email": {"type": "char"}}"#,
    );
    assert_eq!(
        clean,
        r#"{"vat":{"type":"char","readonly":true,"searchable":false,"sortable":false},"city":{"type":"char","readonly":false,"searchable":true}}"#
    );
}

#[test]
fn links_files_and_what_is_denied_are_not_masked_but_closed() {
    let role = |masked: &str, more: &str| {
        odoo(&format!(
            "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\nmasked = [\"{masked}\"]\n{more}"
        ))
    };
    let read = |field: &str| {
        on(
            "res.partner",
            "read",
            &[1],
            &format!(r#"{{"fields": ["{field}"]}}"#),
        )
    };
    role("vat", "").allowed(&read("vat"));
    for field in [
        "parent_id",
        "child_ids",
        "image_1920",
        "active",
        "props",
        "nothing",
    ] {
        role(field, "").refused(&read(field));
    }
    let deny = "[[rule]]\nname = \"no\"\ndeny = true\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"vat\"]\n";
    assert_eq!(
        role("vat", deny).refused(&read("vat")).reason,
        Reason::Denied
    );
}

const CUSTOMERS: &str = r#"
[[rule]]
name = "customers"
models = ["Customer"]
operations = ["read", "create", "write"]
fields = "*"
masked = ["tax_id", "accounts.iban"]
"#;

#[test]
fn in_frappe_every_way_of_reading_shows_the_mask() {
    let caller = frappe(CUSTOMERS);
    let doc = r#"{"name": "C", "tax_id": "DE123456789", "city": "Bonn", "accounts": [{"name": "r1", "iban": "DE02120300000000202051", "bank": "B"}]}"#;
    let masked = r#"{"name":"C","tax_id":"****6789","city":"Bonn","accounts":[{"name":"r1","iban":"****2051","bank":"B"}]}"#;
    assert_eq!(
        caller.cleaned(&document("Customer", "get", "C", "{}"), doc),
        masked
    );
    for fields in [r#"["name", "tax_id"]"#, r#"["*"]"#] {
        let list = call(
            "Customer",
            "get_list",
            &format!(r#"{{"fields": {fields}}}"#),
        );
        assert_eq!(
            caller.cleaned(&list, r#"[{"name": "C", "tax_id": "DE123456789"}]"#),
            r#"[{"name":"C","tax_id":"****6789"}]"#
        );
    }
    let value = |as_dict: &str| {
        call(
            "Customer",
            "frappe.client.get_value",
            &format!(
                r#"{{"doctype": "Customer", "fieldname": "[\"city\", \"tax_id\"]", "filters": "C"{as_dict}}}"#
            ),
        )
    };
    assert_eq!(
        caller.cleaned(&value(""), r#"{"city": "Bonn", "tax_id": "DE123456789"}"#),
        r#"{"city":"Bonn","tax_id":"****6789"}"#
    );
    assert_eq!(
        caller.cleaned(&value(r#", "as_dict": 0"#), r#"["Bonn", "DE123456789"]"#),
        r#"["Bonn","****6789"]"#
    );
    let link = r#"{"doctype": "Customer", "docname": "C", "fields": ["tax_id"]}"#;
    assert_eq!(
        caller.cleaned(
            &call("Customer", "frappe.client.validate_link", link),
            r#"{"name": "C", "tax_id": "DE123456789"}"#
        ),
        r#"{"name":"C","tax_id":"****6789"}"#
    );
    let single = r#"{"doctype": "Customer", "field": "tax_id"}"#;
    assert_eq!(
        caller.cleaned(
            &call("Customer", "frappe.client.get_single_value", single),
            r#""DE123456789""#
        ),
        r#""****6789""#
    );
    let saved = document("Customer", "save", "C", r#"{"doc": {"city": "Bonn"}}"#);
    assert_eq!(caller.cleaned(&saved, doc), masked);
}

#[test]
fn in_frappe_what_is_masked_chooses_sorts_groups_and_sets_nothing() {
    let caller = frappe(CUSTOMERS);
    for (field, open) in [("city", true), ("tax_id", false), ("accounts.iban", false)] {
        let calls = [
            call(
                "Customer",
                "get_list",
                &format!(r#"{{"order_by": "{field} desc"}}"#),
            ),
            call(
                "Customer",
                "get_list",
                &format!(r#"{{"fields": ["name"], "group_by": "{field}"}}"#),
            ),
            call(
                "Customer",
                "get_list",
                &format!(r#"{{"filters": [["{field}", "like", "D%"]]}}"#),
            ),
            call(
                "Customer",
                "get_list",
                &format!(r#"{{"or_filters": [["{field}", "like", "D%"]]}}"#),
            ),
            call(
                "Customer",
                "get_count",
                &format!(r#"{{"filters": [["{field}", "=", "D"]]}}"#),
            ),
            call(
                "Customer",
                "insert",
                &format!(r#"{{"doc": {{"{field}": "x"}}}}"#),
            ),
            document(
                "Customer",
                "save",
                "C",
                &format!(r#"{{"doc": {{"{field}": "x"}}}}"#),
            ),
        ];
        for asked in &calls {
            if open {
                caller.allowed(asked);
            } else {
                caller.refused(asked);
            }
        }
    }
    // A save would empty the column in every row that does not name it.
    let rows = |table: &str| {
        document(
            "Customer",
            "save",
            "C",
            &format!(r#"{{"doc": {{"{table}": [{{"name": "r1", "bank": "B"}}]}}}}"#),
        )
    };
    caller.allowed(&rows("sales_team"));
    caller.refused(&rows("accounts"));
    // A whole document that was read cannot be sent back as it is.
    let back = r#"{"doc": {"name": "C", "city": "Bonn", "tax_id": "****6789"}}"#;
    caller.refused(&document("Customer", "save", "C", back));
}

#[test]
fn the_text_of_a_role_says_which_masks_there_are() {
    let read = |lines: &str| {
        let text = format!(
            "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\n{lines}"
        );
        Role::from_toml(RoleName::new("r").unwrap(), &text)
    };
    assert!(read("masked = [\"vat\"]\nmask = \"fixed\"\n").is_ok());
    for lines in [
        "masked = [\"vat\"]\nmask = \"last-5\"\n",
        "mask = \"fixed\"\n",
        "masked = [\"id\"]\n",
        "masked = [\"name\"]\n",
        "masked = [\"a.b.c\"]\n",
        "masked = [\"a b\"]\n",
        "deny = true\nmasked = [\"vat\"]\n",
    ] {
        assert!(read(lines).is_err(), "{lines}");
    }
}

#[test]
fn two_together_see_no_more_than_the_stricter_mask() {
    let one = "[[rule]]\nname = \"a\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\nmasked = [\"vat\", \"city\"]\n";
    let other = "[[rule]]\nname = \"b\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\", \"vat\"]\n";
    let caller = Caller::new(
        &[("one", one), ("other", other)],
        portcullis_policy::Family::Odoo,
    );
    let caller = caller.together();
    let read = |field: &str| {
        on(
            "res.partner",
            "read",
            &[1],
            &format!(r#"{{"fields": ["{field}"]}}"#),
        )
    };
    assert_eq!(
        caller.cleaned(&read("vat"), r#"[{"id": 1, "vat": "DE123456789"}]"#),
        r#"[{"id":1,"vat":"****6789"}]"#
    );
    caller.refused(&read("city"));
}
