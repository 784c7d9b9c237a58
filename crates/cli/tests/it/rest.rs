//! The façade `/api/v1/…` over both ERPs: records made, read, listed, changed and deleted, and
//! everything that it refuses, with nothing at the ERP.

use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got};

/// A client of the façade, with one key of the demo.
struct Client<'a> {
    demo: &'a Demo,
    key: String,
}

impl<'a> Client<'a> {
    fn new(demo: &'a Demo, key: &str) -> Self {
        Self {
            demo,
            key: demo.key(key),
        }
    }

    fn ask(&self, verb: &str, path: &str, headers: &[(&str, &str)], body: &Json) -> Got {
        let mut all = vec![("x-api-key", self.key.as_str())];
        all.extend(headers);
        let body = if body.is_null() {
            Vec::new()
        } else {
            all.push(("content-type", "application/json"));
            body.to_string().into_bytes()
        };
        self.demo.request(verb, path, &all, &body)
    }

    fn get(&self, path: &str) -> Got {
        self.ask("GET", path, &[], &Json::Null)
    }

    /// The `data` of an answer that must have this status.
    #[track_caller]
    fn data(&self, verb: &str, path: &str, body: &Json, status: u16) -> Json {
        let got = self.ask(verb, path, &[], body);
        assert_eq!(got.status, status, "{verb} {path}: {}", got.text());
        read(&got)["data"].clone()
    }

    /// A refusal with this status, of which the ERP heard nothing.
    #[track_caller]
    fn refused(&self, verb: &str, path: &str, body: &Json, status: u16) -> Json {
        self.demo.reached();
        let got = self.ask(verb, path, &[], body);
        assert_eq!(got.status, status, "{verb} {path}: {}", got.text());
        assert!(self.demo.reached().is_empty(), "{verb} {path}");
        problem(&got)
    }
}

fn read(got: &Got) -> Json {
    serde_json::from_slice(&got.body).unwrap_or_else(|_| panic!("no JSON: {}", got.text()))
}

/// Problem details as RFC 9457 has them, of the request that the header names.
#[track_caller]
fn problem(got: &Got) -> Json {
    assert_eq!(
        got.content_type,
        "application/problem+json",
        "{}",
        got.text()
    );
    let problem = read(got);
    assert_eq!(problem["status"], got.status);
    let kind = problem["type"].as_str().expect("a type");
    assert!(kind.starts_with("urn:portcullis:problem:"), "{kind}");
    let id = got.headers["x-request-id"].to_str().expect("an id");
    assert_eq!(problem["instance"], format!("urn:portcullis:request:{id}"));
    problem
}

fn header<'a>(got: &'a Got, name: &str) -> &'a str {
    got.headers
        .get(name)
        .unwrap_or_else(|| panic!("no {name}: {}", got.text()))
        .to_str()
        .expect("plain text")
}

/// A record's whole life, with the names that both ERPs have.
fn life(client: &Client<'_>, path: &str, record: &Json, change: (&str, Json), order: &str) {
    let made = client.ask("POST", path, &[], record);
    assert_eq!(made.status, 201, "{}", made.text());
    let id = read(&made)["data"]["id"].clone();
    let place = header(&made, "location").to_owned();
    assert!(
        place.starts_with(path) && place.len() > path.len(),
        "{place}"
    );

    let one = client.get(&place);
    assert_eq!(one.status, 200, "{}", one.text());
    assert_eq!(read(&one)["data"]["id"], id);
    for (name, value) in record.as_object().expect("a record") {
        assert_eq!(read(&one)["data"][name], *value, "{name}");
    }
    let tag = header(&one, "etag").to_owned();
    let same = client.ask("GET", &place, &[("if-none-match", &tag)], &Json::Null);
    assert_eq!((same.status, same.body.len()), (304, 0));

    let (field, value) = change;
    let body = json!({ field: value });
    let changed = client.ask("PATCH", &place, &[("if-match", &tag)], &body);
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(client.data("GET", &place, &Json::Null, 200)[field], value);

    client.demo.reached();
    let stale = client.ask(
        "PATCH",
        &place,
        &[("if-match", "\"2001-01-01T00:00:00\"")],
        &body,
    );
    assert_eq!(stale.status, 412, "{}", stale.text());
    assert_eq!(problem(&stale)["type"], "urn:portcullis:problem:stale");
    let stale = client.ask(
        "DELETE",
        &place,
        &[("if-match", "\"2001-01-01T00:00:00\"")],
        &Json::Null,
    );
    assert_eq!(stale.status, 412, "{}", stale.text());
    let verbs: Vec<Json> = client.demo.reached();
    assert_eq!(verbs.len(), 2, "the guards only: {verbs:?}");

    let query = format!("{path}?fields=id&order=-{order}&limit=2");
    let list = read(&client.get(&query));
    assert_eq!(list["data"].as_array().expect("rows").len(), 2, "{list}");
    assert_eq!(list["page"]["limit"], 2);

    let gone = client.ask("DELETE", &place, &[], &Json::Null);
    assert_eq!((gone.status, gone.body.len()), (204, 0), "{}", gone.text());
    let missing = client.get(&place);
    assert_eq!(missing.status, 404, "{}", missing.text());
    assert_eq!(
        problem(&missing)["type"],
        "urn:portcullis:problem:missing-record"
    );
}

