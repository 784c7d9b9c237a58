//! A gateway that is served from a folder, before the Odoo of a demo.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;

use crate::demo::{Demo, program};

/// A role that may count and read contacts.
pub(crate) const READER: &str = r#"
[[rule]]
name = "contacts"
models = ["res.partner"]
operations = ["read"]
fields = "*"
"#;

/// A folder with a configuration, a role `reader`, and what the gateway keeps.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

/// A gateway that is running.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Place {
    /// A place before the Odoo of this demo, with these lines more in its configuration.
    pub(crate) fn before(demo: &Demo, more: &str) -> Self {
        Self::before_url(demo, demo.fact("/odoo"), more)
    }

    /// The same, where that Odoo is reached at another URL.
    pub(crate) fn before_url(demo: &Demo, url: &str, more: &str) -> Self {
        let log = PathBuf::from(demo.fact("/upstream_log"));
        let secret = log.with_file_name("secrets").join("odoo-integration");
        let text = format!(
            "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n{more}\n[upstream.odoo]\nkind = \"odoo\"\nurl = \"{}\"\n\
             database = \"demo\"\n[upstream.odoo.user.integration]\nsecret-file = \"{}\"\n",
            url,
            secret.display(),
        );
        Self::of(&text, READER)
    }

    /// A place before both ERPs of this demo: `odoo`, `erpnext`.
    pub(crate) fn before_both(demo: &Demo, more: &str) -> Self {
        let erpnext = frappe(demo, demo.fact("/erpnext"));
        Self::before(demo, &format!("{more}{erpnext}"))
    }

    /// A place before the ERPNext of this demo alone, which is reached at this URL.
    pub(crate) fn before_frappe(demo: &Demo, url: &str, more: &str) -> Self {
        let erpnext = frappe(demo, url);
        let text = format!("listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n{more}{erpnext}");
        Self::of(&text, READER)
    }

    /// A place with this configuration, and with this text as the role `reader`.
    pub(crate) fn of(text: &str, role: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("portcullis.toml"), text).expect("a file");
        let place = Self { folder };
        place.put_role(role);
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn put_role(&self, text: &str) {
        std::fs::write(self.path().join("reader.toml"), text).expect("a file");
    }

    /// Runs a command of the program on this place; answers its exit code and its JSON.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, Json) {
        let (code, text) = self.output(arguments);
        (code, serde_json::from_str(&text).unwrap_or(Json::Null))
    }

    /// Runs a command that prints one JSON value a line.
    pub(crate) fn lines(&self, arguments: &[&str]) -> Vec<Json> {
        let (code, text) = self.output(arguments);
        assert_eq!(code, 0, "{text}");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    /// The program with these arguments, for this place.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut program = program();
        program.args(arguments).arg("--config");
        program.arg(self.path().join("portcullis.toml"));
        program
    }

    fn output(&self, arguments: &[&str]) -> (i32, String) {
        let mut program = self.program(arguments);
        let output = program.arg("--json").output().expect("the program runs");
        let text = String::from_utf8(output.stdout).expect("text");
        (output.status.code().unwrap_or(-1), text)
    }

    /// Makes a key with the role `reader`; answers it and its id.
    pub(crate) fn key(&self, name: &str, more: &[&str]) -> (String, String) {
        self.key_of(name, "integration", more)
    }

    /// A key for this upstream, of a place that has several.
    pub(crate) fn key_at(&self, name: &str, upstream: &str, user: &str) -> String {
        self.key_of(name, user, &["--upstream", upstream]).0
    }

    /// The same for another ERP user.
    pub(crate) fn key_of(&self, name: &str, user: &str, more: &[&str]) -> (String, String) {
        let (code, made) = self.create(name, user, more);
        assert_eq!(code, 0, "{made}");
        let text = |member: &str| {
            made[member]
                .as_str()
                .unwrap_or_else(|| panic!("{made}"))
                .to_owned()
        };
        (text("key"), text("id"))
    }

    /// What is told of a new key.
    pub(crate) fn made(&self, name: &str, more: &[&str]) -> Json {
        let (code, made) = self.create(name, "integration", more);
        assert_eq!(code, 0, "{made}");
        made
    }

    /// The code and the output of `key create`.
    pub(crate) fn create(&self, name: &str, user: &str, more: &[&str]) -> (i32, Json) {
        let mut arguments = vec!["key", "create", name, "--user", user, "--role", "reader"];
        arguments.extend_from_slice(more);
        self.run(&arguments)
    }

    pub(crate) fn serve(&self) -> Served {
        self.serve_with(&[])
    }

    /// The same, with these variables in its environment.
    pub(crate) fn serve_with(&self, variables: &[(&str, &str)]) -> Served {
        let mut child: Child = self
            .program(&["serve"])
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let url = lines
            .find_map(|line| {
                let line = line.expect("text");
                line.split_once("listens on ")
                    .map(|(_, url)| url.trim().to_owned())
            })
            .expect("the gateway says where it listens");
        // What else it says is read on, so that the pipe never fills.
        std::thread::spawn(move || for _ in lines.by_ref() {});
        Served { child, url }
    }
}

fn frappe(demo: &Demo, url: &str) -> String {
    let log = PathBuf::from(demo.fact("/upstream_log"));
    let secret = log.with_file_name("secrets").join("erpnext-integration");
    format!(
        "[upstream.erpnext]\nkind = \"frappe\"\nurl = \"{url}\"\ndatabase = \"demo\"\n\
         [upstream.erpnext.user.\"integration@example.com\"]\nsecret-file = \"{}\"\n",
        secret.display()
    )
}

impl Drop for Served {
    fn drop(&mut self) {
        // A kill: a gateway must bear it at any time.
        if self.child.kill().is_ok() {
            self.child.wait().ok();
        }
    }
}
