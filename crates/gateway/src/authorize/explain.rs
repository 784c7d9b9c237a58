//! Why a signature differs, step by step, for the client whose it should be.
//!
//! Nothing is done and no nonce is spent. What is answered is made of what the client told and
//! of what the gateway computes from that: never a signature, and never a secret. Whoever asks
//! learns of each text that it tells whether its own key has signed it, and of no other key.
//! Whoever is not known, but has signed the question, is told what the text is made of and where
//! its own differs; no key is looked at for that, so nothing is learned of one.

use portcullis_erp::Value;
use portcullis_erp::dialect::rest::Told;
use portcullis_identity::signing::{Flaw, Head, Legacy, Scheme, Signed, Verifier};
use portcullis_identity::{ApiKey, KeyId, Timestamp};

use super::session::Inquiry;

/// What is found, so far.
struct Finding {
    /// None where that is not told.
    is_good: Option<bool>,
    steps: Vec<Value>,
    /// The texts that are signed, one for most schemes.
    bases: Vec<String>,
    difference: Value,
}

/// Explains a signature to the caller, or to whoever has signed the question otherwise.
pub(super) fn explain(told: &Told, inquiry: &Inquiry<'_>) -> Value {
    let mut finding = Finding {
        is_good: Some(true),
        steps: Vec::new(),
        bases: Vec::new(),
        difference: Value::Null,
    };
    let (path, query) = match told.target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (told.target.as_str(), None),
    };
    let lines: Vec<(&str, &[u8])> = told
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    let head = Head {
        verb: &told.verb,
        path,
        query,
        lines: &lines,
    };
    let Some(holder) = inquiry.holder else {
        finding.of_nobody(told, &head, inquiry.now);
        return finding.told();
    };
    match (holder.verifier.as_deref(), holder.principal.key()) {
        (Some(verifier), Some(key)) => {
            let own = Own {
                key,
                verifier,
                now: inquiry.now,
            };
            if verifier.scheme().is_legacy() {
                finding.legacy(told, &head, &own);
            } else {
                finding.standard(told, &head, &own);
            }
        }
        (None, _) | (_, None) => finding.no(
            "key",
            "this key does not sign: make one with `portcullis key create --signed`",
        ),
    }
    finding.told()
}

/// The caller's own key.
struct Own<'a> {
    key: &'a KeyId,
    verifier: &'a Verifier,
    now: Timestamp,
}

impl Finding {
    /// A signature, and what can be said of it without a key.
    fn read(&mut self, told: &Told, head: &Head<'_>) -> Option<Signed> {
        let signed = match Signed::read(head) {
            Ok(Some(signed)) => signed,
            Ok(None) => {
                self.no(
                    "headers",
                    "there is no `Signature-Input` and no `Signature`",
                );
                return None;
            }
            Err(flaw) => {
                self.no("headers", &flaw.to_string());
                return None;
            }
        };
        self.yes(
            "headers",
            format!("one signature, `{}`, covers what it must", signed.label()),
        );
        self.judged(
            "body",
            signed.is_of(&told.body),
            "the digest is that of the body",
        );
        Some(signed)
    }

    /// No key is looked at here: there is nothing that an answer could tell of one.
    fn of_nobody(&mut self, told: &Told, head: &Head<'_>, now: Timestamp) {
        let Some(signed) = self.read(told, head) else {
            return;
        };
        self.untold(
            "key",
            "it is not told whether there is such a key, for the question is not signed by it",
        );
        self.judged("time", signed.in_time(now), &clock(signed.created(), now));
        self.compare(told.base.as_deref(), vec![signed.base().to_owned()]);
        self.untold(
            "signature",
            "it is not looked at; where the text is the same, it was made with another secret or key, or written in another way",
        );
    }

    fn standard(&mut self, told: &Told, head: &Head<'_>, own: &Own<'_>) {
        let Some(signed) = self.read(told, head) else {
            return;
        };
        let scheme = own.verifier.scheme();
        let key = if signed.key() == own.key {
            Ok(())
        } else {
            Err("`keyid` names another key than the one that asks")
        };
        self.judged(
            "key",
            key,
            &format!("`keyid` is this key, which signs by {scheme}"),
        );
        self.judged(
            "time",
            signed.in_time(own.now),
            &clock(signed.created(), own.now),
        );
        self.yes(
            "nonce",
            "it is not spent by this question; a request with it is taken once".to_owned(),
        );
        self.compare(told.base.as_deref(), vec![signed.base().to_owned()]);
        let good = own.verifier.verify(&signed);
        let over_theirs = told.base.as_deref().is_some_and(|base| {
            let text = own
                .verifier
                .verify_text(base.as_bytes(), signed.signature());
            text.is_ok()
        });
        self.signature(good, over_theirs, scheme);
    }

