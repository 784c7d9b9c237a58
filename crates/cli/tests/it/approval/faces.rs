//! Each face is told in its words that a call waits, and which entry it waits as.

use super::{Json, json};
use crate::demo::send;
use crate::once::faces::{Both, FACES, is_done, told};
use crate::once::header;

#[test]
fn every_face_is_told_that_its_call_waits() {
    let both = Both::start();
    let role = std::fs::read_to_string(both.place.path().join("reader.toml")).expect("a role");
    for face in FACES {
        both.place.put_role(&role);
        crate::pause(1200);
        let [key, _] = both.keys(*face);
        let once = |what: &str| format!("{face:?}-{what}");
        let ask =
            |what: &str| send(face.request(&both.served.url, both.uid, key, &once(what), "Waits"));
        let free = told(*face, &ask("free"));
        assert!(is_done(*face, &free), "{face:?}: {free:?}");
        assert_eq!(both.made(), 1, "{face:?}");
        both.place
            .put_role(&role.replace("[[rule]]", "[[rule]]\napproval = true"));
        crate::pause(1200);
        let got = ask("waits");
        let waits = told(*face, &got);
        assert!(!is_done(*face, &waits), "{face:?}: {waits:?}");
        assert!(
            waits.1.contains("waits for approval"),
            "{face:?}: {waits:?}"
        );
        assert_eq!(both.made(), 0, "{face:?}");
        let id = match face.is_batch() {
            true => {
                let all: Json = serde_json::from_slice(&got.body).expect("JSON");
                all["data"][0]["headers"]["x-approval"]
                    .as_str()
                    .expect("an id")
                    .to_owned()
            }
            false => {
                assert_eq!(got.status, 409, "{face:?}");
                header(&got, "x-approval").expect("an id").to_owned()
            }
        };
        let (_, listed) = both.place.run(&["approval", "list"]);
        let row = &listed[0];
        assert_eq!(
            (&row["id"], &row["state"]),
            (&json!(id), &json!("waits")),
            "{face:?}"
        );
    }
}
