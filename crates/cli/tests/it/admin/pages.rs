//! The commands of `docs/administration.md`, as they stand there.

use serde_json::Value as Json;

use super::{Administered, text};
use crate::demo::Demo;

const PAGE: &str = include_str!("../../../../../docs/administration.md");

/// The words of a command, without its quotation marks.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    for letter in command.chars() {
        match (letter, quote) {
            ('"' | '\'', None) => quote = Some(letter),
            (_, Some(open)) if letter == open => quote = None,
            (' ' | '\n', None) => words.push(String::new()),
            (_, _) => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The commands of the page that begin so.
fn commands(program: &str) -> Vec<Vec<String>> {
    let blocks = PAGE.split("```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    blocks
        .flat_map(|block| {
            let block = block.replace("\\\n", " ");
            block.lines().map(words).collect::<Vec<_>>()
        })
        .filter(|words| words[0] == program)
        .collect()
}

#[test]
fn the_commands_of_the_page_do_what_it_says() {
    const PRINTED: &str = "aebagbafaydqqcik";
    let demo = Demo::start();
    let gateway = Administered::before(&demo, "[limits]\naddress-failures-burst = 100\n");
    let (_, id) = gateway.place.key("shop", &[]);
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let mut made = Json::Null;
    let own = commands("portcullis");
    assert_eq!(own.len(), 3);
    for words in own {
        let words = words[1..].iter().map(|word| match word {
            word if word.contains(PRINTED) => text(&made, "id"),
            word => word.clone(),
        });
        let words: Vec<String> = words.collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (code, told) = gateway.place.run(&words);
        assert_eq!(code, 0, "{words:?}: {told}");
        if words.contains(&"create") {
            made = told;
        }
    }
    let asked = commands("curl");
    assert_eq!(asked.len(), 2);
    for words in asked {
        let url = words.iter().find(|word| word.starts_with("http:")).unwrap();
        let path = url.strip_prefix("http://127.0.0.1:8641").unwrap();
        let path = path.replace(&format!("pck_{PRINTED}"), &id);
        let after = |option: &str| {
            let at = words.iter().position(|word| word == option)?;
            Some(words[at + 1].replace("$PORTCULLIS_ADMIN_KEY", &ops))
        };
        let header = after("--header").unwrap();
        let (name, value) = header.split_once(": ").unwrap();
        let json = after("--json").unwrap_or_default();
        let mut headers = vec![(name, value)];
        if !json.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        let verb = after("--request").unwrap_or_else(|| "POST".to_owned());
        let got = gateway.send((&verb, &path), &headers, &json);
        assert!(matches!(got.status, 200 | 201), "{path}: {}", got.text());
    }
    let (_, shown) = gateway.place.run(&["key", "show", &id]);
    assert_eq!(shown["state"], "suspended");
}

#[test]
fn the_page_names_every_route_and_no_other() {
    let of_people = include_str!("../../../../../docs/administrators.md");
    let rows = PAGE.lines().chain(of_people.lines());
    // What stands between back quotes, in tables: a verb, a path, and perhaps a body.
    let rows = rows.filter(|line| line.starts_with("| `"));
    let spans = rows.flat_map(|line| line.split('`').skip(1).step_by(2));
    let routes = spans.filter_map(|span| span.split_once(' '));
    let mut named: Vec<_> = routes
        .filter(|(_, path)| path.starts_with("/admin/"))
        .collect();
    let mut served: Vec<_> = portcullis_admin::api::all()
        .map(|route| (route.verb, route.path))
        .collect();
    named.sort_unstable();
    served.sort_unstable();
    assert_eq!(named, served);
}
