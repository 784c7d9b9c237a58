//! Calls that wait for another person: put into a queue, decided by a person, sent once.

mod bounds;
mod faces;
mod own;

use serde_json::{Value as Json, json};

use crate::administrators::office::Office;
use crate::demo::{Demo, Got, send};
use crate::once::header;
use crate::serve::Place;

/// Names wait for nobody, cities do.
const ROLE: &str = r#"
[[rule]]
name = "names"
models = ["res.partner"]
operations = ["write", "read"]
fields = ["name"]

[[rule]]
name = "contacts"
models = ["res.partner"]
operations = ["write", "read", "create"]
fields = ["name", "city"]
approval = true
"#;

const LIMITS: &str = "[limits]\nper-minute = 60000\nburst = 10000\naddress-failures-per-minute = 60000\naddress-failures-burst = 10000\n";

/// Where it is administered, as people reach it.
const ADMIN: &str = "[admin]\nlisten = \"127.0.0.1:0\"\norigin = \"https://admin.example.com\"\n";

const WRITE: &str = "res.partner/write";

/// A gateway before an Odoo, with people who administer it.
struct Queue {
    demo: Demo,
    office: Office,
    key: String,
}

fn city(name: &str) -> Json {
    json!({ "ids": [1], "vals": { "city": name } })
}

/// A call in JSON-2.
fn call(url: &str, key: &str, (path, body): (&str, &Json), more: &[(&str, &str)]) -> Got {
    let mut request = http::Request::post(format!("{url}/json/2/{path}"))
        .header("content-type", "application/json")
        .header("x-api-key", key);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    send(request.body(body.to_string().into_bytes()).expect("one"))
}

impl Queue {
    fn open(more: &str) -> Self {
        let demo = Demo::start();
        let place = Place::before(&demo, &format!("{LIMITS}{more}{ADMIN}"));
        place.put_role(ROLE);
        let (key, _) = place.key("shop", &[]);
        let office = Office::at(place, |_| {});
        demo.reached();
        Self { demo, office, key }
    }

    /// Somebody with this role, logged in.
    fn person(&self, name: &str, role: &str) -> String {
        self.office.add(name, role);
        self.office.enrol_totp(name, -1);
        self.office.log_in(name)
    }

    fn write(&self, body: &Json) -> Got {
        call(&self.office.served.url, &self.key, (WRITE, body), &[])
    }

    /// Asks for something that waits; answers the entry's id.
    fn waits(&self, body: &Json) -> String {
        let got = self.write(body);
        assert_eq!(got.status, 409, "{}", got.text());
        assert!(got.text().contains("waits for approval"), "{}", got.text());
        assert_eq!(self.written(), 0);
        header(&got, "x-approval").expect("an id").to_owned()
    }

    /// How often a contact was changed at the ERP since this was asked last.
    fn written(&self) -> usize {
        let is_write = |line: &Json| line["model"] == "res.partner" && line["call"] == "write";
        let reached = self.demo.reached();
        reached.iter().filter(|line| is_write(line)).count()
    }

    fn decide(&self, token: &str, id: &str, verdict: &str, body: &Json) -> Got {
        let path = format!("approvals/{id}/{verdict}");
        self.office.post(&path, Some(token), body)
    }

    fn approve(&self, token: &str, id: &str) {
        let got = self.decide(token, id, "approve", &json!({}));
        assert_eq!(got.status, 200, "{}", got.text());
        assert_eq!(got.json()["state"], "approved");
    }
}