#[test]
fn a_record_has_the_same_life_over_either_erp_and_in_every_dialect_of_odoo() {
    for spoken in ["json2", "jsonrpc", "xmlrpc"] {
        let demo = Demo::spoken(spoken);
        let odoo = Client::new(&demo, "odoo_full");
        let partner = json!({"name": "Acme", "city": "Ghent", "is_company": true, "email": null});
        life(
            &odoo,
            "/api/v1/res.partner",
            &partner,
            ("city", json!("Lier")),
            "name",
        );
    }
    let demo = Demo::start();
    let frappe = Client::new(&demo, "erpnext_full");
    let customer = json!({"customer_name": "Acme", "customer_type": "Company"});
    life(
        &frappe,
        "/api/v1/Customer",
        &customer,
        ("customer_type", json!("Individual")),
        "modified",
    );
}

#[test]
fn a_product_is_made_as_the_first_seed_makes_it() {
    let demo = Demo::start();
    let odoo = Client::new(&demo, "odoo_full");
    let product = json!({"name": "New Product", "price": 100.0});
    let made = odoo.ask("POST", "/api/v1/resource", &[], &product);
    assert_eq!(made.status, 201, "{}", made.text());
    // Before two ERPs, `/api/v1/resource/…` is Frappe's own path until the ERP is named.
    let place = format!("/u/odoo{}", header(&made, "location"));
    let shown = odoo.data("GET", &place, &Json::Null, 200);
    assert_eq!(
        (&shown["name"], &shown["price"]),
        (&json!("New Product"), &json!(100.0))
    );
    assert_eq!(shown.get("list_price"), None);
    let list = "/u/odoo/api/v1/resource?fields=name,price&price[gte]=100&order=-price";
    let rows = odoo.data("GET", list, &Json::Null, 200);
    assert!(
        rows.as_array()
            .expect("rows")
            .iter()
            .all(|row| row["price"].as_f64() >= Some(100.0))
    );

    let no = odoo.refused("POST", "/api/v1/resource", &json!({"list_price": 1.0}), 422);
    assert_eq!(no["field"], "list_price");
    let no = odoo.refused(
        "POST",
        "/api/v1/resource",
        &json!({"description": "x"}),
        403,
    );
    assert_eq!(no["field"], "description");
}

