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
    let listed = proxies.listed(text.lines());
    let (forwarded, _) = proxies.forwarded(text.lines());
    for address in [listed, forwarded].into_iter().flatten() {
        assert!(!proxies.trust(address), "a proxy is nobody's client");
    }
    let client = "192.0.2.7".parse().ok();
    let nearest = text.lines().chain(["192.0.2.7"]).collect::<Vec<_>>();
    assert_eq!(proxies.listed(nearest.into_iter()), client);
    let nearest = text.lines().chain(["for=192.0.2.7;proto=https"]);
    assert_eq!(proxies.forwarded(nearest), (client, true));
});
