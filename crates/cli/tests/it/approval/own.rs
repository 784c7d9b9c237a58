//! Who may decide: a person, and another one than the one whose call it is.

use super::*;

/// The problem of a refusal.
fn refused(got: &Got) -> (u16, String) {
    (got.status, got.kind())
}

#[test]
fn nobody_approves_a_call_of_a_key_that_one_made_rotated_or_answers_for() {
    let queue = Queue::open("");
    let anna = queue.person("anna", "administrator");
    let bert = queue.person("bert", "administrator");
    let wanted = json!({ "name": "made", "user": "integration", "roles": ["reader"] });
    let made = queue.office.post("keys", Some(&anna), &wanted);
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let rotate = format!("keys/{id}/rotate");
    let rotated = queue.office.post(&rotate, Some(&bert), &json!({}));
    assert_eq!(rotated.status, 201, "{}", rotated.text());
    let (owned, _) = queue
        .office
        .place
        .key("owned", &["--owner", "Anna Example <anna@example.com>"]);
    // New keys are known within a second.
    crate::pause(1200);
    let keys = [
        (
            made.json()["key"].as_str().expect("a key").to_owned(),
            &anna,
            Some(&bert),
        ),
        (
            rotated.json()["key"].as_str().expect("a key").to_owned(),
            &anna,
            None,
        ),
        (
            rotated.json()["key"].as_str().expect("a key").to_owned(),
            &bert,
            None,
        ),
        (owned, &anna, Some(&bert)),
    ];
    for (turn, (key, own, other)) in keys.into_iter().enumerate() {
        let url = &queue.office.served.url;
        let got = call(url, &key, (WRITE, &city(&format!("City {turn}"))), &[]);
        assert_eq!(got.status, 409, "{turn}: {}", got.text());
        let id = header(&got, "x-approval").expect("an id").to_owned();
        let got = queue.decide(own, &id, "approve", &json!({}));
        assert_eq!(
            refused(&got),
            (403, "own-call".to_owned()),
            "{turn}: {}",
            got.text()
        );
        if let Some(other) = other {
            queue.approve(other, &id);
        } else {
            // One's own may be rejected.
            let got = queue.decide(own, &id, "reject", &json!({}));
            assert_eq!(got.status, 200, "{turn}: {}", got.text());
        }
    }
}

#[test]
fn a_program_decides_nothing_and_neither_does_who_has_another_role() {
    let queue = Queue::open("");
    let id = queue.waits(&city("Ghent"));
    let anna = queue.person("anna", "approver");
    let shown = queue.office.get(&format!("approvals/{id}"), Some(&anna));
    assert_eq!(shown.status, 200, "{}", shown.text());
    for role in ["administrator", "approver"] {
        let (code, made) =
            queue
                .office
                .run(&["administrator", "key", "create", "bot", "--role", role]);
        assert_eq!(code, 0, "{made}");
        let key = made["key"].as_str().expect("a key");
        let listed = queue.office.get("approvals", Some(key));
        assert_eq!(listed.status, 200, "{}", listed.text());
        let shown = queue.office.get(&format!("approvals/{id}"), Some(key));
        assert_eq!(refused(&shown), (403, "no-person".to_owned()), "{role}");
        for verdict in ["approve", "reject"] {
            let got = queue.decide(key, &id, verdict, &json!({}));
            assert_eq!(
                refused(&got),
                (403, "no-person".to_owned()),
                "{role} {verdict}"
            );
        }
    }
    let auditor = queue.person("carl", "auditor");
    for path in ["approvals".to_owned(), format!("approvals/{id}")] {
        let got = queue.office.get(&path, Some(&auditor));
        assert_eq!(refused(&got), (403, "not-allowed".to_owned()), "{path}");
    }
    let got = queue.decide(&auditor, &id, "approve", &json!({}));
    assert_eq!(refused(&got), (403, "not-allowed".to_owned()));
    assert_eq!(queue.write(&city("Ghent")).status, 409);
    queue.approve(&anna, &id);
    assert_eq!(queue.write(&city("Ghent")).status, 200);
}

#[test]
fn the_operator_of_the_machine_decides_by_the_command_but_on_no_key_of_its_own() {
    let queue = Queue::open("");
    let id = queue.waits(&city("Ghent"));
    let (code, _) = queue.office.run(&["approval", "approve", &id]);
    assert_eq!(code, 2, "the operator made the key");
    let anna = queue.person("anna", "administrator");
    let wanted = json!({ "name": "made", "user": "integration", "roles": ["reader"] });
    let made = queue.office.post("keys", Some(&anna), &wanted).json();
    let key = made["key"].as_str().expect("a key");
    crate::pause(1200);
    let url = &queue.office.served.url;
    let got = call(url, key, (WRITE, &city("Ghent")), &[]);
    let id = header(&got, "x-approval").expect("an id").to_owned();
    let (code, shown) = queue.office.run(&["approval", "show", &id]);
    assert_eq!(
        (code, &shown["call"]["kwargs"]["vals"]["city"]),
        (0, &json!("Ghent")),
        "{shown}"
    );
    let (code, told) = queue
        .office
        .run(&["approval", "approve", &id, "--reason", "fine"]);
    assert_eq!((code, &told["state"]), (0, &json!("approved")), "{told}");
    assert_eq!(
        queue.office.run(&["approval", "reject", &id]).0,
        1,
        "it is decided"
    );
    let absent = "0".repeat(32);
    assert_eq!(queue.office.run(&["approval", "approve", &absent]).0, 1);
    queue.written();
    let got = call(url, key, (WRITE, &city("Ghent")), &[]);
    assert_eq!((got.status, queue.written()), (200, 1), "{}", got.text());
}
