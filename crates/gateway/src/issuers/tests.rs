use jsonwebtoken::{EncodingKey, Header, encode};
use portcullis_identity::Secret;
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "a secret of at least thirty-two bytes";
const NOW: i64 = 1_800_000_000;
const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1_000_000)
}

/// An issuer whose set was fetched at `NOW`.
fn issuers(user: UserFrom, skew: i64) -> Issuers {
    let config = IssuerConfig {
        name: PrincipalName::new("keycloak").unwrap(),
        rules: TokenRules {
            issuer: "https://id.example".to_owned(),
            audience: Vec::new(),
            algorithm: TokenAlgorithm::Hs256,
            skew: skew.try_into().unwrap(),
            longest: 86_400,
        },
        keys: KeysFrom::Url("https://id.example/certs".parse().unwrap()),
        upstream: UpstreamName::new("odoo").unwrap(),
        user,
        roles: vec![RoleName::new("shop").unwrap()],
        roles_claim: None,
        meanings: BTreeMap::new(),
        persons: false,
        rate: None,
    };
    let rate = Rate {
        per_minute: 60,
        burst: 10,
    };
    let issuers = Issuers::new(&[config], rate).unwrap();
    issuers.all[0].keys.store(Some(Arc::new(Known {
        keys: TokenKeys::of_secret(&Secret::new(SECRET.to_owned())).unwrap(),
        fetched: Some(at(NOW)),
    })));
    issuers
}

fn fixed() -> UserFrom {
    UserFrom::Fixed(ErpLogin::new("integration").unwrap())
}

fn token(claims: &Value) -> String {
    let mut all = json!({"iss": "https://id.example"});
    let more = claims.as_object().unwrap().clone();
    all.as_object_mut().unwrap().extend(more);
    encode(
        &Header::default(),
        &all,
        &EncodingKey::from_secret(SECRET.as_bytes()),
    )
    .unwrap()
}

fn no(result: Result<Arc<Holder>, NoBearer>) -> NoBearer {
    result.err().expect("a refusal")
}

#[test]
fn a_set_that_could_not_be_fetched_for_a_day_is_believed_no_more() {
    let issuers = issuers(fixed(), 60);
    let borne = |seconds: i64| {
        let fresh = token(&json!({"sub": "shop", "exp": seconds + 300}));
        issuers.bearer(&fresh, at(seconds))
    };
    assert!(borne(NOW).is_ok() && borne(NOW + DAY - 1).is_ok());
    assert!(!issuers.all[0].wanted.load(Ordering::Acquire));
    let unknown = NoBearer::Token(TokenError::UnknownKey);
    assert_eq!(no(borne(NOW + DAY)), unknown);
    assert!(
        issuers.all[0].wanted.load(Ordering::Acquire),
        "it is asked for"
    );
    assert_eq!(no(borne(NOW + 30 * DAY)), unknown);
    let keys = TokenKeys::of_secret(&Secret::new(SECRET.to_owned())).unwrap();
    let fetched = Some(at(NOW + 30 * DAY));
    issuers.all[0]
        .keys
        .store(Some(Arc::new(Known { keys, fetched })));
    assert!(
        borne(NOW + 30 * DAY).is_ok(),
        "and believed once it is there"
    );
}

#[test]
fn clocks_may_be_apart_as_far_as_is_said_and_no_further() {
    for skew in [60, HOUR] {
        let issuers = issuers(fixed(), skew);
        let judged = |claims: Value| issuers.bearer(&token(&claims), at(NOW));
        let expires = |by: i64| judged(json!({"sub": "shop", "exp": NOW + by}));
        let begins = |name: &str, by: i64| {
            judged(json!({"sub": "shop", "exp": NOW + 2 * HOUR, name: NOW + by}))
        };
        assert!(expires(1).is_ok() && expires(1 - skew).is_ok());
        let over = NoBearer::Token(TokenError::Expired);
        assert_eq!(no(expires(-skew)), over);
        assert_eq!(no(expires(-skew - HOUR)), over);
        for name in ["nbf", "iat"] {
            assert!(begins(name, 0).is_ok() && begins(name, skew).is_ok());
            let early = NoBearer::Token(TokenError::NotYet);
            assert_eq!(no(begins(name, skew + 1)), early, "{name}");
            assert_eq!(no(begins(name, skew + HOUR)), early, "{name}");
        }
    }
}

#[test]
fn without_a_subject_the_issuer_calls_and_without_a_user_nobody_does() {
    let one = issuers(fixed(), 60);
    let name = |claims: Value| {
        let holder = one.bearer(&token(&claims), at(NOW)).unwrap();
        holder.principal.name().to_string()
    };
    assert_eq!(
        name(json!({"sub": "shop", "exp": NOW + 60})),
        "keycloak:shop"
    );
    assert_eq!(name(json!({"exp": NOW + 60})), "keycloak");

    let named = issuers(UserFrom::Claim("erp_user".to_owned()), 60);
    let good = json!({"sub": "shop", "exp": NOW + 60, "erp_user": "anna"});
    let holder = named.bearer(&token(&good), at(NOW)).unwrap();
    assert_eq!(holder.principal.erp_login().as_str(), "anna");
    for user in [json!(7), json!(""), json!("a\u{0}"), Value::Null] {
        let bad = json!({"sub": "shop", "exp": NOW + 60, "erp_user": user});
        assert_eq!(no(named.bearer(&token(&bad), at(NOW))), NoBearer::Nobody);
    }
}

#[test]
fn a_token_is_known_once_it_was_good() {
    let issuers = issuers(fixed(), 60);
    let good = token(&json!({"sub": "shop", "exp": NOW + 60}));
    assert!(!issuers.knows(&good));
    assert!(issuers.bearer(&good, at(NOW)).is_ok());
    assert!(issuers.knows(&good));
    let bad = format!("{good}x");
    assert!(issuers.bearer(&bad, at(NOW)).is_err());
    assert!(!issuers.knows(&bad), "what was not good is not remembered");
}