#[test]
fn a_list_is_read_to_its_end_page_by_page() {
    let demo = Demo::start();
    for (key, path) in [
        ("odoo", "/api/v1/res.partner?fields=name&order=-name"),
        (
            "erpnext",
            "/api/v1/Customer?fields=customer_name&order=-customer_name",
        ),
    ] {
        let client = Client::new(&demo, key);
        let whole = read(&client.get(&format!("{path}&limit=1000")));
        let whole = whole["data"].as_array().expect("rows").clone();
        assert!(whole.len() > 4, "{key}");
        let mut rows = Vec::new();
        let mut next = format!("{path}&limit=3");
        for _ in 0..whole.len() {
            let got = client.get(&next);
            let page = read(&got);
            rows.extend(page["data"].as_array().expect("rows").iter().cloned());
            if page["page"]["next"].is_null() {
                break;
            }
            let link = header(&got, "link");
            let query = link
                .strip_prefix('<')
                .and_then(|link| link.strip_suffix(">; rel=\"next\""));
            let (base, _) = path.split_once('?').expect("a query");
            next = format!("{base}{}", query.expect("a link"));
        }
        assert_eq!(rows, whole, "{key}");

        demo.reached();
        let other = next.replace("order=-", "order=");
        assert!(next.contains("cursor="), "{next}");
        let got = client.get(&other);
        assert_eq!(got.status, 400, "{}", got.text());
        assert_eq!(problem(&got)["field"], "cursor");
        assert!(demo.reached().is_empty());
    }
}

#[test]
fn linked_records_are_shown_and_lines_are_written_as_odoo_has_them() {
    let demo = Demo::start();
    let odoo = Client::new(&demo, "odoo_full");
    let partners = odoo.data(
        "GET",
        "/api/v1/res.partner?fields=id&is_company[eq]=true&limit=1",
        &Json::Null,
        200,
    );
    let partner = partners[0]["id"].clone();
    let order = json!({
        "partner_id": {"id": partner, "display_name": "whatever was shown"},
        "order_line": [[0, 0, {"product_id": 1, "product_uom_qty": 2.0}]],
    });
    let made = odoo.data("POST", "/api/v1/sale.order", &order, 201);
    let place = format!("/api/v1/sale.order/{}", made["id"]);
    let query = format!(
        "{place}?fields=name,state&expand=partner_id(name,city),order_line(product_uom_qty)"
    );
    let shown = odoo.data("GET", &query, &Json::Null, 200);
    assert_eq!(shown["partner_id"]["id"], partner);
    assert!(shown["partner_id"]["name"].is_string(), "{shown}");
    assert_eq!(shown["order_line"][0]["product_uom_qty"], 2.0, "{shown}");
    assert_eq!(shown.get("write_date"), None, "it was not asked for");
    let listed = odoo.data(
        "GET",
        "/api/v1/sale.order?fields=partner_id&limit=1&order=-id",
        &Json::Null,
        200,
    );
    assert_eq!(listed[0]["partner_id"]["id"], partner, "{listed}");

    let done = odoo.data("POST", &format!("{place}/action_confirm"), &Json::Null, 200);
    assert_eq!(done, json!(true));
    assert_eq!(odoo.data("GET", &place, &Json::Null, 200)["state"], "sale");
    let count = odoo.data(
        "POST",
        "/api/v1/sale.order/search_count",
        &json!({"domain": []}),
        200,
    );
    assert!(count.as_i64() >= Some(1));

    let no = odoo.refused("POST", &format!("{place}/action_cancel"), &Json::Null, 403);
    assert_eq!(no["type"], "urn:portcullis:problem:forbidden");
    odoo.refused(
        "POST",
        &format!("{place}/_action_confirm"),
        &Json::Null,
        403,
    );
    let frappe = Client::new(&demo, "erpnext");
    let no = frappe.refused(
        "GET",
        "/api/v1/Customer?fields=name&expand=territory(name)",
        &Json::Null,
        422,
    );
    assert_eq!(no["field"], "expand");
}

#[test]
fn a_document_of_another_doctype_than_its_paths_is_refused() {
    let demo = Demo::start();
    let client = Client::new(&demo, "erpnext_full");
    let customer = |name: &str, doctype: &str| {
        json!({"customer_name": name, "customer_type": "Company", "customer_group": "Commercial",
            "territory": "Germany", "doctype": doctype})
    };
    let path = "/api/v1/Customer";
    let made = client.data("POST", path, &customer("Of Its Path", "Customer"), 201);
    let id = made["id"].as_str().expect("an id").replace(' ', "%20");
    let no = client.refused("POST", path, &customer("Of Another", "User"), 422);
    assert_eq!(no["field"], "doctype");
    let one = format!("{path}/{id}");
    let change = |doctype: &str| json!({"customer_details": "x", "doctype": doctype});
    client.data("PATCH", &one, &change("Customer"), 200);
    for verb in ["PATCH", "PUT"] {
        let no = client.refused(verb, &one, &change("User"), 422);
        assert_eq!(no["field"], "doctype");
    }
}