    fn legacy(&mut self, told: &Told, head: &Head<'_>, own: &Own<'_>) {
        let scheme = own.verifier.scheme();
        let legacy = match Legacy::read(head, below(&told.target), &told.body) {
            Ok(Some(legacy)) => legacy,
            Ok(None) => return self.no("headers", "there is no `X-Signature`"),
            Err(flaw) => return self.no("headers", &flaw.to_string()),
        };
        let (texts, created) = match legacy.texts(scheme) {
            Ok(read) => read,
            Err(flaw) => return self.no("headers", &flaw.to_string()),
        };
        self.yes("headers", format!("a signature by {scheme}"));
        let late = portcullis_identity::signing::in_time(created, own.now);
        self.judged("time", late, &clock(created, own.now));
        self.compare(told.base.as_deref(), texts);
        let beside = beside(told, own.key);
        if scheme.is_beside() && beside.is_none() {
            return self.no(
                "signature",
                "it is computed with the secret half of the key: tell the `Authorization: token KEY:SECRET` of the request, of this same key",
            );
        }
        let shown = beside.as_ref();
        let good = match shown {
            Some(whole) => whole.expose_pair(|_, secret| legacy.verify(own.verifier, Some(secret))),
            None => legacy.verify(own.verifier, None),
        };
        self.signature(good.map(drop), false, scheme);
    }

    /// Compares the text that the client has signed with those that the gateway takes.
    fn compare(&mut self, theirs: Option<&str>, ours: Vec<String>) {
        let nearest = |theirs: &str| {
            let same = |(one, other): &(u8, u8)| one == other;
            let alike = |ours: &String| {
                let begin = ours.bytes().zip(theirs.bytes()).take_while(same).count();
                let end = ours.bytes().rev().zip(theirs.bytes().rev());
                begin.saturating_add(end.take_while(same).count())
            };
            // Of several that are as near, the first: the request as it was sent.
            ours.iter().rev().max_by_key(|ours| alike(ours))
        };
        match theirs {
            None => self.yes(
                "base",
                "tell `base`, the text that you signed, to have it compared".to_owned(),
            ),
            Some(theirs) if ours.iter().any(|ours| ours == theirs) => {
                self.yes(
                    "base",
                    "you signed the text that the gateway computes".to_owned(),
                );
            }
            Some(theirs) => {
                if let Some(ours) = nearest(theirs) {
                    self.difference = difference(theirs, ours);
                }
                self.no("base", "you signed another text: see `difference`");
            }
        }
        self.bases = ours;
    }

    fn signature(&mut self, good: Result<(), Flaw>, over_theirs: bool, scheme: Scheme) {
        match (good, over_theirs) {
            (Ok(()), _) => self.yes(
                "signature",
                "it is this key's over the text that the gateway computes".to_owned(),
            ),
            (Err(_), true) => self.no(
                "signature",
                "it is this key's over your text: only the text differs",
            ),
            (Err(Flaw::Scheme), false) => self.no(
                "signature",
                &format!("`alg` names another algorithm than this key's, {scheme}"),
            ),
            (Err(_), false) => self.no(
                "signature",
                "it is made with another secret or key, over another text, or in another way of writing its bytes",
            ),
        }
    }

    fn judged<E: std::fmt::Display>(&mut self, step: &str, result: Result<(), E>, good: &str) {
        match result {
            Ok(()) => self.yes(step, good.to_owned()),
            Err(error) => self.no(step, &error.to_string()),
        }
    }

    fn yes(&mut self, step: &str, told: String) {
        self.step(step, Value::Bool(true), told);
    }

    fn no(&mut self, step: &str, told: &str) {
        self.is_good = Some(false);
        self.step(step, Value::Bool(false), told.to_owned());
    }

    fn untold(&mut self, step: &str, told: &str) {
        self.is_good = self.is_good.filter(|is_good| !is_good);
        self.step(step, Value::Null, told.to_owned());
    }

    fn step(&mut self, step: &str, good: Value, told: String) {
        self.steps.push(object([
            ("step", Value::from(step)),
            ("good", good),
            ("told", Value::Text(told)),
        ]));
    }

    fn told(self) -> Value {
        object([
            ("good", self.is_good.map_or(Value::Null, Value::Bool)),
            ("steps", Value::List(self.steps)),
            (
                "base",
                Value::List(self.bases.into_iter().map(Value::Text).collect()),
            ),
            ("difference", self.difference),
        ])
    }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    Value::Map(members.collect())
}

/// The first line in which two texts differ.
fn difference(theirs: &str, ours: &str) -> Value {
    let mut lines = (theirs.split('\n'), ours.split('\n'));
    let mut line = 0;
    loop {
        line += 1;
        let (theirs, ours) = (lines.0.next(), lines.1.next());
        if theirs != ours || theirs.is_none() {
            let text = |line: Option<&str>| line.map_or(Value::Null, Value::from);
            return object([
                ("line", Value::Int(line)),
                ("yours", text(theirs)),
                ("gateway", text(ours)),
            ]);
        }
    }
}

/// How far a clock is off.
fn clock(created: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(created) / 1_000_000;
    format!("it was made {seconds} s before it was asked about, by the gateway's clock")
}

/// What may stand before the path that a client has signed: `/u/{upstream}`.
fn below(target: &str) -> &str {
    let named = target.strip_prefix("/u/").and_then(|rest| rest.find('/'));
    let end = named.map_or(0, |end| end.saturating_add("/u/".len()));
    target.get(..end).unwrap_or_default()
}

/// The caller's own key, if the told request shows it.
fn beside(told: &Told, key: &KeyId) -> Option<ApiKey> {
    told.headers.iter().find_map(|(_, value)| {
        let text = value.rsplit(' ').next().unwrap_or_default();
        let read = match text.split_once(':') {
            Some((id, secret)) => ApiKey::parse_pair(id, secret),
            None => ApiKey::parse(text),
        };
        read.ok().filter(|read| read.id() == *key)
    })
}
