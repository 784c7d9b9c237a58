use proptest::prelude::*;

use super::*;

const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 1, 2, 3));
const STRANGER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

fn proxies(told: Told) -> Proxies {
    Proxies {
        trusted: vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()],
        told,
    }
}

fn arrival(peer: IpAddr, over: Over) -> Arrival {
    Arrival {
        peer: (peer, 4711).into(),
        over,
    }
}

fn origin(told: Told, peer: IpAddr, lines: &[(&str, &str)]) -> Origin {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, value.parse().unwrap());
    }
    of(&proxies(told), &arrival(peer, Over::Clear), &headers)
}

fn listed_by(peer: IpAddr, lines: &[&str]) -> String {
    let lines: Vec<_> = lines
        .iter()
        .map(|line| ("x-forwarded-for", *line))
        .collect();
    origin(Told::XForwardedFor, peer, &lines)
        .address
        .to_string()
}

fn told_by(peer: IpAddr, line: &str) -> String {
    origin(Told::Forwarded, peer, &[("forwarded", line)])
        .address
        .to_string()
}

#[test]
fn the_nearest_address_that_is_no_proxy_is_the_clients() {
    for (lines, client) in [
        (&["192.0.2.7"][..], "192.0.2.7"),
        (&["192.0.2.7, 10.0.0.9"], "192.0.2.7"),
        (&["203.0.113.1, 192.0.2.7,10.0.0.9"], "192.0.2.7"),
        (&["203.0.113.1", "192.0.2.7", "10.0.0.9"], "192.0.2.7"),
        (&["192.0.2.7:4711"], "192.0.2.7"),
        (&["[2001:db8::7]:4711"], "2001:db8::7"),
        (&["2001:db8::7, fd00::1"], "2001:db8::7"),
        (&["::ffff:192.0.2.7, ::ffff:10.0.0.9"], "192.0.2.7"),
        (&["unknown, 192.0.2.7"], "192.0.2.7"),
    ] {
        assert_eq!(listed_by(PROXY, lines), client, "{lines:?}");
    }
    for (line, client) in [
        ("for=192.0.2.7", "192.0.2.7"),
        ("For=\"[2001:db8::7]:4711\";proto=https", "2001:db8::7"),
        (
            "for=203.0.113.1, for=192.0.2.7;by=10.0.0.9 , for=10.0.0.9",
            "192.0.2.7",
        ),
        (
            "for=\"203.0.113.1, for=203.0.113.2\", for=192.0.2.7",
            "192.0.2.7",
        ),
        ("for=\"192.0.2\\.7\"", "192.0.2.7"),
    ] {
        assert_eq!(told_by(PROXY, line), client, "{line}");
    }
}

#[test]
fn who_names_nobody_asks_for_itself_and_is_not_taken_to_be_here() {
    for lines in [&[][..], &["10.0.0.8, 10.0.0.9"]] {
        assert_eq!(listed_by(PROXY, lines), PROXY.to_string(), "{lines:?}");
    }
    let here = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    let local = Proxies {
        trusted: vec!["127.0.0.0/8".parse().unwrap()],
        told: Told::XForwardedFor,
    };
    let alone = super::of(&local, &arrival(here, Over::Clear), &HeaderMap::new());
    assert!(
        alone.is_readable && alone.is_clear,
        "whose request it is is not known"
    );
}

#[test]
fn where_it_cannot_be_read_who_is_nearest_nobody_is_taken_for_the_client() {
    let unreadable = |told, lines: &[(&str, &[u8])]| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = http::HeaderValue::from_bytes(value).unwrap();
            headers.append(name.parse::<HeaderName>().unwrap(), value);
        }
        let origin = super::of(&proxies(told), &arrival(PROXY, Over::Clear), &headers);
        (!origin.is_readable, origin.address.to_string())
    };
    const LISTED: &str = "x-forwarded-for";
    for line in [
        &b""[..],
        b"192.0.2.7, unknown",
        b"192.0.2.7,",
        b"192.0.2.7, 192.0.2.300",
        b"192.0.2.7, \xff",
    ] {
        assert!(
            unreadable(Told::XForwardedFor, &[(LISTED, line)]).0,
            "{line:?}"
        );
    }
    let garbage: [(&str, &[u8]); 3] = [
        (LISTED, b"192.0.2.7"),
        (LISTED, b"garbage"),
        (LISTED, b"10.0.0.9"),
    ];
    assert!(unreadable(Told::XForwardedFor, &garbage).0);
    for line in [
        &b""[..],
        b"for=192.0.2.7, for=unknown",
        b"for=192.0.2.7, by=10.0.0.9",
        b"for=192.0.2.7;for=203.0.113.1",
        b"for=\"192.0.2.7",
        b"for=\"x, for=203.0.113.66;proto=http",
        b"for=192.0.2.7 for=203.0.113.1",
        b"192.0.2.7",
    ] {
        assert!(
            unreadable(Told::Forwarded, &[("forwarded", line)]).0,
            "{line:?}"
        );
    }
    // What a client writes before it spoils nothing.
    let before = unreadable(Told::XForwardedFor, &[(LISTED, b"\xff, 203.0.113.66")]);
    assert_eq!(before, (false, "203.0.113.66".to_owned()));
    let before = unreadable(
        Told::Forwarded,
        &[("forwarded", b"for=\xff, for=203.0.113.66")],
    );
    assert_eq!(before, (false, "203.0.113.66".to_owned()));
}

