use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

use portcullis_identity::Secret;

use super::*;

const SECRET: &str = "a secret of at least thirty-two bytes";
const NOW: i64 = 1_800_000_000;

fn now() -> Timestamp {
    Timestamp(NOW * 1_000_000)
}

fn rules(algorithm: TokenAlgorithm) -> TokenRules {
    TokenRules {
        issuer: "https://id.example".to_owned(),
        audience: vec!["portcullis".to_owned()],
        algorithm,
        skew: 60,
        longest: 3600,
    }
}

fn secret() -> TokenKeys {
    TokenKeys::of_secret(&Secret::new(SECRET.to_owned())).unwrap()
}

fn claims() -> Value {
    json!({"iss": "https://id.example", "aud": "portcullis", "sub": "shop", "iat": NOW, "exp": NOW + 300})
}

fn with(change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let mut claims = claims();
    change(claims.as_object_mut().unwrap());
    signed(&Header::new(Algorithm::HS256), &claims)
}

fn signed(header: &Header, claims: &Value) -> String {
    encode(header, claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

fn judged(token: &str) -> Result<Claims, TokenError> {
    rules(TokenAlgorithm::Hs256).judge(token, &secret(), now())
}

fn refused(token: &str) -> TokenError {
    judged(token).unwrap_err()
}

#[test]
fn a_good_token_says_what_it_says() {
    let token = with(|claims| {
        claims.insert("realm_access".into(), json!({"roles": ["shop", "till"]}));
        claims.insert("scope".into(), json!("read write"));
    });
    let claims = judged(&token).unwrap();
    assert_eq!(claims.text("sub"), Some("shop"));
    assert_eq!(claims.texts("realm_access.roles"), ["shop", "till"]);
    assert_eq!(claims.texts("scope"), ["read", "write"]);
    assert!(claims.texts("absent.path").is_empty() && claims.texts("iat").is_empty());
    let itself = Unverified::read(&token).unwrap();
    assert_eq!(itself.issuer, "https://id.example");
    assert!(Unverified::is_token(&token) && !Unverified::is_token("pck_key"));
}

#[test]
fn each_claim_is_looked_at() {
    assert!(judged(&with(|_| {})).is_ok());
    let is = |change: fn(&mut Map<String, Value>)| judged(&with(change)).map(drop);
    for (change, expected) in [
        (
            (|c| {
                c.insert("iss".into(), json!("https://evil.example"));
            }) as fn(&mut Map<String, Value>),
            Err(TokenError::Issuer),
        ),
        (
            |c| {
                c.remove("iss");
            },
            Err(TokenError::Issuer),
        ),
        (
            |c| {
                c.insert("aud".into(), json!(["other", "portcullis"]));
            },
            Ok(()),
        ),
        (
            |c| {
                c.insert("aud".into(), json!(["other"]));
            },
            Err(TokenError::Audience),
        ),
        (
            |c| {
                c.remove("aud");
            },
            Err(TokenError::Audience),
        ),
        (
            |c| {
                c.remove("exp");
            },
            Err(TokenError::Lifetime),
        ),
        (
            |c| {
                c.insert("exp".into(), json!("soon"));
            },
            Err(TokenError::Lifetime),
        ),
        (
            |c| {
                c.insert("exp".into(), json!(NOW - 59));
            },
            Ok(()),
        ),
        (
            |c| {
                c.insert("exp".into(), json!(NOW - 60));
            },
            Err(TokenError::Expired),
        ),
        (
            |c| {
                c.insert("exp".into(), json!(NOW - 3600));
            },
            Err(TokenError::Expired),
        ),
        (
            |c| {
                c.insert("exp".into(), json!(NOW + 3661));
            },
            Err(TokenError::Lifetime),
        ),
        (
            |c| {
                c.insert("exp".into(), json!(1_800_000_100.5));
            },
            Ok(()),
        ),
        (
            |c| {
                c.insert("nbf".into(), json!(NOW + 60));
            },
            Ok(()),
        ),
        (
            |c| {
                c.insert("nbf".into(), json!(NOW + 61));
            },
            Err(TokenError::NotYet),
        ),
        (
            |c| {
                c.insert("iat".into(), json!(NOW + 3600));
            },
            Err(TokenError::NotYet),
        ),
    ] {
        assert_eq!(is(change), expected);
    }
}

#[test]
fn a_header_brings_no_key_and_chooses_no_algorithm() {
    let header = |change: fn(&mut Header)| {
        let mut header = Header::new(Algorithm::HS256);
        change(&mut header);
        refused(&signed(&header, &claims()))
    };
    assert_eq!(
        header(|h| h.jku = Some("https://evil.example/keys".into())),
        TokenError::Header
    );
    assert_eq!(
        header(|h| h.x5u = Some("https://evil.example/keys".into())),
        TokenError::Header
    );
    assert_eq!(
        header(|h| h.x5c = Some(vec!["MIIB".into()])),
        TokenError::Header
    );
    assert_eq!(
        header(|h| h.crit = Some(vec!["exp".into()])),
        TokenError::Header
    );
    assert_eq!(
        header(|h| h.typ = Some("dpop+jwt".into())),
        TokenError::Header
    );
    let mut own = Header::new(Algorithm::HS256);
    let key = EncodingKey::from_secret(b"a key that the attacker brings along");
    own.jwk = Some(jsonwebtoken::jwk::Jwk::from_encoding_key(&key, Algorithm::HS256).unwrap());
    assert_eq!(
        refused(&encode(&own, &claims(), &key).unwrap()),
        TokenError::Header
    );
    assert_eq!(
        refused(&signed(&Header::new(Algorithm::HS512), &claims())),
        TokenError::Algorithm
    );
    // {"alg":"none"}, with and without a signature.
    let good = with(|_| {});
    let parts: Vec<&str> = good.split('.').collect();
    let none = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    assert_eq!(refused(&none), TokenError::Malformed);
    assert_eq!(
        refused(&format!("{none}{}", parts[2])),
        TokenError::Malformed
    );
    assert_eq!(
        refused(&format!("{}.{}.", parts[0], parts[1])),
        TokenError::Signature
    );
    let other = with(|c| {
        c.insert("sub".into(), json!("admin"));
    });
    let moved = format!(
        "{}.{}.{}",
        parts[0],
        other.split('.').nth(1).unwrap(),
        parts[2]
    );
    assert_eq!(refused(&moved), TokenError::Signature);
    assert_eq!(refused(&"a".repeat(LONGEST + 1)), TokenError::Malformed);
}

/// A set with one key of each kind, and what signs with them.
struct Pairs {
    set: Vec<u8>,
    ec: EncodingKey,
    ed: EncodingKey,
}

fn pairs() -> Pairs {
    use aws_lc_rs::signature::KeyPair as _;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
    let base64 = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
    let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = ec.public_key().as_ref();
    let ed = Ed25519KeyPair::generate().unwrap();
    let set = json!({"keys": [
        {"kty": "EC", "crv": "P-256", "kid": "ec", "x": base64(&point[1..33]), "y": base64(&point[33..])},
        {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": base64(ed.public_key().as_ref())},
        {"kty": "oct", "kid": "secret", "k": base64(SECRET.as_bytes())},
        {"kty": "unheard-of", "kid": "new"},
    ]});
    Pairs {
        set: serde_json::to_vec(&set).unwrap(),
        ec: EncodingKey::from_ec_der(ec.to_pkcs8v1().unwrap().as_ref()),
        ed: EncodingKey::from_ed_der(ed.to_pkcs8v1().unwrap().as_ref()),
    }
}

fn token(algorithm: Algorithm, kid: Option<&str>, key: &EncodingKey) -> String {
    let mut header = Header::new(algorithm);
    header.kid = kid.map(str::to_owned);
    encode(&header, &claims(), key).unwrap()
}

#[test]
fn a_set_is_used_for_its_own_algorithm_only() {
    let pairs = pairs();
    let ec = TokenKeys::of_set(&pairs.set, TokenAlgorithm::Es256).unwrap();
    let ed = TokenKeys::of_set(&pairs.set, TokenAlgorithm::EdDsa).unwrap();
    let (by_ec, by_ed) = (rules(TokenAlgorithm::Es256), rules(TokenAlgorithm::EdDsa));
    let from_ec = token(Algorithm::ES256, Some("ec"), &pairs.ec);
    let from_ed = token(Algorithm::EdDSA, Some("ed"), &pairs.ed);
    assert!(by_ec.judge(&from_ec, &ec, now()).is_ok());
    assert!(by_ed.judge(&from_ed, &ed, now()).is_ok());
    assert!(
        by_ed
            .judge(&token(Algorithm::EdDSA, None, &pairs.ed), &ed, now())
            .is_ok()
    );
    let no = |rules: &TokenRules, keys: &TokenKeys, token: &str| {
        rules.judge(token, keys, now()).unwrap_err()
    };
    assert_eq!(no(&by_ec, &ec, &from_ed), TokenError::Algorithm);
    for kid in ["ed", "../../etc/passwd", "ec' OR 1=1", ""] {
        let token = token(Algorithm::ES256, Some(kid), &pairs.ec);
        assert_eq!(no(&by_ec, &ec, &token), TokenError::UnknownKey, "{kid}");
    }
    let other = self::pairs();
    assert_eq!(
        no(&by_ec, &ec, &token(Algorithm::ES256, Some("ec"), &other.ec)),
        TokenError::Signature
    );
    // A secret that stands in a public set opens nothing.
    let none = TokenKeys::of_set(&pairs.set, TokenAlgorithm::Hs256);
    assert_eq!(none.unwrap_err(), KeySetError::None(TokenAlgorithm::Hs256));
    // The public key as an HMAC secret: the oldest trick of all.
    let confused = token(
        Algorithm::HS256,
        Some("ec"),
        &EncodingKey::from_secret(&pairs.set),
    );
    assert_eq!(no(&by_ec, &ec, &confused), TokenError::Algorithm);
}

#[test]
fn a_key_under_which_anybody_can_sign_is_none_of_a_set() {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    let set = |x: &[u8]| {
        let x = data_encoding::BASE64URL_NOPAD.encode(x);
        let set = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": x}]});
        TokenKeys::of_set(&serde_json::to_vec(&set).unwrap(), TokenAlgorithm::EdDsa)
    };
    let pair = Ed25519KeyPair::generate().unwrap();
    assert!(set(pair.public_key().as_ref()).is_ok());
    let mut one = [0; 32];
    one[0] = 1;
    for weak in [one, [0; 32]] {
        let none = KeySetError::None(TokenAlgorithm::EdDsa);
        assert_eq!(set(&weak).unwrap_err(), none);
    }
}

#[test]
fn what_is_no_key_is_said() {
    let short = TokenKeys::of_secret(&Secret::new("short".to_owned()));
    assert_eq!(short.unwrap_err(), KeySetError::Short);
    for text in ["", "{}", "[]", "{\"keys\": 1}"] {
        let set = TokenKeys::of_set(text.as_bytes(), TokenAlgorithm::Rs256);
        assert_eq!(set.unwrap_err(), KeySetError::Malformed, "{text}");
    }
    let set = TokenKeys::of_set(b"{\"keys\": []}", TokenAlgorithm::Rs256);
    assert_eq!(set.unwrap_err(), KeySetError::None(TokenAlgorithm::Rs256));
    assert!(!format!("{:?}", secret()).contains("thirty"));
}