#[test]
fn a_call_waits_until_another_person_approves_it_and_is_sent_once() {
    let queue = Queue::open("");
    let free = queue.write(&json!({ "ids": [1], "vals": { "name": "Azure" } }));
    assert_eq!((free.status, queue.written()), (200, 1), "{}", free.text());

    let id = queue.waits(&city("Ghent"));
    assert_eq!(queue.waits(&city("Ghent")), id, "it waits once");
    let other = queue.waits(&city("Bruges"));
    assert_ne!(other, id, "another value is another call");

    let anna = queue.person("anna", "approver");
    let listed = queue.office.get("approvals", Some(&anna)).json();
    let ids: Vec<&Json> = listed["approvals"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    assert_eq!(ids.len(), 2, "{listed}");
    assert!(!listed.to_string().contains("Ghent"), "no values: {listed}");
    let shown = queue
        .office
        .get(&format!("approvals/{id}"), Some(&anna))
        .json();
    assert_eq!(
        shown["call"]["kwargs"]["vals"],
        json!({ "city": "Ghent" }),
        "{shown}"
    );
    assert_eq!(
        (&shown["call"]["ids"], &shown["state"]),
        (&json!([1]), &json!("waits"))
    );
    assert_eq!(
        (&shown["name"], &shown["rule"]),
        (&json!("shop"), &json!("reader/contacts"))
    );
    queue.approve(&anna, &id);

    // Only that call, of that caller.
    let (second, _) = queue.office.place.key("second", &[]);
    // A new key is known within a second.
    crate::pause(1200);
    let url = &queue.office.served.url;
    let elses = call(url, &second, (WRITE, &city("Ghent")), &[]);
    assert_eq!(
        (elses.status, queue.written()),
        (409, 0),
        "{}",
        elses.text()
    );
    assert_eq!(queue.waits(&city("Bruges")), other);
    let done = queue.write(&city("Ghent"));
    assert_eq!((done.status, queue.written()), (200, 1), "{}", done.text());
    assert_eq!(header(&done, "x-approval"), None);
    let again = queue.waits(&city("Ghent"));
    assert!(again != id && again != other, "an approval counts once");
    let shown = queue
        .office
        .get(&format!("approvals/{id}"), Some(&anna))
        .json();
    assert_eq!(
        (&shown["state"], &shown["call"]),
        (&json!("used"), &Json::Null),
        "{shown}"
    );

    // The ledger says what waited, what was let through, and by whom.
    let reason = |line: &Json| line["closed"]["reason"] == "approval.waits";
    let noted = crate::within(5000, || {
        let trail = queue.office.place.lines(&["audit", "tail", "-n", "200"]);
        let text = |line: &&Json| line["closed"]["notes"].to_string();
        let waited = trail.iter().filter(|line| reason(line)).count();
        let let_through = trail.iter().any(|line| {
            line["outcome"] == "done"
                && text(&line).contains(&format!("approval:{id}"))
                && text(&line).contains("decided-by:anna")
        });
        let decided = trail
            .iter()
            .any(|line| line["method"] == "approve" && line["on"] == id.as_str());
        (waited == 6 && let_through && decided).then_some(())
    });
    assert_eq!(noted, Some(()));
}

#[test]
fn what_is_rejected_stays_so_and_is_told() {
    let queue = Queue::open("");
    let anna = queue.person("anna", "administrator");
    let id = queue.waits(&city("Ghent"));
    let why = json!({ "reason": "not before Monday" });
    let got = queue.decide(&anna, &id, "reject", &why);
    assert_eq!(
        (got.status, &got.json()["state"]),
        (200, &json!("rejected"))
    );
    for _ in 0..2 {
        let got = queue.write(&city("Ghent"));
        assert_eq!((got.status, queue.written()), (403, 0), "{}", got.text());
        assert!(got.text().contains("not before Monday"), "{}", got.text());
        assert_eq!(header(&got, "x-approval"), Some(&*id));
    }
    for verdict in ["approve", "reject"] {
        let late = queue.decide(&anna, &id, verdict, &json!({}));
        assert_eq!(late.status, 409, "{}", late.text());
    }
    let (code, _) = queue.office.run(&["approval", "approve", &id]);
    assert_eq!(code, 2, "the operator made the key");
}

#[test]
fn an_approved_call_is_judged_by_the_policy_of_its_moment() {
    let queue = Queue::open("");
    let anna = queue.person("anna", "approver");
    let id = queue.waits(&city("Ghent"));
    queue.approve(&anna, &id);
    queue
        .office
        .place
        .put_role(&ROLE.replace("\"city\"]\napproval", "\"email\"]\napproval"));
    crate::pause(1500);
    let got = queue.write(&city("Ghent"));
    assert_eq!((got.status, queue.written()), (403, 0), "{}", got.text());
    queue.office.place.put_role(ROLE);
    crate::pause(1500);
    let got = queue.write(&city("Ghent"));
    assert_eq!((got.status, queue.written()), (200, 1), "{}", got.text());
}

#[test]
fn a_dry_run_says_that_it_would_wait_and_puts_nothing_into_the_queue() {
    let queue = Queue::open("");
    let url = &queue.office.served.url;
    let got = call(
        url,
        &queue.key,
        (WRITE, &city("Ghent")),
        &[("x-dry-run", "1")],
    );
    assert_eq!((got.status, &got.json()["approval"]), (200, &json!(true)));
    let name = json!({ "ids": [1], "vals": { "name": "Azure" } });
    let got = call(url, &queue.key, (WRITE, &name), &[("x-dry-run", "1")]);
    assert_eq!((got.status, &got.json()["approval"]), (200, &Json::Null));
    assert_eq!(queue.office.run(&["approval", "list"]).1, json!([]));
    assert_eq!(queue.written(), 0);
    queue.waits(&city("Ghent"));
    let (_, listed) = queue.office.run(&["approval", "list"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
}

#[test]
fn over_two_processes_an_approval_lets_one_through() {
    let queue = Queue::open("");
    let anna = queue.person("anna", "approver");
    let second = queue.office.place.serve();
    let id = queue.waits(&city("Ghent"));
    queue.approve(&anna, &id);
    let statuses = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for turn in 0..40 {
            let url = [&queue.office.served.url, &second.url][turn % 2];
            let (statuses, key) = (&statuses, &queue.key);
            scope.spawn(move || {
                let got = call(url, key, (WRITE, &city("Ghent")), &[]);
                statuses.lock().expect("statuses").push(got.status);
            });
        }
    });
    let mut statuses = statuses.into_inner().expect("statuses");
    statuses.sort_unstable();
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(queue.written(), 1);
    let (_, listed) = queue.office.run(&["approval", "list"]);
    assert_eq!(
        listed.as_array().map(Vec::len),
        Some(1),
        "the others wait as one: {listed}"
    );
}

#[test]
fn an_idempotency_key_is_given_back_while_its_call_waits_and_answers_without_another_approval() {
    let queue = Queue::open("");
    let anna = queue.person("anna", "approver");
    let url = &queue.office.served.url;
    let ask = || {
        call(
            url,
            &queue.key,
            (WRITE, &city("Ghent")),
            &[("idempotency-key", "k1")],
        )
    };
    let first = ask();
    assert_eq!(first.status, 409, "{}", first.text());
    let id = header(&first, "x-approval").expect("an id").to_owned();
    queue.approve(&anna, &id);
    let done = ask();
    assert_eq!((done.status, queue.written()), (200, 1), "{}", done.text());
    let again = ask();
    assert_eq!(
        (again.status, queue.written()),
        (200, 0),
        "{}",
        again.text()
    );
    assert_eq!(header(&again, "idempotent-replayed"), Some("true"));
}
