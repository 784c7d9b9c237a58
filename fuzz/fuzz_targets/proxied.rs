//! Lines of `X-Forwarded-For` and `Forwarded`: nothing that stands before what the nearest proxy
//! wrote counts, and nobody is told to be a trusted proxy.
#![no_main]

use portcullis_identity::proxied::Proxies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let proxies = Proxies {
        trusted: vec![
            "10.0.0.0/8".parse().expect("a network"),
            "fd00::/8".parse().expect("a network"),
        ],
        ..Proxies::default()
    };
    let listed = proxies.listed(text.lines()).ok().flatten();
    let forwarded = proxies.forwarded(text.lines()).ok().and_then(|(client, _)| client);
    for address in [listed, forwarded].into_iter().flatten() {
        assert!(!proxies.trust(address), "a proxy is nobody's client");
    }
    // What the nearest proxy adds to the line that it was given counts, or nobody does.
    let client = "192.0.2.7".parse().ok();
    let line = text.replace(['\r', '\n'], " ");
    let listed = format!("{line}, 192.0.2.7");
    assert_eq!(proxies.listed([listed.as_str()].into_iter()), Ok(client));
    let forwarded = format!("{line}, for=192.0.2.7;proto=https");
    let told = proxies.forwarded([forwarded.as_str()].into_iter());
    assert!(told == Ok((client, true)) || told.is_err(), "{told:?}");
    let nearest = ["for=192.0.2.7;proto=https"];
    let told = proxies.forwarded(text.lines().chain(nearest));
    assert!(told == Ok((client, true)) || told.is_err(), "{told:?}");
});
