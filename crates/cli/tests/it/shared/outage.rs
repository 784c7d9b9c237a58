//! What is done while the database does not answer, and how a gateway is let in by it.

use std::time::{Duration, Instant};

use portcullis_testkit::postgres::{Cluster, PASSWORD};

use super::place::{self, Two};
use super::tunnel::Tunnel;
use super::{become_both, claimed, count, create, made};
use crate::demo::{Demo, send};
use crate::relay::Relay;
use crate::serve::{Place, Served};
use crate::within;

fn ready(served: &Served) -> u16 {
    let request = http::Request::get(format!("{}/readyz", served.url));
    send(request.body(Vec::new()).unwrap()).status
}

/// Within a second (and what a busy machine needs) nobody is let in, and nothing is asked of the
/// ERP.
#[expect(
    clippy::disallowed_methods,
    reason = "the time that passes is what is tested"
)]
fn becomes_blind(demo: &Demo, served: &Served, key: &str) {
    let start = Instant::now();
    let blind = within(10_000, || (count(served, key) == 503).then_some(()));
    assert!(blind.is_some(), "it goes on");
    let took = start.elapsed();
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert_eq!(ready(served), 503);
    demo.reached();
    for turn in 0..5 {
        assert_eq!(count(served, key), 503);
        let refused = create(served, key, &format!("blind-{turn}"), "Blind");
        assert_eq!(refused.status, 503);
        let said = refused.text();
        assert!(said.contains("cannot check credentials"), "{said}");
    }
    assert!(demo.reached().is_empty());
}

fn comes_back(two: &Two, key: &str) {
    for served in [&two.one, &two.other] {
        let back = within(30_000, || (count(served, key) == 200).then_some(()));
        assert!(back.is_some(), "it does not come back");
        assert_eq!(ready(served), 200);
    }
}

#[test]
fn while_the_database_is_away_nobody_is_let_in() {
    let demo = Demo::start();
    let cluster = Cluster::own();
    let database = cluster.database();
    let (place, elsewhere) = place::over(&demo, demo.fact("/odoo"), &database);
    let (key, id) = place.key("shop", &[]);
    let two = Two::serve(&place, &elsewhere);
    become_both(&two, &key, 200);
    assert_eq!(ready(&two.one), 200);

    cluster.crash();
    becomes_blind(&demo, &two.one, &key);
    becomes_blind(&demo, &two.other, &key);
    let refused = place.program(&["key", "list"]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("the store postgres://"), "{said}");
    cluster.begin();
    comes_back(&two, &key);
    made(&demo);
    let once = create(&two.one, &key, "blind-0", "Seeing");
    assert_eq!((once.status, made(&demo)), (200, 1), "{}", once.text());
    let again = create(&two.other, &key, "blind-0", "Seeing");
    assert_eq!((again.status, made(&demo)), (200, 0), "{}", again.text());

    // One that takes connections and answers nothing.
    cluster.halt();
    becomes_blind(&demo, &two.one, &key);
    becomes_blind(&demo, &two.other, &key);
    cluster.go_on();
    comes_back(&two, &key);
    assert_eq!(elsewhere.run(&["key", "revoke", &id]).0, 0);
    become_both(&two, &key, 401);
}

/// What was asked with this key is answered so in the end, however it is told to wait before.
fn ends(served: &Served, key: &str, once: &str, status: u16, text: &str) -> bool {
    let ended = within(10_000, || {
        let got = create(served, key, once, "Once");
        (got.status == status && got.text().contains(text)).then_some(())
    });
    ended.is_some()
}

#[test]
fn a_call_that_ends_while_the_database_is_away_is_unknown_when_it_is_back() {
    let demo = Demo::start();
    let relay = Relay::before(demo.fact("/odoo"));
    let cluster = Cluster::own();
    let database = cluster.database();
    let (place, elsewhere) = place::over(&demo, &relay.url(), &database);
    let (key, _) = place.key("shop", &[]);
    let two = Two::serve(&place, &elsewhere);
    become_both(&two, &key, 200);
    made(&demo);
    relay.slow_down(1500);
    std::thread::scope(|scope| {
        let (served, key) = (&two.one, &key);
        let call = scope.spawn(move || create(served, key, "away", "Once"));
        claimed(&database);
        cluster.crash();
        let answer = call.join().expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text());
    });
    relay.slow_down(0);
    cluster.begin();
    comes_back(&two, &key);
    for served in [&two.one, &two.other] {
        assert!(ends(served, &key, "away", 409, "outcome unknown"));
    }
    assert_eq!(made(&demo), 1);
}

