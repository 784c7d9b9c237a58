use portcullis_erp::{Dialect, Shape};
use portcullis_identity::UpstreamName;
use proptest::prelude::*;

use super::*;
use crate::chain::Chain;
use crate::closing::{Closing, Note, Outcome};
use crate::opening::Opening;

const LEDGER: LedgerId = LedgerId(0xfeed);

fn head(chain: &mut Chain, segment: u64, torn: Vec<Torn>, others: Vec<Witness>) -> Vec<u8> {
    let mut out = Vec::new();
    let at = Timestamp(1);
    chain.head(
        &Head {
            ledger: LEDGER,
            writer: chain.writer(),
            segment,
            at,
            torn,
            others,
        },
        &mut out,
    );
    out
}

fn open(chain: &mut Chain, request: u128, out: &mut Vec<u8>) {
    let shape = Shape {
        fields: vec!["name".into(), "q\"\\\n\u{1}ö".into()],
        domain: vec![("is_company".into(), "=".into())],
        context_keys: vec!["lang".into()],
        ids: 3,
        how: Vec::new(),
    };
    let opening = Opening {
        request: RequestId(request),
        at: Timestamp(1_700_000_000_000_000 + i64::try_from(request).unwrap()),
        principal: None,
        address: std::net::IpAddr::from([127, 0, 0, 1]),
        upstream: &UpstreamName::new("odoo").unwrap(),
        dialect: Dialect::JsonRpc,
        model: "res.partner",
        operation: "read",
        method: "search_read",
        shape: &shape,
        policy_version: 7,
        rule: "companies",
        would: None,
    };
    chain.open(&opening, out);
}

#[test]
fn an_act_of_an_administrator_is_a_record_like_any_other() {
    let mut chain = Chain::begin(WriterId(0));
    let mut text = head(&mut chain, 1, Vec::new(), Vec::new());
    let key = portcullis_identity::AdminKeyId::new("pca_aaaaaaaaaaaaaaaa").unwrap();
    let deed = |request, who, address| crate::Deed {
        request: RequestId(request),
        at: Timestamp(5),
        who,
        address,
        door: "admin",
        thing: "key",
        verb: "create",
        on: "pck_aaaaaaaaaaaaaaaa",
        fields: &[],
    };
    let who = crate::Doer {
        name: "Ann \"A\"",
        kind: "administrator",
        key: Some(key),
    };
    let here = std::net::IpAddr::from([127, 0, 0, 1]);
    let mut last = Vec::new();
    chain.deed(&deed(1, Some(who), Some(here)), &mut last);
    let line = crate::Line::parse(last.trim_ascii_end()).unwrap();
    let crate::Event::Open(opened) = line.event else {
        panic!("{line:?}");
    };
    assert_eq!(opened.principal.as_deref(), Some("Ann \"A\""));
    assert_eq!(opened.kind.as_deref(), Some("administrator"));
    assert_eq!(opened.key.as_deref(), Some(key.as_str()));
    assert_eq!(
        (opened.model.as_str(), opened.method.as_str()),
        ("key", "create")
    );
    assert_eq!(opened.on.as_deref(), Some("pck_aaaaaaaaaaaaaaaa"));
    assert_eq!(opened.address, "127.0.0.1");
    text.extend(last);
    chain.deed(&deed(2, None, None), &mut text);
    close(&mut chain, 1, &mut text);
    close(&mut chain, 2, &mut text);
    let report = one(&text);
    assert!(report.is_whole() && report.unclosed.is_empty());
    assert_eq!(report.records, 2);
}

fn close(chain: &mut Chain, request: u128, out: &mut Vec<u8>) {
    let closing = Closing {
        request: RequestId(request),
        at: Timestamp(1_700_000_000_000_100),
        outcome: Outcome::Refused { reason: "no rule" },
        status: 403,
        duration_us: 99,
        bytes_out: 12,
        notes: &[Note {
            what: "fields-removed",
            count: 2,
        }],
    };
    chain.close(&closing, out);
}

/// A segment with `calls` whole calls.
fn segment(chain: &mut Chain, number: u64, calls: u128) -> Vec<u8> {
    let mut out = head(chain, number, Vec::new(), Vec::new());
    for call in 0..calls {
        let request = u128::from(number) * 1000 + call;
        open(chain, request, &mut out);
        close(chain, request, &mut out);
    }
    out
}

