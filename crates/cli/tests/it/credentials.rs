//! Each way of saying who one is, in each dialect, in each state: answered or refused in the
//! dialect's words, one record of whoever is known, and nothing at the ERP.
//!
//! What comes of it is printed in `credentials/table.txt`, so that it is seen at a glance. No
//! switch overwrites that file: a difference is written to `target/`, for somebody to look at.

mod asked;
mod made;
mod opened;
mod shown;
mod state;
mod way;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use portcullis_identity::Style;
use serde_json::Value as Json;

use crate::pause;
use asked::Face;
use way::{State, Way};
use world::World;

/// What the table says of itself.
const HEAD: &str = "\
Each way of saying who one is, in each dialect and each state. One column a dialect.

  +  answered, and recorded once
  x  refused; recorded once, by the name of whoever is known; nothing reached the ERP
  .  refused; nobody is known by whose name to record it; nothing reached the ERP
  ?  refused, as `.`; the ERP was asked whether login and password are right, and nothing else
  !  refused, as `x`; the ERP was asked that
  -  does not apply: the lines below say why

Behind a state stands what the record of a refusal says.
";

/// What came of one request.
struct Came {
    /// Under which ids its records stand: one but for a batch that was unpacked.
    ids: Vec<String>,
    is_served: bool,
    /// Whether the ERP was asked about login and password.
    was_asked: bool,
}

#[test]
fn each_way_in_each_dialect_and_each_state_is_answered_as_the_table_in_git_says() {
    let styles: BTreeSet<Style> = Way::ALL.iter().filter_map(|way| way.style()).collect();
    let all: BTreeSet<Style> = Style::ALL.iter().copied().collect();
    assert_eq!(styles, all, "every style has a way");
    let (odoo, erpnext) = std::thread::scope(|scope| {
        let odoo = scope.spawn(|| before("odoo", asked::ODOO));
        let erpnext = scope.spawn(|| before("erpnext", asked::ERPNEXT));
        (odoo.join(), erpnext.join())
    });
    let told = format!("{HEAD}{}{}", odoo.unwrap(), erpnext.unwrap());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("tests/it/credentials/table.txt");
    if std::fs::read_to_string(file).unwrap_or_default() != told {
        let target = root.join("../../target/credentials.txt");
        std::fs::write(&target, &told).unwrap();
        let target = target.display();
        panic!("credentials/table.txt differs from {target}: look at each line");
    }
}

/// The part of the table that is about one ERP.
fn before(erp: &'static str, faces: &[Face]) -> String {
    let world = World::make(erp);
    let mut came = BTreeMap::new();
    let mut refusals = BTreeMap::new();
    for way in Way::ALL {
        for face in faces {
            if way.lacks(face).is_some() {
                continue;
            }
            for state in way.states() {
                let place = format!("{erp} {} {way:?} {state:?}", face.name);
                let (one, told) = ask(&world, *way, face, *state, &place);
                came.insert((*way, *state, face.name), one);
                // Who is refused is not told why: else a stranger would learn of a key.
                if state.is_secret() {
                    let first = refusals.entry((*way, face.name)).or_insert(told.clone());
                    assert_eq!(*first, told, "{place}: it is told apart");
                }
            }
        }
    }
    pause(1000);
    let trail = world.town.place.lines(&["audit", "tail", "-n", "100000"]);
    let records = Records::of(&trail);
    let names: Vec<&str> = faces.iter().map(|face| face.name).collect();
    let mut out = format!("\n{}: {}\n", world.title(), names.join(" "));
    // Ways of which the same is to be said stand together.
    let mut blocks: Vec<(Vec<String>, String)> = Vec::new();
    for way in Way::ALL {
        let text = block(*way, &records, &came, faces);
        match blocks.iter_mut().find(|(_, known)| *known == text) {
            Some((names, _)) => names.push(way.name()),
            None => blocks.push((vec![way.name()], text)),
        }
    }
    for (names, text) in blocks {
        write!(out, "\n  {}\n{text}", names.join("\n  ")).unwrap();
    }
    out
}

