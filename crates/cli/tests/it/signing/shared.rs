//! A signature counts once, whoever is asked and whenever.

use super::*;

#[test]
fn a_nonce_is_taken_once_over_all_processes_and_restarts() {
    let demo = Demo::start();
    let place = place(&demo);
    let more = ["--upstream", "odoo"];
    let (one, other) = (
        Signer::hmac(&place, "one", &more),
        Signer::ed25519(&place, "other", &more),
    );
    let (first, second) = (place.serve(), place.serve());
    let fixed = How {
        nonce: Some("the same".into()),
        ..How::default()
    };
    let request = one.sign_so(&Request::create(), &fixed);
    assert_eq!(request.send(&first).status, 200);
    let theirs = other.sign_so(&Request::create(), &fixed);
    assert_eq!(theirs.send(&second).status, 200, "each key has its own");
    demo.reached();
    for served in [&first, &second] {
        let got = request.send(served);
        assert_eq!(got.status, 401, "{}", got.text());
        assert!(got.text().contains("used before"), "{}", got.text());
        let anew = one.sign_so(&Request::count(), &fixed);
        assert_eq!(
            anew.send(served).status,
            401,
            "another request with the same nonce"
        );
    }
    assert_eq!(noted(&place, "signature-repeated"), 4);
    drop((first, second));
    let again = place.serve();
    // A gateway that starts asks the ERPs who they are.
    demo.reached();
    assert_eq!(request.send(&again).status, 401, "after a restart");
    assert_eq!(theirs.send(&again).status, 401, "after a restart");
    assert!(demo.reached().is_empty());
    assert_eq!(one.sign(&Request::create()).send(&again).status, 200);
    assert_eq!(noted(&place, "signature-repeated"), 6);
}

#[test]
fn of_many_who_send_the_same_at_once_one_is_served() {
    let demo = Demo::start();
    let place = place(&demo);
    let signer = Signer::hmac(&place, "one", &["--upstream", "odoo"]);
    let gateways = [place.serve(), place.serve()];
    let request = signer.sign(&Request::create());
    demo.reached();
    let served: usize = std::thread::scope(|scope| {
        let all: Vec<_> = (0..12)
            .map(|at| {
                let (request, gateway) = (&request, &gateways[at % 2]);
                scope.spawn(move || usize::from(request.send(gateway).status == 200))
            })
            .collect();
        all.into_iter()
            .map(|one| one.join().expect("an answer"))
            .sum()
    });
    assert_eq!(served, 1);
    let created = demo
        .reached()
        .iter()
        .filter(|line| line.to_string().contains("create"))
        .count();
    assert_eq!(created, 1);
}

#[test]
fn a_batch_is_signed_as_a_whole() {
    let demo = Demo::start();
    let place = place(&demo);
    let signer = Signer::hmac(&place, "one", &["--upstream", "odoo", "--must-sign"]);
    let served = place.serve();
    let body = r#"[{"method": "GET", "path": "/api/v1/res.partner?limit=1"},
                   {"method": "POST", "path": "/api/v1/res.partner", "body": {"name": "Batch"}}]"#;
    let batch = signer.sign(&Request::new("POST", "/api/v1/-/batch", body));
    let got = batch.send(&served);
    let answer: Json = serde_json::from_slice(&got.body).expect("JSON");
    let statuses: Vec<_> = answer["data"]
        .as_array()
        .or(answer.as_array())
        .expect("a list")
        .iter()
        .map(|one| one["status"].as_i64())
        .collect();
    assert_eq!(statuses, [Some(200), Some(201)], "{answer}");
    demo.reached();
    assert_eq!(
        batch.send(&served).status,
        401,
        "a batch is signed once, too"
    );
    let mut other = signer.sign(&Request::new("POST", "/api/v1/-/batch", body));
    other.body = body.replace("Batch", "Other");
    assert_eq!(other.send(&served).status, 401);
    assert!(demo.reached().is_empty());
}

#[test]
fn a_large_body_is_read_of_whoever_has_signed_it() {
    let demo = Demo::start();
    let place = place(&demo);
    let signer = Signer::hmac(&place, "one", &["--upstream", "odoo"]);
    let served = place.serve();
    let body = format!("{{\"domain\": []{}}}", " ".repeat(70_000));
    assert!(body.len() > 64 << 10);
    let large = Request::new("POST", "/json/2/res.partner/search_count", &body);
    let got = signer.sign(&large).send(&served);
    assert_eq!(got.status, 200, "{}", got.text());
    demo.reached();
    let mut forged = signer.sign(&large);
    forged.headers.pop();
    let forged = forged.with("signature", &format!("sig=:{}:", STANDARD.encode([1; 32])));
    assert_eq!(forged.send(&served).status, 401);
    assert!(demo.reached().is_empty());
}

#[test]
fn no_secret_is_kept_where_it_could_be_read() {
    let demo = Demo::start();
    let place = place(&demo);
    let signer = Signer::hmac(&place, "one", &["--upstream", "odoo"]);
    let Way::Secret(secret) = &signer.way else {
        unreachable!()
    };
    let served = place.serve();
    assert_eq!(signer.sign(&Request::count()).send(&served).status, 200);
    assert_eq!(
        Request::count()
            .with("x-api-key", secret)
            .send(&served)
            .status,
        401
    );
    let shown = place.run(&["key", "show", &signer.id]).1.to_string();
    assert!(
        shown.contains("hmac") && !shown.contains(secret.as_str()),
        "{shown}"
    );
    crate::pause(500);
    drop(served);
    let mut folders = vec![place.path().to_owned()];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).expect("a file");
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{}", path.display());
            read += 1;
        }
    }
    assert!(read > 3, "store, journals and master key were looked at");
}
