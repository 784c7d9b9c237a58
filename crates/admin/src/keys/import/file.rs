//! The export of OCA's `auth_api_key`, as a file of comma-separated values.
//!
//! Odoo writes the technical names of columns or their titles, and names a user by login, number
//! or what people call it, as whoever exports chooses.

use portcullis_identity::Secret;

/// The most lines that are read.
const MOST: usize = 10_000;

/// A line of the file.
pub(super) struct Entry {
    /// Where it stands: the first line is the head.
    pub(super) line: u64,
    pub(super) name: String,
    pub(super) secret: Secret<String>,
    /// Whom the file names as its user.
    pub(super) user: String,
    pub(super) active: bool,
}

/// In which way the file names users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    Login,
    Number,
    /// By a name that Odoo does not take for a login.
    Other,
}

/// A file that was read.
pub(super) struct File {
    pub(super) naming: Naming,
    pub(super) entries: Vec<Entry>,
}

/// The titles of columns, in small letters, and what they name users by.
const USERS: [(&[&str], Naming); 3] = [
    (&["user_id/login", "user/login", "login"], Naming::Login),
    (&["user_id/.id", "user_id/database id"], Naming::Number),
    (
        &["user_id", "user", "user_id/id", "user/external id"],
        Naming::Other,
    ),
];

/// Reads a file.
///
/// # Errors
/// What is wrong with its form, all of it, each with its line; nothing of what it holds.
pub(super) fn read(text: &[u8]) -> Result<File, Vec<String>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let head = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if head.contains(&b';') && !head.contains(&b',') {
        b';'
    } else {
        b','
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        // By `\r\n` lines would be counted wrongly; the `\r` is trimmed off.
        .terminator(csv::Terminator::Any(b'\n'))
        .trim(csv::Trim::All)
        .from_reader(text);
    let not_csv = || vec!["this is no file of comma-separated values in UTF-8".to_owned()];
    let head: Vec<String> = reader
        .headers()
        .map_err(|_| not_csv())?
        .iter()
        .map(str::to_lowercase)
        .collect();
    let column = |titles: &[&str]| {
        let mut at = head.iter();
        at.position(|title| titles.contains(&title.as_str()))
    };
    let user = USERS
        .iter()
        .find_map(|(titles, naming)| Some((column(titles)?, *naming)));
    let (name, key) = (column(&["name"]), column(&["key", "api key"]));
    let (Some(name), Some(key), Some((user, naming))) = (name, key, user) else {
        let missing = [
            ("`name`", name.is_none()),
            ("`key`", key.is_none()),
            ("`user_id/login` (or `user_id`)", user.is_none()),
        ];
        let missing: Vec<&str> = missing
            .iter()
            .filter(|(_, is_missing)| *is_missing)
            .map(|(title, _)| *title)
            .collect();
        return Err(vec![format!(
            "line 1: there is no column {}",
            missing.join(", ")
        )]);
    };
    let active = column(&["active"]);
    let (mut entries, mut flaws) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                // Its own words would show what stands in the line.
                let line = error.position().map_or(0, csv::Position::line);
                flaws.push(format!(
                    "line {line}: it has other columns than the first line, or is no UTF-8"
                ));
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let is_active = match active.map(cell).unwrap_or_default().to_lowercase().as_str() {
            "" | "true" | "1" | "yes" => true,
            "false" | "0" | "no" => false,
            _ => {
                flaws.push(format!("line {line}: `active` is true or false"));
                continue;
            }
        };
        if entries.len() >= MOST {
            flaws.push(format!("line {line}: {MOST} keys at once are enough"));
            break;
        }
        entries.push(Entry {
            line,
            name: cell(name).to_owned(),
            secret: Secret::new(cell(key).to_owned()),
            user: cell(user).to_owned(),
            active: is_active,
        });
    }
    if entries.is_empty() && flaws.is_empty() {
        flaws.push("there is no key in it".to_owned());
    }
    if flaws.is_empty() {
        Ok(File { naming, entries })
    } else {
        Err(flaws)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(text: &str) -> Vec<String> {
        read(text.as_bytes()).err().unwrap_or_default()
    }

    #[test]
    fn exports_are_read_by_technical_names_and_by_titles() {
        let technical = "\u{feff}\"id\",\"name\",\"key\",\"user_id/login\",\"active\"\r\n\
            \"x.1\",\"Shop, old\",\"3f9c1e7ab2d84c60a5f1\",\"anna\",\"True\"\r\n\
            \"x.2\",\"Till\",\"9c1e7ab2d84c60a5f13f\",\"bert\",\"False\"\r\n";
        let file = read(technical.as_bytes()).unwrap();
        assert_eq!(file.naming, Naming::Login);
        let [shop, till] = file.entries.as_slice() else {
            panic!("two keys");
        };
        assert_eq!((shop.line, shop.name.as_str()), (2, "Shop, old"));
        assert_eq!((shop.user.as_str(), shop.active), ("anna", true));
        assert!(shop.secret.expose(|text| text == "3f9c1e7ab2d84c60a5f1"));
        assert_eq!((till.line, till.active), (3, false));
        let titles = "Name;Key;User\nShop;3f9c1e7ab2d84c60a5f1;Mitchell Admin\n";
        let file = read(titles.as_bytes()).unwrap();
        assert_eq!(file.naming, Naming::Other);
        assert_eq!(file.entries[0].user, "Mitchell Admin");
        let number = "name,key,user_id/.id,user_id\nShop,x,2,Anna\n";
        assert_eq!(read(number.as_bytes()).unwrap().naming, Naming::Number);
    }

    #[test]
    fn every_flaw_is_told_with_its_line_and_no_secret() {
        assert_eq!(
            flaws("name,key\nShop,x\n"),
            ["line 1: there is no column `user_id/login` (or `user_id`)"]
        );
        assert_eq!(flaws("name,key,user_id\n"), ["there is no key in it"]);
        let all = flaws("name,key,user_id,active\nShop,hunter2,anna\nTill,hunter2,anna,perhaps\n");
        assert_eq!(all.len(), 2, "{all:?}");
        assert!(
            all[0].starts_with("line 2:") && all[1].starts_with("line 3:"),
            "{all:?}"
        );
        let bytes = read(b"name,key,user_id\nShop,\xff\xfe,anna\n");
        let told = format!("{:?}", bytes.err().unwrap());
        assert!(told.contains("line 2"), "{told}");
        assert!(!format!("{all:?}").contains("hunter2"));
    }
}
