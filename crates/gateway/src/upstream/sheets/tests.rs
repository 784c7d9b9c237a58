use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use portcullis_erp::Model;
use portcullis_erp::dialect::rest::Description;
use portcullis_erp::value::from_json;
use portcullis_policy::Schema;

use super::{SheetKey, Sheets};
use crate::denial::Why;

fn key(base: &str) -> SheetKey {
    SheetKey {
        roles: Box::default(),
        held: Box::default(),
        base: base.into(),
    }
}

fn told(tag: usize) -> Description {
    Description {
        body: Arc::default(),
        tag: tag.to_string().into(),
    }
}

fn schema(models: &[&str]) -> Arc<Schema> {
    let mut schema = Schema::new();
    let fields = from_json(
        br#"{"name":{"type":"char"}}"#,
        &portcullis_erp::Limits::default(),
    );
    for model in models {
        let model = Model::new(model).expect("a name");
        schema.learn(model, fields.as_ref().expect("JSON"));
    }
    Arc::new(schema)
}

/// How often something is done, and how often at once.
#[derive(Default)]
struct Count {
    all: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Count {
    /// One that takes a while.
    async fn one(&self) -> Result<Description, Why> {
        let all = self.all.fetch_add(1, Ordering::SeqCst) + 1;
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        Ok(told(all))
    }
}

/// Asks for several at once, and says which they got.
async fn all_at_once(sheets: &Arc<Sheets>, count: &Arc<Count>, bases: &[String]) -> Vec<String> {
    let asked: Vec<_> = bases
        .iter()
        .map(|base| {
            let (sheets, count, key) = (Arc::clone(sheets), Arc::clone(count), key(base));
            tokio::spawn(async move {
                let known = schema(&["a"]);
                let given = sheets.give(key, 1, || Arc::clone(&known), count.one());
                given.await.map(|given| given.tag.to_string())
            })
        })
        .collect();
    let mut tags = Vec::new();
    for one in asked {
        let given = one.await.expect("no panic");
        tags.push(given.unwrap_or_else(|_| panic!("it is given")));
    }
    tags
}

#[tokio::test]
async fn however_many_ask_at_once_one_is_written() {
    let (sheets, count) = (Arc::new(Sheets::default()), Arc::new(Count::default()));
    let same = vec![String::new(); 24];
    let tags = all_at_once(&sheets, &count, &same).await;
    assert_eq!(tags, vec!["1"; 24]);
    assert_eq!(count.all.load(Ordering::SeqCst), 1);

    let others: Vec<String> = (0..6).map(|at| format!("/u/{at}")).collect();
    let mut tags = all_at_once(&sheets, &count, &others).await;
    tags.sort_unstable();
    assert_eq!(tags, ["2", "3", "4", "5", "6", "7"], "each has its own");
    let most = count.most.load(Ordering::SeqCst);
    assert_eq!(most, 1, "and one is written at a time");
}

#[tokio::test]
async fn a_description_is_written_anew_when_the_models_are_forgotten_or_others() {
    let (sheets, count) = (Sheets::default(), Count::default());
    let give = async |policy: u64, known: &Arc<Schema>| {
        let given = sheets.give(key(""), policy, || Arc::clone(known), count.one());
        let given = given.await.unwrap_or_else(|_| panic!("it is given"));
        given.tag.to_string()
    };
    let known = schema(&["a"]);
    assert_eq!(give(1, &known).await, "1");
    assert_eq!(give(1, &known).await, "1", "it holds");
    let mut absent = Schema::clone(&known);
    absent.absent(Model::new("no.such").expect("a name"));
    assert_eq!(
        give(1, &Arc::new(absent)).await,
        "1",
        "names that clients make up change nothing"
    );
    assert_eq!(give(1, &schema(&[])).await, "2", "all is forgotten");
    assert_eq!(give(1, &schema(&["a", "b"])).await, "3", "there is more");
    assert_eq!(give(2, &schema(&["a", "b"])).await, "4", "other rules");
}

#[tokio::test]
async fn what_takes_too_long_is_refused_and_keeps_nobody_waiting() {
    let sheets = Sheets {
        longest: Duration::from_millis(50),
        ..Sheets::default()
    };
    let known = schema(&["a"]);
    let never = sheets.give(key(""), 1, || Arc::clone(&known), std::future::pending());
    assert!(matches!(never.await, Err(Why::Unschooled)));
    let failed = async { Err(Why::Lost) };
    let failed = sheets.give(key(""), 1, || Arc::clone(&known), failed);
    assert!(matches!(failed.await, Err(Why::Lost)));
    let count = Count::default();
    let next = sheets.give(key(""), 1, || Arc::clone(&known), count.one());
    assert!(next.await.is_ok(), "whoever asks again has its turn");
}