fn one(bytes: &[u8]) -> Report {
    verify([(WriterId(0), 1, bytes)], &[])
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

fn kinds(report: &Report) -> Vec<BreakKind> {
    report.broken.iter().map(|found| found.kind).collect()
}

#[test]
fn what_is_written_is_whole() {
    let report = one(&segment(&mut Chain::begin(WriterId(0)), 1, 5));
    assert_eq!((report.lines, report.records), (11, 5));
    assert!(report.is_whole() && report.unclosed.is_empty() && report.torn.is_empty());
    assert_eq!(report.lanes[0].last.unwrap().n, 10);
}

#[test]
fn what_is_written_is_read_back() {
    let bytes = segment(&mut Chain::begin(WriterId(0)), 1, 1);
    let lines = lines(&bytes);
    let Event::Open(opened) = Line::parse(lines[1].trim_ascii_end()).unwrap().event else {
        panic!("no opening")
    };
    assert_eq!(opened.fields[1], "q\"\\\n\u{1}ö");
    assert_eq!(opened.domain, [("is_company".to_owned(), "=".to_owned())]);
    assert_eq!(
        (opened.ids, opened.policy, opened.dialect.as_str()),
        (3, 7, "jsonrpc")
    );
    let Event::Close(closed) = Line::parse(lines[2].trim_ascii_end()).unwrap().event else {
        panic!("no closing")
    };
    assert_eq!(
        (closed.status, closed.reason.as_deref()),
        (403, Some("no rule"))
    );
    assert_eq!(closed.notes, [("fields-removed".to_owned(), 2)]);
}

#[test]
fn a_record_is_never_endless_and_says_so() {
    let mut shape = Shape {
        fields: vec!["é".repeat(5000); 5],
        ..Shape::default()
    };
    shape.domain = vec![("name".into(), "=".into()); 100_000];
    let mut bytes = Vec::new();
    let upstream = UpstreamName::new("odoo").unwrap();
    let opening = Opening {
        request: RequestId(1),
        at: Timestamp(1),
        principal: None,
        address: std::net::IpAddr::from([0; 16]),
        upstream: &upstream,
        dialect: Dialect::JsonRpc,
        model: &"m".repeat(5000),
        operation: "read",
        method: "search_read",
        shape: &shape,
        policy_version: 7,
        rule: "companies",
        would: None,
    };
    Chain::begin(WriterId(0)).open(&opening, &mut bytes);
    assert!(bytes.len() < 10_000, "{}", bytes.len());
    let Event::Open(opened) = Line::parse(bytes.trim_ascii_end()).unwrap().event else {
        panic!("no opening")
    };
    assert_eq!(
        (opened.cut, opened.domain.len(), opened.model.len()),
        (99_749, 256, 280)
    );
    assert_eq!(opened.address, "::");
}

#[test]
fn an_unclosed_request_is_unknown_and_no_break() {
    let mut chain = Chain::begin(WriterId(0));
    let mut bytes = segment(&mut chain, 1, 1);
    open(&mut chain, 77, &mut bytes);
    let report = one(&bytes);
    assert!(report.is_whole());
    assert_eq!(report.unclosed.len(), 1);
    assert_eq!(report.unclosed[0].request, RequestId(77));
}

#[test]
fn a_lane_goes_on_over_segments() {
    let mut chain = Chain::begin(WriterId(0));
    let one = segment(&mut chain, 1, 2);
    let two = segment(&mut chain, 2, 2);
    let three = segment(&mut chain, 3, 2);
    let all = [
        (WriterId(0), 1, &*one),
        (WriterId(0), 2, &*two),
        (WriterId(0), 3, &*three),
    ];
    assert!(verify(all, &[]).is_whole());
    assert_eq!(
        kinds(&verify([all[0], all[2]], &[])),
        [BreakKind::Missing {
            expected: 5,
            found: 10
        }]
    );
    assert_eq!(
        kinds(&verify(all[1..].to_vec(), &[])),
        [BreakKind::Missing {
            expected: 0,
            found: 5
        }]
    );
    assert!(kinds(&verify([all[0], (WriterId(0), 2, &*three)], &[])).contains(&BreakKind::Head));
}

#[test]
fn a_deleted_line_is_found() {
    let whole = segment(&mut Chain::begin(WriterId(0)), 1, 3);
    for gone in 0..6 {
        let mut lines = lines(&whole);
        lines.remove(gone);
        let report = one(&lines.concat());
        assert!(!report.is_whole(), "line {gone}");
        assert!(report.broken.len() <= 2, "{:?}", report.broken);
    }
}

#[test]
fn swapped_lines_are_found() {
    let whole = segment(&mut Chain::begin(WriterId(0)), 1, 3);
    for at in 0..6 {
        let mut lines = lines(&whole);
        lines.swap(at, at + 1);
        assert!(!one(&lines.concat()).is_whole(), "line {at}");
    }
}

#[test]
fn an_inserted_line_is_found() {
    let whole = segment(&mut Chain::begin(WriterId(0)), 1, 3);
    let mut lines = lines(&whole);
    lines.insert(3, lines[2].clone());
    assert!(!one(&lines.concat()).is_whole());
}

#[test]
fn a_torn_end_is_excused_by_the_next_head_alone() {
    let mut chain = Chain::begin(WriterId(0));
    let mut first = segment(&mut chain, 1, 2);
    let torn = b"{\"n\":5,\"prev\":\"ab";
    first.extend_from_slice(torn);
    let at_the_end = one(&first);
    assert!(at_the_end.is_whole());
    assert_eq!(at_the_end.torn, [(WriterId(0), Torn::of(1, torn))]);

    let silent = head(&mut chain.clone(), 2, Vec::new(), Vec::new());
    let honest = head(&mut chain.clone(), 2, vec![Torn::of(1, torn)], Vec::new());
    let with =
        |head: &[u8], first: &[u8]| verify([(WriterId(0), 1, first), (WriterId(0), 2, head)], &[]);
    assert!(with(&honest, &first).is_whole());
    assert_eq!(kinds(&with(&silent, &first)), [BreakKind::Torn]);
    first.pop();
    assert_eq!(kinds(&with(&honest, &first)), [BreakKind::Torn]);
}

#[test]
fn a_lane_that_was_cut_short_is_told_on_by_another() {
    let mut one = Chain::begin(WriterId(0));
    let first = segment(&mut one, 1, 3);
    let mut other = Chain::begin(WriterId(1));
    let second = head(&mut other, 1, Vec::new(), vec![one.last().unwrap()]);
    let check = |first: &[u8]| verify([(WriterId(0), 1, first), (WriterId(1), 1, &*second)], &[]);
    assert!(check(&first).is_whole());
    let cut = lines(&first)[..4].concat();
    assert_eq!(
        kinds(&check(&cut)),
        [BreakKind::CutShort {
            expected: 7,
            found: 4
        }]
    );
    let gone = verify([(WriterId(1), 1, &*second)], &[]);
    assert_eq!(
        kinds(&gone),
        [BreakKind::CutShort {
            expected: 7,
            found: 0
        }]
    );

    let rewritten = segment(&mut Chain::begin(WriterId(0)), 2, 3);
    assert!(kinds(&check(&rewritten)).contains(&BreakKind::Contradicted));
}

#[test]
fn a_rewritten_chain_is_exposed_by_a_checkpoint() {
    let mut chain = Chain::begin(WriterId(0));
    let first = segment(&mut chain, 1, 3);
    let checkpoint = [chain.last().unwrap()];
    assert!(verify([(WriterId(0), 1, &*first)], &checkpoint).is_whole());
    let mut again = Chain::begin(WriterId(0));
    let mut rewritten = head(&mut again, 1, Vec::new(), Vec::new());
    for request in 0..3 {
        open(&mut again, 5000 + request, &mut rewritten);
        close(&mut again, 5000 + request, &mut rewritten);
    }
    assert!(one(&rewritten).is_whole());
    let report = verify([(WriterId(0), 1, &*rewritten)], &checkpoint);
    assert_eq!(kinds(&report), [BreakKind::Contradicted]);
}

#[test]
fn a_segment_of_another_ledger_is_found() {
    let first = segment(&mut Chain::begin(WriterId(0)), 1, 1);
    let mut other = Chain::begin(WriterId(1));
    let mut second = Vec::new();
    let strange = Head {
        ledger: LedgerId(1),
        writer: WriterId(1),
        segment: 1,
        at: Timestamp(1),
        torn: Vec::new(),
        others: Vec::new(),
    };
    other.head(&strange, &mut second);
    let report = verify([(WriterId(0), 1, &*first), (WriterId(1), 1, &*second)], &[]);
    assert_eq!(kinds(&report), [BreakKind::OtherLedger]);
}

proptest! {
    #[test]
    fn every_altered_byte_is_found(at in 0_usize..3000, to: u8) {
        let mut bytes = segment(&mut Chain::begin(WriterId(0)), 1, 3);
        // What stands behind the last line feed may be a torn end, so that one stays.
        let at = at % (bytes.len() - 1);
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        prop_assert!(!one(&bytes).is_whole());
    }

    #[test]
    fn no_line_is_taken_moved_or_repeated_unseen(
        calls in 1_u128..4,
        at in 0_usize..100,
        to in 0_usize..100,
        what in 0..3,
    ) {
        let mut chain = Chain::begin(WriterId(0));
        let segments = [1, 2, 3].map(|number| segment(&mut chain, number, calls));
        let mut other = Chain::begin(WriterId(1));
        let last = vec![chain.last().unwrap()];
        let witness = head(&mut other, 1, Vec::new(), last);
        let mut all: Vec<(u64, Vec<u8>)> = (1..)
            .zip(&segments)
            .flat_map(|(number, bytes)| lines(bytes).into_iter().map(move |line| (number, line)))
            .collect();
        let (at, to) = (at % all.len(), to % all.len());
        prop_assume!(what == 0 || at != to);
        match what {
            0 => drop(all.remove(at)),
            1 => {
                let (one, other) = (all[at].1.clone(), all[to].1.clone());
                (all[at].1, all[to].1) = (other, one);
            }
            _ => {
                let again = (all[to].0, all[at].1.clone());
                all.insert(to, again);
            }
        }
        let bytes = |number| -> Vec<u8> {
            all.iter().filter(|(of, _)| *of == number).flat_map(|(_, line)| line.clone()).collect()
        };
        let (one, two, three) = (bytes(1), bytes(2), bytes(3));
        let report = verify(
            [
                (WriterId(0), 1, &*one),
                (WriterId(0), 2, &*two),
                (WriterId(0), 3, &*three),
                (WriterId(1), 1, &*witness),
            ],
            &[],
        );
        prop_assert!(!report.is_whole());
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        one(&bytes);
    }
}