#[test]
fn a_claim_of_which_nothing_was_heard_is_given_up() {
    let demo = Demo::start();
    let database = Cluster::shared().database();
    let tunnel = Tunnel::to(database.address());
    let direct = database.address().to_string();
    let url = database.url_by_port();
    let url = url.replace(&direct, &tunnel.address().to_string());
    let settings = format!("store = \"{url}?sslmode=disable\"\nstore-password-file = \"secret\"\n");
    let place = place::with(&demo, demo.fact("/odoo"), &settings);
    std::fs::write(place.path().join("secret"), PASSWORD).unwrap();
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let known = within(1500, || (count(&served, &key) == 200).then_some(()));
    assert!(known.is_some());
    made(&demo);
    tunnel.lose_the_next_claim();
    let refused = create(&served, &key, "lost", "Once");
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(
        refused.text().contains("nothing was done"),
        "{}",
        refused.text()
    );
    assert_eq!(made(&demo), 0);
    assert!(ends(&served, &key, "lost", 200, ""));
    assert_eq!(made(&demo), 1);
}

#[test]
fn a_password_comes_from_a_file_and_never_from_the_configuration() {
    let demo = Demo::start();
    let database = Cluster::shared().database();
    let url = database.url_by_port();
    let lists = |place: &Place, more: &[(&str, &str)]| {
        let mut program = place.program(&["key", "list"]);
        program.env_remove("PGPASSWORD").env_remove("PGPASSFILE");
        let done = program.envs(more.iter().copied()).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        (done.status.code(), said)
    };
    let odoo = demo.fact("/odoo");
    let by_file = format!("store = \"{url}\"\nstore-password-file = \"secret\"\n");
    let place = place::with(&demo, odoo, &by_file);
    std::fs::write(place.path().join("secret"), format!("{PASSWORD}\n")).unwrap();
    assert_eq!(lists(&place, &[]), (Some(0), String::new()));
    std::fs::write(place.path().join("secret"), "another").unwrap();
    let (code, said) = lists(&place, &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("password authentication failed"), "{said}");

    let master = std::fs::read(place.path().join("data/master.key")).unwrap();
    let place = place::before(&demo, odoo, &url);
    place::put_master(&place, &master);
    assert_eq!(lists(&place, &[]).0, Some(2));
    assert_eq!(lists(&place, &[("PGPASSWORD", PASSWORD)]).0, Some(0));
    let file = place.path().join("pgpass");
    std::fs::write(&file, format!("*:*:*:*:{PASSWORD}\n")).unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&file, private).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(lists(&place, &[("PGPASSFILE", file)]).0, Some(0));

    let inline = url.replacen('@', ":hunter2@", 1);
    let place = place::before(&demo, odoo, &inline);
    for arguments in [
        &["check"][..],
        &["check", "--json"],
        &["serve"],
        &["key", "list"],
    ] {
        let refused = place.program(arguments).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        let said = [refused.stdout, refused.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("holds a password"), "{arguments:?}: {said}");
        assert!(!said.contains("hunter2"), "{arguments:?}: {said}");
    }
}

#[test]
fn the_database_is_known_by_the_certificates_that_the_configuration_names() {
    let demo = Demo::start();
    let pair = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let (own, other) = (pair("127.0.0.1"), pair("127.0.0.1"));
    let cluster = Cluster::with_tls(&own.cert.pem(), &own.signing_key.serialize_pem());
    let database = cluster.database();
    let settings = format!(
        "store = \"{}\"\nstore-password-file = \"secret\"\nstore-certificates-file = \"ca.pem\"\n",
        database.url_by_port()
    );
    let place = place::with(&demo, demo.fact("/odoo"), &settings);
    std::fs::write(place.path().join("secret"), PASSWORD).unwrap();
    std::fs::write(place.path().join("ca.pem"), own.cert.pem()).unwrap();
    assert_eq!(place.run(&["key", "list"]).0, 0);
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let served_it = within(1500, || (count(&served, &key) == 200).then_some(()));
    assert!(served_it.is_some());
    let encrypted = "SELECT count(*) > 0 AND bool_and(ssl) FROM pg_stat_ssl \
                     JOIN pg_stat_activity USING (pid) WHERE client_addr IS NOT NULL";
    assert_eq!(database.sql(encrypted), "t");
    std::fs::write(place.path().join("ca.pem"), other.cert.pem()).unwrap();
    assert_eq!(
        place.run(&["key", "list"]).0,
        2,
        "it is another's certificate"
    );
}
