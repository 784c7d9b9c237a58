//! A PostgreSQL of the tests' own: a cluster in a temporary folder, on a free port and a socket
//! in that folder. It ends with whoever started it, also when that is killed.
//!
//! PostgreSQL refuses to run as root; where the tests do, it runs as `postgres` or `nobody`.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Seek as _};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

/// The role that owns everything.
pub const ROLE: &str = "portcullis";

/// Its password, which is asked for on the port and not on the socket.
pub const PASSWORD: &str = "a password of the tests";

/// A cluster that runs.
pub struct Cluster {
    /// What is needed to run a program of PostgreSQL.
    home: Home,
    port: u16,
    databases: AtomicU32,
    /// Ends the cluster when its standard input ends.
    watcher: Mutex<Child>,
}

/// Where a cluster lies, and who may run it.
struct Home {
    folder: PathBuf,
    programs: PathBuf,
    account: Option<(u32, u32)>,
}

/// A database of a cluster.
#[derive(Clone)]
pub struct Database {
    cluster: &'static Cluster,
    name: String,
}

impl Cluster {
    /// The cluster that the tests of one program share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[]))
    }

    /// A cluster of a test's own, for as long as the program runs: this test may stop it.
    pub fn own() -> &'static Self {
        Box::leak(Box::new(Self::start(&[])))
    }

    /// The same, with a certificate and its key, in PEM: on its port only who speaks TLS is let
    /// in.
    pub fn with_tls(certificate: &str, key: &str) -> &'static Self {
        let files = [("server.crt", certificate), ("server.key", key)];
        Box::leak(Box::new(Self::start(&files)))
    }

    fn start(files: &[(&str, &str)]) -> Self {
        let home = Home::make();
        let data = home.folder.join("data");
        let password = home.file("password", PASSWORD);
        home.run(
            Command::new(home.programs.join("initdb"))
                .arg("--pgdata")
                .arg(&data)
                .arg("--pwfile")
                .arg(&password)
                .args(["--username", ROLE, "--encoding=UTF8", "--locale=C.UTF-8"])
                .args(["--auth-local=trust", "--auth-host=scram-sha-256"])
                .arg("--no-sync"),
        );
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let folder = home.folder.display();
        let mut settings = fs::read_to_string(data.join("postgresql.conf")).unwrap();
        write!(
            settings,
            "\nlisten_addresses = '127.0.0.1'\nport = {port}\n\
             unix_socket_directories = '{folder}'\nfsync = off\n"
        )
        .unwrap();
        if !files.is_empty() {
            settings.push_str("ssl = on\n");
            let rules = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
            home.file("data/pg_hba.conf", rules);
        }
        for (name, text) in files {
            home.file(&format!("data/{name}"), text);
        }
        home.file("data/postgresql.conf", &settings);
        let watcher = home.watcher();
        let cluster = Self {
            home,
            port,
            databases: AtomicU32::new(0),
            watcher: Mutex::new(watcher),
        };
        cluster.begin();
        cluster
    }

    /// Starts the server again.
    pub fn begin(&self) {
        self.control(&["--wait", "--timeout=120", "start"]);
    }

    /// Ends the server as a crash would.
    pub fn crash(&self) {
        self.control(&["--mode=immediate", "--wait", "stop"]);
    }

    /// Halts every process of the server: connections stay, and nothing is answered.
    pub fn halt(&self) {
        self.signal("-STOP");
    }

    /// Lets them go on.
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    /// A new, empty database.
    pub fn database(&'static self) -> Database {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("d{number}");
        self.psql("postgres", &format!("CREATE DATABASE {name}"));
        Database {
            cluster: self,
            name,
        }
    }

    fn psql(&self, database: &str, text: &str) -> String {
        let mut command = Command::new(self.home.programs.join("psql"));
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]);
        command.args(["--set", "ON_ERROR_STOP=1", "--username", ROLE]);
        command.arg("--host").arg(&self.home.folder);
        command.args(["--port", &self.port.to_string()]);
        command.args(["--dbname", database, "--command", text]);
        self.home.run(&mut command)
    }

    fn control(&self, arguments: &[&str]) {
        let mut command = Command::new(self.home.programs.join("pg_ctl"));
        command.arg("--pgdata").arg(self.home.folder.join("data"));
        command.arg("--log").arg(self.home.folder.join("log"));
        self.home.run(command.args(arguments));
    }

    fn signal(&self, signal: &str) {
        let file = self.home.folder.join("data/postmaster.pid");
        let text = fs::read_to_string(file).unwrap();
        let server = text.lines().next().unwrap();
        let send = |process: &str| {
            let mut kill = Command::new("kill");
            kill.args([signal, process]).stderr(Stdio::null());
            kill.status().unwrap().success()
        };
        assert!(send(server), "kill {signal}");
        // It starts none meanwhile; one of them may just have ended.
        let sent = children(server).iter().filter(|child| send(child)).count();
        assert!(sent > 0, "kill {signal}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let watcher = self.watcher.get_mut().unwrap();
        drop(watcher.stdin.take());
        watcher.wait().unwrap();
    }
}