#[test]
fn a_strangers_own_headers_count_for_nothing() {
    assert_eq!(listed_by(PROXY, &["203.0.113.1"]), "203.0.113.1");
    assert_eq!(listed_by(STRANGER, &["203.0.113.1"]), STRANGER.to_string());
    assert_eq!(told_by(STRANGER, "for=203.0.113.1"), STRANGER.to_string());
    let https = [("x-forwarded-proto", "https")];
    assert!(origin(Told::XForwardedFor, PROXY, &https).encrypted);
    assert!(!origin(Told::XForwardedFor, STRANGER, &https).encrypted);
    let https = [("forwarded", "for=192.0.2.7;proto=https")];
    assert!(origin(Told::Forwarded, PROXY, &https).encrypted);
    assert!(!origin(Told::Forwarded, STRANGER, &https).encrypted);
}

#[test]
fn only_the_header_that_the_proxies_write_is_read() {
    let both = [
        ("x-forwarded-for", "192.0.2.7"),
        ("forwarded", "for=192.0.2.8"),
    ];
    let by = |told| origin(told, PROXY, &both).address.to_string();
    assert_eq!(by(Told::XForwardedFor), "192.0.2.7");
    assert_eq!(by(Told::Forwarded), "192.0.2.8");
    let twice = [
        ("x-forwarded-proto", "https"),
        ("x-forwarded-proto", "http"),
    ];
    assert!(!origin(Told::XForwardedFor, PROXY, &twice).encrypted);
}

proptest! {
    /// Whatever a client writes before it, what the proxy adds is what counts.
    #[test]
    fn nothing_that_a_client_writes_counts(written in "[ -~]{0,60}") {
        let list = format!("{written}, 192.0.2.7");
        prop_assert_eq!(listed_by(PROXY, &[&list]), "192.0.2.7");
        prop_assert_eq!(listed_by(PROXY, &[&written, "192.0.2.7"]), "192.0.2.7");
        prop_assert_eq!(listed_by(STRANGER, &[&written]), STRANGER.to_string());
        let lines = [("forwarded", written.as_str()), ("forwarded", "for=192.0.2.7")];
        let told = origin(Told::Forwarded, PROXY, &lines);
        prop_assert!(!told.is_readable || told.address.to_string() == "192.0.2.7");
        let added = format!("{written}, for=192.0.2.7");
        let told = origin(Told::Forwarded, PROXY, &[("forwarded", &added)]);
        prop_assert!(!told.is_readable || told.address.to_string() == "192.0.2.7");
    }
}

#[test]
fn what_others_may_have_read_is_clear() {
    let here = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    let digest = Some(CertificateDigest::from_bytes([7; 32]));
    let https = [("x-forwarded-proto", "https")];
    for (peer, over, lines, is_clear) in [
        (STRANGER, Over::Tls(digest), &[][..], false),
        (here, Over::Clear, &[], false),
        (PROXY, Over::Clear, &https, false),
        (PROXY, Over::Tls(None), &https, false),
        (STRANGER, Over::Clear, &[], true),
        (STRANGER, Over::Clear, &https, true),
        (STRANGER, Over::Redirect(443), &[], true),
        (here, Over::Redirect(443), &[], true),
        (PROXY, Over::Clear, &[], true),
        (
            PROXY,
            Over::Tls(digest),
            &[("x-forwarded-proto", "http")],
            true,
        ),
    ] {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        let origin = of(
            &proxies(Told::XForwardedFor),
            &arrival(peer, over),
            &headers,
        );
        assert_eq!(origin.is_clear, is_clear, "{peer} {over:?} {lines:?}");
        let own = matches!(over, Over::Tls(_)) && peer == STRANGER;
        assert_eq!(origin.certificate, digest.filter(|_| own));
    }
}