#[test]
fn hostile_parameters_are_named_and_reach_nothing() {
    let demo = Demo::start();
    for (key, path) in [
        ("odoo", "/api/v1/res.partner"),
        ("erpnext", "/api/v1/Customer"),
    ] {
        let client = Client::new(&demo, key);
        let fine = client.get(&format!("{path}?fields=id&limit=1"));
        assert_eq!(fine.status, 200, "{}", fine.text());
        for (query, part) in [
            ("limit=1&limit=2", "limit"),
            ("nmae=x", "nmae"),
            ("name=x", "name"),
            ("id[is]=x", "is"),
            ("cmd=frappe.client.delete", "cmd"),
            ("sid=Guest", "sid"),
            ("context={}", "context"),
            ("fields=name;x", "fields"),
            ("filter=[", "filter"),
            ("id[eq]=%zz", "escape"),
            ("id[eq]=%00", "control"),
            ("offset=-1", "offset"),
            ("cursor=AAAA", "cursor"),
        ] {
            let no = client.refused("GET", &format!("{path}?{query}"), &Json::Null, 400);
            let detail = no["detail"].as_str().expect("a detail");
            assert!(detail.contains(part), "{query}: {detail}");
        }
        let no = client.refused("GET", &format!("{path}?filter=7"), &Json::Null, 422);
        assert_eq!(no["field"], "filter");
    }
    assert!(demo.reached().is_empty());
}

#[test]
fn a_path_takes_the_verbs_that_its_caller_may_use_and_names_them() {
    let demo = Demo::start();
    let full = Client::new(&demo, "odoo_full");
    let narrow = Client::new(&demo, "odoo_narrow");
    let erpnext = Client::new(&demo, "erpnext_full");
    // What reads a list opens its model's fields.
    for (client, path) in [
        (&full, "/api/v1/res.partner?fields=id&limit=1"),
        (&full, "/api/v1/sale.order?fields=id&limit=1"),
        (&erpnext, "/api/v1/Customer?fields=id&limit=1"),
    ] {
        assert_eq!(client.get(path).status, 200, "{path}");
    }
    demo.reached();
    let record = "GET, PATCH, PUT, DELETE";
    for (client, path, allow) in [
        (&full, "/api/v1/res.partner", "GET, POST"),
        (&full, "/api/v1/res.partner/7", record),
        (&full, "/api/v1/sale.order/7/action_confirm", "POST"),
        (&narrow, "/api/v1/res.partner", "GET"),
        (&narrow, "/api/v1/res.partner/7", "GET"),
        (&erpnext, "/api/v1/Customer", "GET, POST"),
        (&erpnext, "/api/v1/Customer/A%20%26%20B%20Ltd.", record),
        // Nothing more is told of what is closed than of what there is not.
        (&narrow, "/api/v1/sale.order", "GET, POST"),
        (&narrow, "/api/v1/no.such.model", "GET, POST"),
    ] {
        for verb in ["OPTIONS", "TRACE", "BREW"] {
            let got = demo.request(verb, path, &[("x-api-key", &client.key)], b"");
            assert_eq!(got.status, 405, "{verb} {path}: {}", got.text());
            assert_eq!(got.headers["allow"], allow, "{verb} {path}");
        }
    }
    // Whatever else is wrong with it.
    for (client, verb, path, allow) in [
        (&narrow, "POST", "/api/v1/res.partner?fields=id", "GET"),
        (&narrow, "PATCH", "/api/v1/res.partner/7?fields=id", "GET"),
        (&full, "POST", "/api/v1/res.partner/7", record),
        (&full, "PATCH", "/api/v1/res.partner", "GET, POST"),
        (&full, "GET", "/api/v1/sale.order/7/action_confirm", "POST"),
    ] {
        let got = client.ask(verb, path, &[], &json!({"name": "x"}));
        assert_eq!(got.status, 405, "{verb} {path}: {}", got.text());
        assert_eq!(got.headers["allow"], allow, "{verb} {path}");
        assert_eq!(got.content_type, "application/problem+json");
    }
    let text = [
        ("x-api-key", full.key.as_str()),
        ("content-type", "text/plain"),
    ];
    let path = "/api/v1/res.partner";
    assert_eq!(demo.request("POST", path, &text, b"{}").status, 415);
    let got = full.ask("POST", path, &[("if-match", "*")], &json!({}));
    assert_eq!(got.status, 400, "{}", got.text());
    let got = full.get("/api/v1/res.partner/%zz");
    assert_eq!(got.status, 400);
    assert_eq!(got.content_type, "application/problem+json");
    let reached = demo.reached();
    let own = |line: &Json| line["call"] == "fields_get";
    assert!(reached.iter().all(own), "{reached:?}");
}

