//! The façade read, brought to calls, and answered.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Facade, Guarded, Models, Notice, Place, Request, Resource, Said, Seal, query, tags};
use crate::asked::Asked;
use crate::dialect::{Dialect, Inbound, Reply, Written};
use crate::domain::FieldKind;
use crate::edition::Edition;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::name::Model;
use crate::value::{Map, Value, from_json, to_json};

/// Tags that anybody could make: enough to see what they are made over.
pub(super) struct Sum;

impl Seal for Sum {
    fn tag(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut tag = [0_u8; 16];
        for (at, part) in parts.iter().enumerate() {
            for (step, byte) in part.iter().enumerate() {
                let place = at.wrapping_mul(7).wrapping_add(step) % 16;
                tag[place] = tag[place]
                    .wrapping_mul(31)
                    .wrapping_add(*byte)
                    .wrapping_add(1);
            }
        }
        tag
    }
}

/// A small Odoo.
struct Partners;

impl Models for Partners {
    fn field(&self, model: &str, field: &str) -> Option<(FieldKind, Option<&str>)> {
        Some(match (model, field) {
            ("res.partner", "name" | "city") => (FieldKind::Char, None),
            ("res.partner", "active") => (FieldKind::Boolean, None),
            ("res.partner", "color") => (FieldKind::Integer, None),
            ("res.partner", "write_date") => (FieldKind::Datetime, None),
            ("res.partner", "parent_id") => (FieldKind::Many2one, Some("res.partner")),
            ("res.partner", "child_ids") => (FieldKind::One2many, Some("res.partner")),
            ("product.template", "list_price") => (FieldKind::Float, None),
            ("product.template", "name") => (FieldKind::Char, None),
            _ => return None,
        })
    }
}

fn facade() -> Facade {
    let product = Resource::plain(Model::new("product.template").unwrap())
        .calling("price", "list_price")
        .unwrap()
        .noticed(Notice {
            deprecation: Some("@1767225600".to_owned()),
            sunset: Some("Thu, 31 Dec 2026 00:00:00 GMT".to_owned()),
            link: Some("https://example.com/end".to_owned()),
        });
    let guarded = Resource::plain(Model::new("res.partner").unwrap()).guarded(Guarded::Always);
    Facade::new("odoo", Arc::new(Sum))
        .paged(2, 3)
        .with("resource", product)
        .with("guarded", guarded)
}

fn ask(verb: &str, path: &str, query: &str, body: &str) -> Result<Request, Fault> {
    let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
    let inbound = Inbound {
        verb,
        segments: &segments,
        query,
        content_type: if body.is_empty() {
            ""
        } else {
            "application/json"
        },
        body: body.as_bytes(),
    };
    match Dialect::Rest.read(inbound, &Limits::default()) {
        Ok(reading) => match reading.asked {
            Asked::Rest(request) => match request.unread() {
                Some(fault) => Err(fault.clone()),
                None => Ok(*request),
            },
            other => panic!("{other:?}"),
        },
        Err(error) => Err(error.fault),
    }
}

fn odoo(verb: &str, path: &str, query: &str, body: &str) -> Said {
    let request = ask(verb, path, query, body).unwrap();
    request.in_odoo(&facade(), Arc::new(Partners)).unwrap()
}

fn odoo_fault(verb: &str, path: &str, query: &str, body: &str) -> Fault {
    match ask(verb, path, query, body) {
        Ok(request) => request.in_odoo(&facade(), Arc::new(Partners)).unwrap_err(),
        Err(fault) => fault,
    }
}

fn frappe(verb: &str, path: &str, query: &str, body: &str) -> Said {
    let request = ask(verb, path, query, body).unwrap();
    request.in_frappe(&facade(), &()).unwrap()
}

fn json(text: &str) -> Value {
    from_json(text.as_bytes(), &Limits::default()).unwrap()
}

fn argument(said: &Said, name: &str) -> String {
    String::from_utf8(to_json(&said.call.named[name])).unwrap()
}