impl Database {
    /// Its URL, by the socket, where no password is asked for.
    pub fn url(&self) -> String {
        let folder = self.cluster.home.folder.display();
        let (port, name) = (self.cluster.port, &self.name);
        format!("postgres://{ROLE}@localhost:{port}/{name}?host={folder}")
    }

    /// Its URL, by the port.
    pub fn url_by_port(&self) -> String {
        let (port, name) = (self.cluster.port, &self.name);
        format!("postgres://{ROLE}@127.0.0.1:{port}/{name}")
    }

    /// The address of its port.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.cluster.port))
    }

    /// Runs statements in it, from outside; answers their rows, one a line.
    pub fn sql(&self, text: &str) -> String {
        self.cluster.psql(&self.name, text)
    }
}

impl Home {
    fn make() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("pg")
            .tempdir_in("/tmp")
            .unwrap()
            .keep();
        let account = (fs::metadata("/proc/self").unwrap().uid() == 0).then(account);
        if let Some((user, group)) = account {
            chown(&folder, Some(user), Some(group)).unwrap();
        }
        Self {
            folder,
            programs: programs(),
            account,
        }
    }

    /// A file that belongs to the server alone.
    fn file(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if let Some((user, group)) = self.account {
            chown(&path, Some(user), Some(group)).unwrap();
        }
        path
    }

    fn as_account<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command.current_dir("/").env("LC_ALL", "C.UTF-8")
    }

    fn run(&self, command: &mut Command) -> String {
        // A file: a pipe would be waited for until the server ends, which inherits it.
        let mut out = tempfile::tempfile().unwrap();
        let command = self.as_account(command).stdin(Stdio::null());
        let command = command.stdout(out.try_clone().unwrap());
        let done = command.stderr(out.try_clone().unwrap()).status();
        let mut text = String::new();
        out.rewind().unwrap();
        out.read_to_string(&mut text).unwrap();
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(
            done.as_ref().is_ok_and(std::process::ExitStatus::success),
            "{command:?}: {done:?}\n{text}\n{log}"
        );
        text.trim_end().to_owned()
    }

    /// A shell that waits for the end of this program, then ends the cluster and removes it.
    fn watcher(&self) -> Child {
        // A test that failed may have left the server halted.
        let script = r#"read -r _; kill -CONT "$(head -n 1 "$2/data/postmaster.pid")";
            "$1/pg_ctl" -D "$2/data" -m immediate -w stop; rm -rf "$2""#;
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]);
        command.arg(&self.programs).arg(&self.folder);
        self.as_account(&mut command)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }
}

/// The folder of PostgreSQL's programs: the newest that Debian has installed, or that of `initdb`.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let version: u32 = folder.file_name()?.to_str()?.parse().ok()?;
            let programs = folder.join("bin");
            programs
                .join("initdb")
                .exists()
                .then_some((version, programs))
        })
        .max();
    let elsewhere = || {
        let found = Command::new("sh")
            .args(["-c", "command -v initdb"])
            .output()
            .ok()?;
        let path = String::from_utf8(found.stdout).ok()?;
        Path::new(path.trim())
            .canonicalize()
            .ok()?
            .parent()
            .map(Path::to_owned)
    };
    newest
        .map(|(_, programs)| programs)
        .or_else(elsewhere)
        .expect("PostgreSQL is missing: install Debian's package `postgresql`, or run ./test, which does")
}

/// User and group of an account that may run a server.
fn account() -> (u32, u32) {
    let known = fs::read_to_string("/etc/passwd").unwrap();
    let of = |name: &str| {
        let line = known
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut parts = line.split(':').skip(2);
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    of("postgres").or_else(|| of("nobody")).unwrap()
}

/// The processes whose parent this is.
fn children(parent: &str) -> Vec<String> {
    let all = fs::read_dir("/proc").unwrap();
    all.filter_map(|entry| {
        let path = entry.ok()?.path();
        let stat = fs::read_to_string(path.join("stat")).ok()?;
        let rest = stat.rsplit_once(") ")?.1;
        let is_child = rest.split(' ').nth(1) == Some(parent);
        is_child.then(|| path.file_name().unwrap().to_str().unwrap().to_owned())
    })
    .collect()
}