#[test]
fn what_is_not_the_facades_is_no_part_of_a_batch() {
    let demo = Demo::start();
    let erpnext = Client::new(&demo, "erpnext");
    let paths = [
        "/api/v1/method/frappe.client.get_count?doctype=Customer",
        "/api/v1/%6dethod/frappe.client.get_count?doctype=Customer",
        "/api/v1/resource/Customer?limit_page_length=1",
    ];
    for path in paths {
        let got = erpnext.get(&format!("/u/erpnext{path}"));
        assert_eq!(got.status, 200, "{path}: {}", got.text());
    }
    let items: Vec<Json> = paths
        .iter()
        .map(|path| json!({"method": "GET", "path": path}))
        .collect();
    demo.reached();
    let got = erpnext.ask("POST", "/u/erpnext/api/v1/-/batch", &[], &json!(items));
    assert_eq!(got.status, 200, "{}", got.text());
    for answer in read(&got)["data"].as_array().expect("answers") {
        assert_eq!(answer["status"], 404, "{answer}");
    }
    assert!(demo.reached().is_empty());
}

#[test]
fn each_request_of_a_batch_is_judged_and_answered_singly() {
    let demo = Demo::start();
    let odoo = Client::new(&demo, "odoo");
    let items = json!([
        {"method": "GET", "path": "/api/v1/res.partner?fields=name&limit=1"},
        {"method": "POST", "path": "/api/v1/res.partner", "body": {"name": "x"}},
        {"method": "GET", "path": "/api/v1/res.users"},
        {"method": "GET", "path": "/api/v1/res.partner?nmae=x"},
        {"method": "POST", "path": "/api/v1/-/batch", "body": {}},
        {"method": "GET", "path": "/api/v1/res.partner/99999999"},
    ]);
    demo.reached();
    let got = odoo.ask("POST", "/api/v1/-/batch", &[], &items);
    assert_eq!(got.status, 200, "{}", got.text());
    let answers = read(&got)["data"].as_array().expect("answers").clone();
    let statuses: Vec<u64> = answers
        .iter()
        .filter_map(|one| one["status"].as_u64())
        .collect();
    assert_eq!(statuses, [200, 403, 403, 400, 400, 404], "{}", got.text());
    assert!(answers[0]["body"]["data"][0]["name"].is_string());
    assert_eq!(
        answers[1]["body"]["type"],
        "urn:portcullis:problem:forbidden"
    );
    let mut ids: Vec<&str> = answers
        .iter()
        .map(|one| one["headers"]["x-request-id"].as_str().expect("an id"))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), answers.len(), "each has a record of its own");

    let nested = json!([{"method": "POST", "path": "/api/v1/-/batch", "body": {"a": 1}}]);
    let got = odoo.ask("POST", "/u/odoo/api/v1/-/batch", &[], &nested);
    assert_eq!(read(&got)["data"][0]["status"], 400, "{}", got.text());
    demo.reached();
    odoo.refused("POST", "/api/v1/-/batch", &json!({"a": 1}), 400);
    odoo.refused(
        "POST",
        "/api/v1/-/batch",
        &json!([{"method": "GET", "path": "/json/2/a/b"}]),
        422,
    );
    let many = vec![json!({"method": "GET", "path": "/api/v1/res.partner"}); 21];
    odoo.refused("POST", "/api/v1/-/batch", &Json::Array(many), 422);
    let got = demo.post(
        "/api/v1/-/batch",
        &[("content-type", "application/json")],
        items.to_string().as_bytes(),
    );
    assert_eq!(got.status, 401, "{}", got.text());
    assert!(demo.reached().is_empty());
}

