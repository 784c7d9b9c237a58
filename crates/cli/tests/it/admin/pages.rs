//! The commands of `docs/administration.md`, as they stand there.

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

/// The role that the README shows.
fn web_shop() -> String {
    let page = include_str!("../../../../../README.md");
    let (_, rest) = page
        .split_once("roles/web-shop.toml -->\n```toml\n")
        .unwrap();
    rest.split("```").next().unwrap().to_owned()
}

#[test]
fn the_commands_of_the_page_do_what_it_says_one_after_the_other() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, "");
    let file = gateway.place.path().join("web-shop.toml");
    std::fs::write(&file, web_shop()).unwrap();
    let put = ["role", "put", "web-shop", file.to_str().unwrap()];
    assert_eq!(gateway.place.run(&put).0, 0);

    let own = commands("portcullis");
    assert_eq!(own.len(), 2);
    let mut key = String::new();
    for words in own {
        let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let (code, told) = gateway.place.run(&words);
        assert_eq!(code, 0, "{words:?}: {told}");
        if words.contains(&"create") {
            key = text(&told, "key");
        }
    }

    let asked = commands("curl");
    assert_eq!(asked.len(), 2);
    let mut id = String::new();
    for words in asked {
        let known = |word: &String| {
            word.replace("$PORTCULLIS_ADMIN_KEY", &key)
                .replace("$ID", &id)
        };
        let words: Vec<String> = words.iter().map(known).collect();
        let after = |option: &str| {
            let at = words.iter().position(|word| word == option)?;
            Some(words[at + 1].as_str())
        };
        let path = words[1].strip_prefix("http://127.0.0.1:8641").unwrap();
        let headers = words.windows(2).filter(|pair| pair[0] == "--header");
        let headers: Vec<_> = headers
            .map(|pair| pair[1].split_once(": ").unwrap())
            .collect();
        let verb = after("--request").unwrap_or("POST");
        let got = gateway.send((verb, path), &headers, after("--data").unwrap_or_default());
        assert!(matches!(got.status, 200 | 201), "{path}: {}", got.text());
        if id.is_empty() {
            id = text(&serde_json::from_str(&got.text()).unwrap(), "id");
        }
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
