//! Key sets as issuers publish them, rubbish included.

use serde_json::{Value, json};

use super::super::{Keys, KeysFault, TokenFault};
use super::{Private, base64url, claims, header, now, verifier};

fn parse(set: &Value) -> Result<usize, KeysFault> {
    Keys::parse(set.to_string().as_bytes()).map(|keys| keys.count())
}

#[test]
fn what_is_no_key_set_is_refused() {
    for text in ["", "{", "[]", "{}", "null", r#"{"keys":{}}"#, r#"{"keys":"x"}"#, "<html>"] {
        assert_eq!(Keys::parse(text.as_bytes()).err(), Some(KeysFault::NotASet), "{text}");
    }
    assert_eq!(Keys::parse(&[0xff, 0xfe]).err(), Some(KeysFault::NotASet));
    assert_eq!(parse(&json!({ "keys": [] })), Err(KeysFault::NoneUsable));
}

/// The first with one member different.
fn with(mut jwk: Value, name: &str, value: Value) -> Value {
    jwk[name] = value;
    jwk
}

#[test]
fn keys_that_cannot_be_used_are_passed_over() {
    let (rsa, ec, ed) = (Private::rsa(), Private::p256(), Private::ed25519());
    let (rsa, ec, ed) = (rsa.jwk("r"), ec.jwk("p"), ed.jwk("e"));
    let useless = [
        json!(null),
        json!("key"),
        json!({}),
        json!({ "kty": "oct", "k": base64url("a secret"), "kid": "h", "alg": "HS256" }),
        with(rsa.clone(), "k", json!(base64url("a secret"))),
        with(rsa.clone(), "use", json!("enc")),
        with(rsa.clone(), "use", json!(null)),
        with(rsa.clone(), "key_ops", json!(["encrypt"])),
        with(rsa.clone(), "key_ops", json!("verify")),
        with(rsa.clone(), "alg", json!("HS256")),
        with(rsa.clone(), "alg", json!("RSA-OAEP")),
        with(rsa.clone(), "alg", json!("ES256")),
        with(rsa.clone(), "d", json!(base64url("private"))),
        with(rsa.clone(), "n", json!("not base64!")),
        with(rsa.clone(), "n", json!("")),
        with(rsa.clone(), "n", json!(base64url([0xc1; 128]))),
        with(rsa.clone(), "n", json!(base64url([0xc1; 255]))),
        with(rsa.clone(), "n", json!(base64url([0xc1; 1025]))),
        with(rsa.clone(), "e", json!("")),
        with(rsa.clone(), "e", json!(base64url([1]))),
        with(rsa.clone(), "e", json!(base64url([9; 9]))),
        with(rsa, "kty", json!("rsa")),
        with(ec.clone(), "crv", json!("secp256k1")),
        with(ec.clone(), "crv", json!("P-521")),
        with(ec.clone(), "crv", json!("P-384")),
        with(ec.clone(), "x", json!(base64url([1; 31]))),
        with(ec.clone(), "y", json!(base64url([1; 33]))),
        with(ec, "y", json!(7)),
        with(ed.clone(), "crv", json!("X25519")),
        with(ed.clone(), "crv", json!("Ed448")),
        with(ed, "x", json!(base64url([1; 31]))),
    ];
    for jwk in &useless {
        assert_eq!(parse(&json!({ "keys": [jwk] })), Err(KeysFault::NoneUsable), "{jwk}");
    }
    let mut all = useless.to_vec();
    let good = Private::p256();
    all.push(good.jwk("one"));
    assert_eq!(parse(&json!({ "keys": all })), Ok(1));
    assert!(verifier(&all).verify(&good.token(&header(), &claims()), now()).is_ok());
}

#[test]
fn keys_are_read_in_the_ways_that_issuers_write_them() {
    let rsa = Private::rsa();
    let jwk = rsa.jwk("r");
    let modulus = jwk["n"].as_str().unwrap();
    // A zero byte in front, padding behind, and members that nobody knows.
    let padded = format!("{}==", jwk["e"].as_str().unwrap());
    let with_zero = {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(modulus).unwrap();
        base64url([&[0], bytes.as_slice()].concat())
    };
    for written in [
        with(jwk.clone(), "n", json!(with_zero)),
        with(jwk.clone(), "e", json!(padded)),
        with(jwk.clone(), "x5c", json!(["MII…"])),
        with(jwk.clone(), "key_ops", json!(["verify"])),
        with(jwk.clone(), "alg", json!("RS256")),
    ] {
        let header = json!({ "alg": "RS256", "kid": "r" });
        let token = rsa.token(&header, &claims());
        assert!(
            verifier(std::slice::from_ref(&written)).verify(&token, now()).is_ok(),
            "{written}"
        );
    }
}

#[test]
fn a_point_that_is_on_no_curve_verifies_nothing() {
    let off = json!({
        "kty": "EC", "crv": "P-256", "x": base64url([7; 32]), "y": base64url([8; 32]), "kid": "one",
    });
    let token = Private::p256().token(&header(), &claims());
    assert_eq!(verifier(&[off]).verify(&token, now()), Err(TokenFault::BadSignature));
}

#[test]
fn keys_of_one_name_are_told_apart_by_kind() {
    let (rsa, ec) = (Private::rsa(), Private::p256());
    let verifier = verifier(&[rsa.jwk("one"), ec.jwk("one")]);
    assert!(verifier.verify(&ec.token(&header(), &claims()), now()).is_ok());
    let header = json!({ "alg": "RS256", "kid": "one" });
    assert!(verifier.verify(&rsa.token(&header, &claims()), now()).is_ok());
}