#[test]
fn a_narrow_role_gets_nothing_else_by_any_argument_of_the_facade() {
    let demo = Demo::start();
    let narrow = Client::new(&demo, "odoo_narrow");
    let full = Client::new(&demo, "odoo_full");
    let find = |company: &str| {
        let path = format!("/api/v1/res.partner?fields=id&is_company[eq]={company}&limit=1");
        full.data("GET", &path, &Json::Null, 200)[0]["id"].clone()
    };
    let (company, person) = (find("true"), find("false"));

    let rows = narrow.data("GET", "/api/v1/res.partner", &Json::Null, 200);
    for row in rows.as_array().expect("rows") {
        let mut names: Vec<&String> = row.as_object().expect("a row").keys().collect();
        names.sort_unstable();
        assert_eq!(names, ["city", "id", "name"]);
    }
    let one = narrow.get(&format!("/api/v1/res.partner/{company}"));
    assert_eq!(one.status, 200);
    assert!(
        !one.headers.contains_key("etag"),
        "when it was changed is not open"
    );
    let hidden = narrow.get(&format!("/api/v1/res.partner/{person}"));
    let absent = narrow.get("/api/v1/res.partner/99999999");
    assert_eq!((hidden.status, absent.status), (404, 404));
    let told = |got: &Got| {
        let mut problem = problem(got);
        problem["instance"] = Json::Null;
        problem
    };
    assert_eq!(told(&hidden), told(&absent));

    for (query, field) in [
        ("fields=email", Some("email")),
        ("fields=display_name", Some("display_name")),
        ("fields=name&expand=parent_id(email)", Some("parent_id")),
        ("email[like]=a", Some("email")),
        ("write_date[gt]=2020-01-01", Some("write_date")),
        ("parent_id.email[like]=a", None),
        ("filter=[[%22email%22,%22like%22,%22a%22]]", Some("email")),
        ("order=email", Some("email")),
    ] {
        let no = narrow.refused(
            "GET",
            &format!("/api/v1/res.partner?{query}"),
            &Json::Null,
            403,
        );
        if let Some(field) = field {
            assert_eq!(no["field"], field, "{query}");
        }
    }
    let place = format!("/api/v1/res.partner/{company}");
    narrow.refused("PATCH", &place, &json!({"city": "x"}), 403);
    narrow.refused("PUT", &place, &json!({"city": "x"}), 403);
    narrow.refused("DELETE", &place, &Json::Null, 403);
    narrow.refused("POST", "/api/v1/res.partner", &json!({"name": "x"}), 403);
    narrow.refused("POST", &format!("{place}/copy"), &Json::Null, 403);
    narrow.refused(
        "POST",
        "/api/v1/res.partner/name_search",
        &json!({"name": "a"}),
        403,
    );
    let users = narrow.refused("GET", "/api/v1/res.users", &Json::Null, 403);
    let nothing = narrow.refused("GET", "/api/v1/no.such", &Json::Null, 403);
    let text = |problem: &Json| {
        problem["detail"]
            .to_string()
            .replace("res.users", "no.such")
    };
    assert_eq!(text(&users), text(&nothing));
}

#[test]
fn whoever_names_another_erp_than_the_keys_own_is_nobody() {
    let demo = Demo::start();
    let odoo = Client::new(&demo, "odoo");
    assert_eq!(
        odoo.get("/api/v1/res.partner?fields=id&limit=1").status,
        200
    );
    assert_eq!(
        odoo.get("/u/odoo/api/v1/res.partner?fields=id&limit=1")
            .status,
        200
    );
    odoo.refused("GET", "/u/erpnext/api/v1/res.partner", &Json::Null, 401);
    demo.reached();
    let frappe = Client::new(&demo, "erpnext");
    let own = frappe.get("/api/v1/resource/Customer");
    assert_eq!(
        own.status,
        200,
        "Frappe's own path stays its own: {}",
        own.text()
    );
    assert_eq!(own.content_type, "application/json");
}