/// What is to be said of one way.
fn block(
    way: Way,
    records: &Records<'_>,
    came: &BTreeMap<(Way, State, &'static str), Came>,
    faces: &[Face],
) -> String {
    let mut out = String::new();
    let applies = faces.iter().any(|face| way.lacks(face).is_none());
    for state in way.states().iter().filter(|_| applies) {
        line(&mut out, records, came, (way, *state), faces);
    }
    let mut lacks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for face in faces {
        if let Some(why) = way.lacks(face) {
            lacks.entry(why).or_default().push(face.name);
        }
    }
    for (why, names) in lacks {
        writeln!(out, "    - {}: {why}", names.join(" ")).unwrap();
    }
    for why in way.without().iter().filter(|_| applies) {
        writeln!(out, "    - {why}").unwrap();
    }
    out
}

/// Asks once; answers what came of it, and what was told of a refusal.
fn ask(world: &World, way: Way, face: &Face, state: State, place: &str) -> (Came, String) {
    let request = shown::request(world, way, face, state);
    world.heard();
    let got = world.send(&request, way, state);
    let (heard, text) = (world.heard(), got.text());
    let logs_in = way.logs_in();
    let is_served = asked::is_served(face, logs_in, &got);
    let id = got.headers.get("x-request-id");
    let id = id.map(|id| id.to_str().unwrap().to_owned());
    let was_asked = !is_served && !heard.is_empty();
    if !is_served {
        assert!(
            asked::is_refused(face, &got),
            "{place}: {}: {text}",
            got.status
        );
        let is_question = |line: &String| world.is_log_in(line);
        assert!(heard.iter().all(is_question), "{place}: {heard:?}");
    }
    let ids = match &id {
        Some(id) => vec![id.clone()],
        None => asked::ids_of_batch(&got),
    };
    let told = match &id {
        Some(id) => format!("{} {}", got.status, text.replace(id.as_str(), "ID")),
        None => text,
    };
    let came = Came {
        ids,
        is_served,
        was_asked,
    };
    (came, told)
}

/// The records of the ledger, by the ids of their requests.
struct Records<'a>(BTreeMap<&'a str, Vec<&'a Json>>);

impl<'a> Records<'a> {
    fn of(trail: &'a [Json]) -> Self {
        let mut all: BTreeMap<&str, Vec<&Json>> = BTreeMap::new();
        for record in trail {
            let id = record["request"].as_str().unwrap();
            all.entry(id).or_default().push(record);
        }
        Self(all)
    }

    fn with(&self, id: &str) -> &[&'a Json] {
        self.0.get(id).map_or(&[], Vec::as_slice)
    }
}

/// Writes what came of one way in one state, in all dialects.
fn line(
    out: &mut String,
    records: &Records<'_>,
    came: &BTreeMap<(Way, State, &'static str), Came>,
    (way, state): (Way, State),
    faces: &[Face],
) {
    let mut notes = BTreeSet::new();
    let cells: String = faces
        .iter()
        .map(|face| {
            let Some(came) = came.get(&(way, state, face.name)) else {
                return '-';
            };
            let place = format!("{} {way:?} {state:?}", face.name);
            let found: Vec<&Json> = came
                .ids
                .iter()
                .flat_map(|id| {
                    let records = records.with(id);
                    assert!(records.len() <= 1, "{place}: {records:?}");
                    records.iter().copied()
                })
                .collect();
            if came.is_served {
                assert_eq!(found.len(), came.ids.len(), "{place}: each is recorded");
                let done = found.iter().all(|record| record["outcome"] == "done");
                assert!(done && !found.is_empty(), "{place}: {found:?}");
                return '+';
            }
            for record in &found {
                assert_eq!(record["outcome"], "refused", "{place}: {record}");
                assert!(record["principal"].is_string(), "{place}: {record}");
                notes.insert(note(record));
            }
            match (found.is_empty(), came.was_asked) {
                (false, false) => 'x',
                (true, false) => '.',
                (true, true) => '?',
                (false, true) => '!',
            }
        })
        .collect();
    let notes: Vec<String> = notes.into_iter().collect();
    let text = format!("    {cells}  {:<18} {}", state.name(), notes.join(", "));
    writeln!(out, "{}", text.trim_end()).unwrap();
}

/// What a record says of a refusal: which condition was not met, or which room refused.
fn note(record: &Json) -> String {
    let closed = &record["closed"];
    let first = closed["notes"].as_array().and_then(|notes| notes.first());
    let what = first.map(|note| note["what"].as_str().or(note[0].as_str()));
    let what = what.flatten().or(closed["reason"].as_str());
    what.unwrap_or_default().to_owned()
}