fn answered(said: Said, value: &str) -> Written {
    let reply = Reply {
        rest: Some(Arc::new(said.manner)),
        ..Reply::plain(Dialect::Rest)
    };
    reply.write_answer(&json(value))
}

fn header<'a>(written: &'a Written, name: &str) -> Option<&'a str> {
    let found = written.headers.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.as_str())
}

fn text(written: &Written) -> &str {
    std::str::from_utf8(&written.body).unwrap()
}

#[test]
fn a_list_is_a_search_in_an_order_that_leaves_nothing_open() {
    let query = "fields=name,city&filter=[[%22name%22,%22!=%22,false]]&parent_id[eq]=7\
        &color[in]=1,2&active[eq]=true&name[ilike]=5&city[null]=true&order=-city,name&limit=2&offset=4";
    let said = odoo("GET", "res.partner", query, "");
    assert_eq!(said.call.method.as_str(), "search_read");
    assert_eq!(
        argument(&said, "domain"),
        r#"[["name","!=",false],["parent_id","=",7],["color","in",[1,2]],["active","=",true],["name","ilike","5"],["city","=",false]]"#
    );
    assert_eq!(argument(&said, "order"), r#""city desc, name, id""#);
    assert_eq!(argument(&said, "fields"), r#"["name","city"]"#);
    assert_eq!(argument(&said, "limit"), "2");
    assert_eq!(argument(&said, "offset"), "4");
    assert_eq!(said.edition, Edition::Any);

    let query = "filter=[[%22territory%22,%22=%22,%22US%22]]&id[like]=A&customer_group[null]=false&order=-modified";
    let said = frappe("GET", "Customer", query, "");
    assert_eq!(said.call.method.as_str(), "get_list");
    assert_eq!(
        argument(&said, "filters"),
        r#"[["territory","=","US"],["name","like","%A%"],["customer_group","is","set"]]"#
    );
    assert_eq!(argument(&said, "order_by"), r#""modified desc, name asc""#);
    assert_eq!(argument(&said, "fields"), r#"["*"]"#);
}

#[test]
fn linked_records_are_shown_as_they_were_asked_for() {
    let query = "fields=name&expand=parent_id(name,child_ids(city)),child_ids";
    let said = odoo("GET", "res.partner", query, "");
    assert_eq!(said.call.method.as_str(), "web_search_read");
    assert_eq!(
        argument(&said, "specification"),
        r#"{"name":{},"parent_id":{"fields":{"name":{},"child_ids":{"fields":{"city":{}}}}},"child_ids":{"fields":{"display_name":{}}}}"#
    );
    let written = answered(
        said,
        r#"{"length":1,"records":[{"id":1,"name":false,"parent_id":{"id":7,"name":"Ann","child_ids":[{"id":9,"city":false}]},"child_ids":[]}]}"#,
    );
    assert_eq!(
        text(&written),
        r#"{"data":[{"id":1,"name":null,"parent_id":{"id":7,"name":"Ann","child_ids":[{"id":9,"city":null}]},"child_ids":[]}],"page":{"limit":2,"next":null}}"#
    );
}

#[test]
fn a_record_is_shown_alike_whichever_erp_it_is_of() {
    let said = odoo("GET", "res.partner/7", "", "");
    assert_eq!(said.call.method.as_str(), "read");
    assert_eq!(said.edition, Edition::Told);
    let written = answered(
        said,
        r#"[{"id":7,"name":"Ann","city":false,"active":false,"parent_id":[3,"Bob"],"child_ids":[8],"write_date":"2026-11-26 10:00:00"}]"#,
    );
    assert_eq!(written.status, 200);
    assert_eq!(
        text(&written),
        r#"{"data":{"id":7,"name":"Ann","city":null,"active":false,"parent_id":{"id":3,"display_name":"Bob"},"child_ids":[8],"write_date":"2026-11-26 10:00:00"}}"#
    );
    assert_eq!(header(&written, "etag"), Some("\"2026-11-26T10:00:00\""));

    let said = frappe("GET", "Customer/A%2FB", "", "");
    assert_eq!(said.call.method.as_str(), "get");
    let written = answered(
        said,
        r#"{"name":"A","city":null,"modified":"2026-11-26 10:00:00.000001"}"#,
    );
    assert_eq!(
        text(&written),
        r#"{"data":{"id":"A","name":"A","city":null,"modified":"2026-11-26 10:00:00.000001"}}"#
    );
    assert_eq!(
        header(&written, "etag"),
        Some("\"2026-11-26T10:00:00.000001\"")
    );
}

#[test]
fn the_edition_is_told_in_the_tag_and_not_in_the_record_unless_it_was_asked_for() {
    let row = r#"[{"id":7,"name":"Ann","write_date":"2026-11-26 10:00:00"}]"#;
    let written = answered(odoo("GET", "res.partner/7", "fields=name", ""), row);
    assert_eq!(text(&written), r#"{"data":{"id":7,"name":"Ann"}}"#);
    assert!(header(&written, "etag").is_some());

    let known = ask("GET", "res.partner/7", "fields=name", "")
        .unwrap()
        .on_condition("", "\"x\", W/\"2026-11-26T10:00:00\"");
    let said = known.in_odoo(&facade(), Arc::new(Partners)).unwrap();
    let written = answered(said, row);
    assert_eq!((written.status, text(&written)), (304, ""));
    let missing = answered(odoo("GET", "res.partner/7", "", ""), "[]");
    assert_eq!(missing.status, 404);
}

#[test]
fn a_change_is_made_on_the_edition_that_was_seen() {
    let change = |if_match: &str| {
        ask("PATCH", "res.partner/7", "", r#"{"id":7,"city":null}"#)
            .unwrap()
            .on_condition(if_match, "")
            .in_odoo(&facade(), Arc::new(Partners))
    };
    let said = change("\"2026-11-26T10:00:00\"").unwrap();
    assert_eq!(said.call.method.as_str(), "write");
    assert_eq!(argument(&said, "vals"), r#"{"city":false}"#);
    assert_eq!(
        said.edition,
        Edition::Seen(vec!["2026-11-26 10:00:00".into()])
    );
    assert_eq!(change("*").unwrap().edition, Edition::Any);
    assert_eq!(
        change("W/\"2026-11-26T10:00:00\"").unwrap().edition,
        Edition::Seen(vec!["".into()]),
        "a weak tag matches nothing"
    );
    assert_eq!(change("2026").unwrap_err().kind, FaultKind::Malformed);
    let create = ask("POST", "res.partner", "", "{}").unwrap();
    assert_eq!(
        create
            .on_condition("*", "")
            .in_odoo(&facade(), Arc::new(Partners))
            .unwrap_err()
            .kind,
        FaultKind::Malformed
    );
    let remove = |if_match: &str| {
        let request = ask("DELETE", "guarded/7", "", "").unwrap();
        let request = request.on_condition(if_match, "");
        request
            .in_odoo(&facade(), Arc::new(Partners))
            .map_err(|fault| fault.kind)
    };
    assert!(remove("\"2026-11-26T10:00:00\"").is_ok());
    for unseen in ["", "*"] {
        assert_eq!(
            remove(unseen).map(|_| ()),
            Err(FaultKind::Unconditional),
            "{unseen}"
        );
    }
}

#[test]
fn names_of_the_configuration_hold_both_ways() {
    let said = odoo(
        "POST",
        "resource",
        "",
        r#"{"name":"New Product","price":100.0}"#,
    );
    assert_eq!(said.call.model.as_str(), "product.template");
    assert_eq!(said.call.method.as_str(), "create");
    assert_eq!(
        argument(&said, "vals_list"),
        r#"[{"name":"New Product","list_price":100.0}]"#
    );
    let written = answered(said, "[12]");
    assert_eq!(
        (written.status, text(&written)),
        (201, r#"{"data":{"id":12}}"#)
    );
    assert_eq!(header(&written, "location"), Some("/api/v1/resource/12"));
    assert_eq!(header(&written, "deprecation"), Some("@1767225600"));
    assert_eq!(
        header(&written, "link"),
        Some(
            "<https://example.com/end>; rel=\"deprecation\", <https://example.com/end>; rel=\"sunset\""
        )
    );

    let query = "fields=price&order=-price&price[gte]=5&filter=[[%22price%22,%22<%22,9]]";
    let said = odoo("GET", "resource", query, "");
    assert_eq!(
        argument(&said, "domain"),
        r#"[["list_price","<",9],["list_price",">=",5.0]]"#
    );
    assert_eq!(argument(&said, "order"), r#""list_price desc, id""#);
    let written = answered(said, r#"[{"id":1,"list_price":7.5}]"#);
    assert!(text(&written).contains(r#"{"id":1,"price":7.5}"#));

    let fault = odoo_fault("POST", "resource", "", r#"{"list_price":1}"#);
    assert_eq!(
        fault.message,
        "the field `list_price` is called `price` here"
    );
    let said = odoo("GET", "resource", "", "");
    let told = said
        .manner
        .told(&Fault::new(FaultKind::AccessError, "not `list_price`").about("list_price"));
    assert_eq!(
        (&*told.message, told.field.as_deref()),
        ("not `price`", Some("price"))
    );
}

#[test]
fn links_are_written_as_they_are_read() {
    let body =
        r#"{"parent_id":{"id":3,"display_name":"Bob"},"child_ids":[8,{"id":9}],"active":false}"#;
    let said = odoo("PUT", "res.partner/7", "", body);
    assert_eq!(
        argument(&said, "vals"),
        r#"{"parent_id":3,"child_ids":[[6,0,[8,9]]],"active":false}"#
    );
    let body = r#"{"child_ids":[[0,0,{"name":"x","city":null}],[4,8]]}"#;
    let said = odoo("PATCH", "res.partner/7", "", body);
    assert_eq!(
        argument(&said, "vals"),
        r#"{"child_ids":[[0,0,{"name":"x","city":false}],[4,8]]}"#
    );
}

#[test]
fn methods_are_called_on_a_record_or_on_the_model() {
    let said = odoo("POST", "sale.order/5/action_confirm", "", "");
    assert_eq!(
        (
            said.call.method.as_str(),
            said.call.ids.as_ref().unwrap().len()
        ),
        ("action_confirm", 1)
    );
    let said = odoo("POST", "res.partner/search_count", "", r#"{"domain":[]}"#);
    assert_eq!(said.call.method.as_str(), "search_count");
    assert_eq!(text(&answered(said, "3")), r#"{"data":3}"#);
    let fault = odoo_fault("POST", "res.partner/_compute", "", "{}");
    assert_eq!(fault.kind, FaultKind::AccessError);
    let fault = odoo_fault(
        "POST",
        "res.partner/5/write",
        "",
        r#"{"ids":[6],"vals":{}}"#,
    );
    assert_eq!(fault.field.as_deref(), Some("ids"));
    let said = frappe("POST", "Sales Order/SO-1/submit", "", "");
    assert_eq!(said.call.method.as_str(), "submit");
    let said = frappe(
        "POST",
        "Item/erpnext.stock.utils.get_stock",
        "",
        r#"{"item":"A"}"#,
    );
    assert_eq!(argument(&said, "doctype"), r#""Item""#);
    let path = "Item/frappe.client.set_value";
    let body = r#"{"name":"A","fieldname":"rate","value":1}"#;
    let request = ask("POST", path, "", body).unwrap();
    let fault = request.in_frappe(&facade(), &()).unwrap_err();
    assert_eq!(
        fault.kind,
        FaultKind::UnknownMethod,
        "verbs say it, and are judged"
    );
}

#[test]
fn a_document_is_of_the_doctype_of_its_path() {
    for (verb, path) in [("POST", "Item"), ("PATCH", "Item/A"), ("PUT", "Item/A")] {
        let said = frappe(verb, path, "", r#"{"item_name":"x","doctype":"Item"}"#);
        assert_eq!(argument(&said, "doc"), r#"{"item_name":"x"}"#);
        for other in [r#""User""#, r#""""#, "null", "7"] {
            let body = format!(r#"{{"item_name":"x","doctype":{other}}}"#);
            let request = ask(verb, path, "", &body).unwrap();
            let fault = request.in_frappe(&facade(), &()).unwrap_err();
            assert_eq!(fault.kind, FaultKind::BadArguments, "{verb} {body}");
            assert_eq!(fault.field.as_deref(), Some("doctype"));
        }
    }
}

#[test]
fn a_full_page_leads_to_the_next_and_only_of_the_same_list() {
    let query = "fields=name&name[ne]=x&order=-name";
    let page = r#"[{"id":1,"name":"a"},{"id":2,"name":"b"}]"#;
    let written = answered(odoo("GET", "res.partner", query, ""), page);
    let link = header(&written, "link").unwrap();
    let next = link
        .strip_prefix("<?")
        .unwrap()
        .strip_suffix(">; rel=\"next\"")
        .unwrap();
    let said = odoo("GET", "res.partner", next, "");
    assert_eq!(argument(&said, "offset"), "2");
    assert_eq!(argument(&said, "order"), r#""name desc, id""#);

    let cursor = next.split("cursor=").nth(1).unwrap();
    for (path, query) in [
        ("res.partner", "fields=name&name[ne]=y&order=-name"),
        ("res.partner", "fields=name&name[ne]=x&order=name"),
        ("res.partner", "fields=name"),
        ("resource", "order=-name&name[ne]=x"),
    ] {
        let fault = odoo_fault("GET", path, &format!("{query}&cursor={cursor}"), "");
        assert_eq!(fault.kind, FaultKind::Malformed, "{query}");
        assert_eq!(fault.field.as_deref(), Some("cursor"), "{query}");
    }
    for altered in [
        cursor.replace('A', "B"),
        cursor.chars().skip(1).collect(),
        format!("{cursor}A"),
        String::new(),
    ] {
        let fault = odoo_fault(
            "GET",
            "res.partner",
            &format!("{query}&cursor={altered}"),
            "",
        );
        assert_eq!(fault.field.as_deref(), Some("cursor"), "{altered}");
    }
    assert_eq!(
        argument(&odoo("GET", "res.partner", "limit=500", ""), "limit"),
        "3",
        "a page has its bound, and says it"
    );
}

#[test]
fn what_cannot_be_read_in_one_way_is_refused_with_its_name() {
    assert!(ask("GET", "res.partner", "limit=5", "").is_ok());
    for (query, part) in [
        ("limit=5&limit=6", "`limit` is given twice"),
        ("nmae=x", "no parameter `nmae`"),
        ("name[eq]=x&name[eq]=y", "`name[eq]` is given twice"),
        ("name[is]=x", "no operator `is`"),
        ("a-b[eq]=x", "`a-b` is no field"),
        ("limit=-1", "`limit` is a whole number"),
        ("limit=1.5", "`limit` is a whole number"),
        ("limit=0", "`limit` is at least 1"),
        ("offset=x", "`offset` is a whole number"),
        ("order=name;drop", "`order` is a list"),
        ("order=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "too many fields"),
        ("fields=", "`fields` is a list"),
        ("fields=name.x", "`fields` is a list"),
        ("filter=[", "`filter` is no JSON"),
        ("expand=a(b", "`expand` is a list"),
        ("expand=a(b)c", "`expand` is a list"),
        ("expand=a(b(c(d(e))))&fields=x", "too deep"),
        ("cursor=x&offset=1", "`cursor` or `offset`"),
        ("name[eq]=%", "broken escape"),
        ("name[eq]=%2", "broken escape"),
        ("name[eq]=%zz", "broken escape"),
        ("name[eq]=%ff", "not UTF-8"),
        ("name[eq]=%00", "control character"),
        ("name[null]=yes", "true or false"),
        ("name[in]=[", "a,b or JSON"),
        ("name[in]=[[1]]", "texts and numbers"),
    ] {
        let fault = ask("GET", "res.partner", query, "").unwrap_err();
        assert_eq!(fault.kind, FaultKind::Malformed, "{query}");
        assert!(fault.message.contains(part), "{query}: {}", fault.message);
    }
    for (query, field) in [("color[eq]=x", "color"), ("active[eq]=maybe", "active")] {
        let fault = odoo_fault("GET", "res.partner", query, "");
        assert_eq!(fault.kind, FaultKind::BadValue, "{query}");
        assert_eq!(fault.field.as_deref(), Some(field));
    }
    let kind = |verb, path, body| odoo_fault(verb, path, "", body).kind;
    assert_eq!(kind("PATCH", "res.partner", "{}"), FaultKind::Verb);
    assert_eq!(kind("GET", "res.partner/abc", ""), FaultKind::MissingRecord);
    assert_eq!(kind("GET", "res.partner/007", ""), FaultKind::MissingRecord);
    assert_eq!(kind("GET", "res.partner/-1", ""), FaultKind::MissingRecord);
    assert_eq!(kind("POST", "res.partner", "[]"), FaultKind::Malformed);
    assert_eq!(kind("POST", "res.partner", ""), FaultKind::ContentType);
    assert_eq!(kind("DELETE", "res.partner/7", "{}"), FaultKind::Malformed);
    assert_eq!(
        kind("PATCH", "res.partner/7", r#"{"id":8}"#),
        FaultKind::BadArguments
    );
    assert_eq!(
        kind("POST", "res.partner", r#"{"id":8}"#),
        FaultKind::BadArguments
    );
    let fault = ask("POST", "res.partner", "fields=name", "{}").unwrap_err();
    assert!(fault.message.contains("`fields`"));
}

#[test]
fn a_problem_is_told_as_rfc_9457_has_it() {
    let fault = Fault::new(FaultKind::BadValue, "a number")
        .about("price")
        .of_request("abc");
    let written = Reply::plain(Dialect::Rest).write_fault(&fault);
    assert_eq!(
        (written.status, written.content_type),
        (422, "application/problem+json")
    );
    assert_eq!(
        text(&written),
        r#"{"type":"urn:portcullis:problem:bad-value","title":"A value does not fit","status":422,"detail":"a number","instance":"urn:portcullis:request:abc","field":"price"}"#
    );
}

#[test]
fn a_batch_is_a_list_of_requests_and_nothing_else() {
    let read = |body: &str| {
        let segments = ["api", "v1", "-", "batch"].map(str::to_owned);
        let inbound = Inbound {
            verb: "POST",
            segments: &segments,
            query: "",
            content_type: "application/json",
            body: body.as_bytes(),
        };
        match Dialect::Rest.read(inbound, &Limits::default()) {
            Ok(reading) => match reading.asked {
                Asked::Batch(items) => Ok(items),
                other => panic!("{other:?}"),
            },
            Err(error) => Err(error.fault),
        }
    };
    let items = read(
        r#"[{"method":"PATCH","path":"/api/v1/res.partner/7","headers":{"If-Match":"\"x\""},"body":{"city":"B"}}]"#,
    )
    .unwrap();
    assert_eq!(items[0].body, br#"{"city":"B"}"#);
    assert_eq!(
        items[0].headers,
        [("if-match".to_owned(), "\"x\"".to_owned())]
    );
    for body in [
        "{}",
        "[]",
        "[1]",
        r#"[{"method":"GET"}]"#,
        r#"[{"method":"OPTIONS","path":"/api/v1/a"}]"#,
        r#"[{"method":"GET","path":"/json/2/a/b"}]"#,
        r#"[{"method":"GET","path":"/api/v1/a b"}]"#,
        r#"[{"method":"GET","path":"/api/v1/a%2"}]"#,
        r#"[{"method":"GET","path":"/api/v1/a|b"}]"#,
        r#"[{"method":"GET","path":"/api/v1/a","headers":{"If-Match":"\u0084"}}]"#,
        &format!(
            r#"[{{"method":"GET","path":"/api/v1/{}"}}]"#,
            "a".repeat(8192)
        ),
        r#"[{"method":"GET","path":"/api/v1/a","more":1}]"#,
        r#"[{"method":"GET","path":"/api/v1/a","headers":{"Authorization":"Bearer x"}}]"#,
        r#"[{"method":"POST","path":"/api/v1/a","body":[]}]"#,
    ] {
        assert!(read(body).is_err(), "{body}");
    }
    let many = vec![r#"{"method":"GET","path":"/api/v1/a"}"#; 21].join(",");
    assert_eq!(
        read(&format!("[{many}]")).unwrap_err().kind,
        FaultKind::BadArguments
    );
}

#[test]
fn a_path_below_a_resource_is_a_records_or_a_methods() {
    let told = |place: Place<'_>| (place.is_list, place.is_record, place.method.is_some());
    for (path, odoo, frappe) in [
        ("a.b", (true, false, false), (true, false, false)),
        ("a.b/7", (false, true, false), (false, true, false)),
        ("a.b/copy", (false, false, true), (false, true, false)),
        ("a.b/x.y", (false, false, true), (false, true, true)),
        (
            "a.b/A & B Ltd.",
            (false, false, false),
            (false, true, false),
        ),
        ("a.b/7/copy", (false, false, true), (false, false, true)),
        ("a.b/x/copy", (false, false, false), (false, false, true)),
    ] {
        let request = ask("POST", path, "", "{}").unwrap();
        assert_eq!(told(request.place_in_odoo()), odoo, "{path}");
        assert_eq!(told(request.place_in_frappe()), frappe, "{path}");
    }
}

#[test]
fn a_filter_compares_a_field_with_what_it_is_of() {
    let asked = |filter: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let query = query.append_pair("filter", filter).finish();
        ask("GET", "res.partner", &query, "").unwrap()
    };
    let in_odoo = |filter: &str| asked(filter).in_odoo(&facade(), Arc::new(Partners));
    for (good, bad) in [
        (r#"["color","=",3]"#, r#"["color","=","x"]"#),
        (r#"["color",">",3.0]"#, r#"["color",">",false]"#),
        (r#"["color","in",[3]]"#, r#"["color","in",3]"#),
        (r#"["active","=",true]"#, r#"["active","=","yes"]"#),
        (r#"["parent_id","=",false]"#, r#"["parent_id","=",0]"#),
        (r#"["parent_id","in",[7,8]]"#, r#"["parent_id","in",[0]]"#),
        (r#"["parent_id","ilike","a"]"#, r#"["parent_id","ilike",7]"#),
        (
            r#"["parent_id.name","=","a"]"#,
            r#"["parent_id.name","=",7]"#,
        ),
        (r#"["name","like","a"]"#, r#"["name","like","\u0000"]"#),
        (r#"["id","=",7]"#, r#"["id","=",-9223372036854775809]"#),
        (r#"["unknown","=",7]"#, r#"["name","=",["a"]]"#),
    ] {
        for form in ["[{}]", r#"["!",{}]"#] {
            let said = in_odoo(&form.replace("{}", good));
            assert!(said.is_ok(), "{good}: {:?}", said.err());
            let fault = in_odoo(&form.replace("{}", bad)).unwrap_err();
            assert_eq!(fault.kind, FaultKind::BadValue, "{bad}");
            let field = fault.field.as_deref().unwrap_or_default();
            assert!(bad.contains(field) && !field.is_empty(), "{bad}: {field}");
        }
    }
    let in_frappe = |filter: &str| asked(filter).in_frappe(&facade(), &Partners);
    assert!(in_frappe(r#"[["color","=",3],["city","is","set"]]"#).is_ok());
    assert_eq!(
        in_frappe(r#"[["color","=","x"]]"#).unwrap_err().kind,
        FaultKind::BadValue
    );
}

#[test]
fn what_is_asked_for_twice_is_given_once() {
    let said = odoo("GET", "res.partner", "order=name,-name,city", "");
    assert_eq!(argument(&said, "order"), "\"name, city, id\"");
    let query = "expand=parent_id(name),parent_id(city,name)";
    let said = odoo("GET", "res.partner/7", query, "");
    assert_eq!(
        argument(&said, "specification"),
        r#"{"parent_id":{"fields":{"name":{},"city":{}}}}"#
    );
}

proptest! {
    #[test]
    fn a_written_query_is_read_back(pairs in proptest::collection::btree_map("[a-z\\[\\]%&=+ é]{1,8}", "[ -~é]{0,12}", 0..8)) {
        let pairs: Vec<(String, String)> = pairs.into_iter().collect();
        let text = query::write(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        prop_assert_eq!(query::read(&text).unwrap(), pairs);
    }

    #[test]
    fn an_edition_is_the_same_behind_its_tag(date in "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{6})?") {
        let tag = tags::of(&date).unwrap();
        let read = tags::read(&tag, tags::Weak::Never).unwrap().unwrap();
        prop_assert!(read.has(&date));
        prop_assert!(!read.has("2000-01-01"));
    }

    #[test]
    fn a_record_that_was_read_can_be_written_back(
        name in proptest::option::of("[ -~]{1,12}"),
        active: bool,
        color: i64,
        parent in proptest::option::of(1i64..1000),
        children in proptest::collection::vec(1i64..1000, 0..4),
    ) {
        let nothing = Value::Bool(false);
        let row = Map::from_iter([
            ("id".to_owned(), Value::Int(7)),
            ("name".to_owned(), name.clone().map_or(nothing.clone(), Value::from)),
            ("active".to_owned(), Value::Bool(active)),
            ("color".to_owned(), Value::Int(color)),
            ("parent_id".to_owned(), parent.map_or(nothing.clone(), |id| Value::List(vec![Value::Int(id), Value::from("x")]))),
            ("child_ids".to_owned(), Value::List(children.iter().map(|id| Value::Int(*id)).collect())),
        ]);
        let said = odoo("GET", "res.partner/7", "", "");
        let shown = super::rows::odoo(&Partners, "res.partner", &row);
        drop(said);
        let body = String::from_utf8(to_json(&Value::Map(shown))).unwrap();
        let said = odoo("PUT", "res.partner/7", "", &body);
        let vals = said.call.named["vals"].as_map().unwrap();
        prop_assert_eq!(&vals["name"], &name.map_or(nothing.clone(), Value::from));
        prop_assert_eq!(&vals["active"], &Value::Bool(active));
        prop_assert_eq!(&vals["color"], &Value::Int(color));
        prop_assert_eq!(&vals["parent_id"], &parent.map_or(nothing, Value::Int));
        let ids = Value::List(children.into_iter().map(Value::Int).collect());
        prop_assert_eq!(&vals["child_ids"], &Value::List(vec![Value::List(vec![Value::Int(6), Value::Int(0), ids])]));
    }

    #[test]
    fn no_request_makes_it_panic(
        verb in "GET|POST|PATCH|PUT|DELETE|OPTIONS",
        path in "[a-z.]{1,6}(/[a-z0-9-]{1,4}){0,2}",
        query in "[ -~]{0,60}",
        body in "[ -~]{0,40}",
        if_match in "[ -~]{0,20}",
    ) {
        if let Ok(request) = ask(&verb, &path, &query, &body) {
            drop(request.in_odoo(&facade(), Arc::new(Partners)));
            drop(request.in_frappe(&facade(), &()));
            let request = request.on_condition(&if_match, &if_match);
            drop(request.in_odoo(&facade(), Arc::new(Partners)));
            assert!(request.place_in_frappe().verbs.contains(&"POST"));
        }
    }
}
