//! A thousand sessions at a time, each its own person's.

use serde_json::json;

use super::Person;
use super::town::{Town, password};

const PEOPLE: usize = 50;
const SESSIONS: usize = 1000;

#[test]
fn a_thousand_interleaved_sessions_of_fifty_people_never_swap() {
    let logins: Vec<String> = (0..PEOPLE).map(|n| format!("person-{n}")).collect();
    let town = Town::of(&logins, "roles = [\"reader\"]");
    let served = town.serve();
    let (url, logins) = (served.url.as_str(), logins.as_slice());
    let workers = 4;
    let opened = std::thread::scope(|scope| {
        let open = |worker: usize| {
            let mine = (worker..SESSIONS).step_by(workers);
            mine.map(|n| {
                let login = &logins[n % PEOPLE];
                let mut person = Person::at(url);
                let (_, answer) = person.log_in(login, &password(login));
                let uid = answer["result"]["uid"].as_i64().expect("a uid");
                (login, uid, person)
            })
            .collect::<Vec<_>>()
        };
        let running: Vec<_> = (0..workers).map(|n| scope.spawn(move || open(n))).collect();
        let all = running.into_iter().map(|one| one.join().expect("a worker"));
        all.flatten().collect::<Vec<_>>()
    });
    assert_eq!(opened.len(), SESSIONS);
    let cookies: std::collections::HashSet<_> =
        opened.iter().map(|(.., person)| &person.cookie).collect();
    assert_eq!(cookies.len(), SESSIONS, "each has a cookie of its own");
    let uids: std::collections::HashMap<_, _> = opened
        .iter()
        .map(|(login, uid, _)| (*login, *uid))
        .collect();
    assert_eq!(uids.len(), PEOPLE);
    let numbers: std::collections::HashSet<_> = uids.values().collect();
    assert_eq!(numbers.len(), PEOPLE, "and each person a uid");
    let (opened, uids) = (&opened, &uids);
    std::thread::scope(|scope| {
        for worker in 0..workers {
            scope.spawn(move || {
                // Each worker goes through all people in another order.
                for step in 0..SESSIONS / workers {
                    let n = (step * 37 * workers + worker) % SESSIONS;
                    let (login, uid, person) = &opened[n];
                    assert_eq!(uids[*login], *uid);
                    let (_, info) = person.ask("/web/session/get_session_info", &[], &json!({}));
                    assert_eq!(info["result"]["uid"], *uid, "{login}");
                    assert_eq!(info["result"]["username"], **login);
                    let name = format!("of {login} in {n}");
                    let made = person.call("res.partner", "create", json!([{"name": name}]));
                    let id = made["result"].as_i64().expect("an id");
                    let read = json!([[id], ["name", "create_uid"]]);
                    let rows = person.call("res.partner", "read", read);
                    assert_eq!(rows["result"][0]["create_uid"][0], *uid, "{login}: {rows}");
                    assert_eq!(rows["result"][0]["name"], *name);
                }
            });
        }
    });
}
