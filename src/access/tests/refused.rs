//! Tokens that are refused, each for one reason.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::signature::RsaPublicKeyComponents;
use serde_json::{Value, json};

use super::super::{Algorithm, Expectation, TokenFault, Verifier};
use super::{
    AUDIENCE, ISSUER, Private, base64url, claims, claims_with, header, key_set, now, one_key,
    unsigned, verified, verifier,
};

fn refused(claims: &Value) -> TokenFault {
    verified(claims).expect_err("refuses")
}

#[test]
fn no_token_without_a_signature_by_whatever_name() {
    let (_, verifier) = one_key();
    for name in ["none", "None", "NONE", "nOnE", ""] {
        let text = unsigned(&json!({ "alg": name, "kid": "one" }), &claims());
        for signature in ["", "AAAA"] {
            let token = format!("{text}.{signature}");
            assert_eq!(verifier.verify(&token, now()), Err(TokenFault::AlgorithmRefused), "{name}");
        }
    }
    let header = json!({ "alg": "ES256", "kid": "one" });
    let bare = format!("{}.", unsigned(&header, &claims()));
    assert_eq!(verifier.verify(&bare, now()), Err(TokenFault::BadSignature));
}

#[test]
fn a_public_key_is_no_hmac_secret() {
    let Private::Rsa(pair) = Private::rsa() else { unreachable!() };
    let parts = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
    let der = pair.public().as_ref().to_vec();
    let pem = format!(
        "-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n",
        STANDARD.encode(&der)
    );
    let jwk = Private::Rsa(pair).jwk("one");
    let verifier = verifier(std::slice::from_ref(&jwk));
    let secrets = [
        parts.n.clone(),
        base64url(&parts.n).into_bytes(),
        der,
        pem.into_bytes(),
        jwk.to_string().into_bytes(),
        Vec::new(),
    ];
    for secret in secrets {
        for (name, how) in [
            ("HS256", hmac::HMAC_SHA256),
            ("HS384", hmac::HMAC_SHA384),
            ("HS512", hmac::HMAC_SHA512),
        ] {
            for header in [json!({ "alg": name, "kid": "one" }), json!({ "alg": name })] {
                let text = unsigned(&header, &claims());
                let signed = hmac::sign(&hmac::Key::new(how, &secret), text.as_bytes());
                let token = format!("{text}.{}", base64url(signed.as_ref()));
                let verified = verifier.verify(&token, now());
                assert_eq!(verified, Err(TokenFault::AlgorithmRefused), "{name}");
            }
        }
    }
}

#[test]
fn only_algorithms_of_the_list() {
    let key = Private::rsa();
    let verifier = Verifier::new(Expectation {
        algorithms: vec![Algorithm::Es256],
        ..Expectation::new(ISSUER, AUDIENCE)
    });
    verifier.replace(key_set(&[key.jwk("one")]));
    let token = key.token(&json!({ "alg": "RS256", "kid": "one" }), &claims());
    assert_eq!(verifier.verify(&token, now()), Err(TokenFault::AlgorithmRefused));
}

#[test]
fn a_key_serves_the_algorithm_it_is_for_and_no_other() {
    let rsa = Private::rsa();
    let mut jwk = rsa.jwk("one");
    jwk["alg"] = json!("PS256");
    let rsa_verifier = verifier(&[jwk]);
    let token = |alg: &str| rsa.token(&json!({ "alg": alg, "kid": "one" }), &claims());
    assert!(rsa_verifier.verify(&token("PS256"), now()).is_ok());
    let refused = Err(TokenFault::AlgorithmRefused);
    assert_eq!(rsa_verifier.verify(&token("RS256"), now()), refused);
    // A header that names one kind of key and one algorithm of another kind.
    let (p256, p256_verifier) = one_key();
    for alg in ["RS256", "ES384", "EdDSA"] {
        let token = p256.token(&json!({ "alg": alg, "kid": "one" }), &claims());
        assert_eq!(p256_verifier.verify(&token, now()), refused, "{alg}");
    }
}

#[test]
fn a_key_that_is_not_known_or_was_taken_back() {
    let (key, verifier) = one_key();
    let stranger = json!({ "alg": "ES256", "kid": "two" });
    let token = key.token(&stranger, &claims());
    assert_eq!(verifier.verify(&token, now()), Err(TokenFault::UnknownKey));
    let token = key.token(&header(), &claims());
    assert!(verifier.verify(&token, now()).is_ok());
    verifier.replace(key_set(&[Private::p256().jwk("two")]));
    assert_eq!(verifier.verify(&token, now()), Err(TokenFault::UnknownKey));
    verifier.replace(key_set(&[Private::p256().jwk("one")]));
    assert_eq!(verifier.verify(&token, now()), Err(TokenFault::BadSignature));
}

#[test]
fn a_nameless_token_where_two_keys_would_fit() {
    let (one, two) = (Private::p256(), Private::p256());
    let verifier = verifier(&[one.jwk("one"), two.jwk("two")]);
    let token = one.token(&json!({ "alg": "ES256" }), &claims());
    assert_eq!(verifier.verify(&token, now()), Err(TokenFault::UnknownKey));
}

#[test]
fn keys_in_the_token_itself_are_not_trusted() {
    let (_, verifier) = one_key();
    let forger = Private::p256();
    let mut header = header();
    header["jwk"] = forger.jwk("one");
    header["jku"] = json!("https://forger.test/jwks");
    let token = forger.token(&header, &claims());
    assert_eq!(verifier.verify(&token, now()), Err(TokenFault::BadSignature));
}

#[test]
fn without_keys_nothing_is_accepted() {
    let verifier = Verifier::new(Expectation::new(ISSUER, AUDIENCE));
    assert!(!verifier.has_keys());
    let token = Private::p256().token(&header(), &claims());
    assert_eq!(verifier.verify(&token, now()), Err(TokenFault::NoKeys));
}

#[test]
fn another_payload_under_an_old_signature() {
    let (key, verifier) = one_key();
    let token = key.token(&header(), &claims());
    let signature = token.rsplit('.').next().unwrap();
    let tampered = claims_with("client_id", json!("another"));
    let token = format!("{}.{signature}", unsigned(&header(), &tampered));
    assert_eq!(verifier.verify(&token, now()), Err(TokenFault::BadSignature));
}

#[test]
fn headers_that_ask_for_more_than_is_understood() {
    let (key, verifier) = one_key();
    for crit in [json!(["exp"]), json!([]), json!("b64"), json!({})] {
        let mut header = header();
        header["crit"] = crit;
        let verified = verifier.verify(&key.token(&header, &claims()), now());
        assert_eq!(verified, Err(TokenFault::Critical));
    }
    for typ in ["dpop+jwt", "logout+jwt", "secevent+jwt", "JWE", ""] {
        let mut header = header();
        header["typ"] = json!(typ);
        let verified = verifier.verify(&key.token(&header, &claims()), now());
        assert_eq!(verified, Err(TokenFault::NotForAccess), "{typ}");
    }
}

#[test]
fn issuers_and_audiences_that_are_not_meant() {
    for iss in [json!("https://issuer.test/"), json!("https://ISSUER.test"), json!(""), Value::Null]
    {
        assert_eq!(refused(&claims_with("iss", iss)), TokenFault::WrongIssuer);
    }
    for aud in [
        json!("https://other.test"),
        json!("https://pas.test/"),
        json!(["https://other.test", "https://pas.test.other"]),
        json!([]),
        Value::Null,
    ] {
        assert_eq!(refused(&claims_with("aud", aud)), TokenFault::WrongAudience);
    }
}

#[test]
fn too_late_too_early_or_for_ever() {
    let at = now().timestamp();
    let cases = [
        ("exp", json!(at - 30), TokenFault::Expired),
        ("exp", json!(at - 10_000), TokenFault::Expired),
        ("exp", json!(-1), TokenFault::Expired),
        ("exp", Value::Null, TokenFault::NoExpiry),
        ("nbf", json!(at + 31), TokenFault::NotYetValid),
        ("iat", json!(at + 31), TokenFault::NotYetValid),
        ("nbf", json!(1e300), TokenFault::NotYetValid),
    ];
    for (name, value, fault) in cases {
        assert_eq!(refused(&claims_with(name, value.clone())), fault, "{name} {value}");
    }
}

#[test]
fn claims_of_the_wrong_type() {
    for (name, value) in [
        ("exp", json!("tomorrow")),
        ("nbf", json!("now")),
        ("iat", json!([])),
        ("iss", json!([ISSUER])),
        ("aud", json!(7)),
        ("aud", json!([AUDIENCE, 7])),
        ("client_id", json!({})),
        ("scope", json!(1)),
    ] {
        assert_eq!(refused(&claims_with(name, value)), TokenFault::Malformed, "{name}");
    }
    let (key, verifier) = one_key();
    for claims in [json!([]), json!("text"), json!(null)] {
        let token = key.token(&header(), &claims);
        assert_eq!(verifier.verify(&token, now()), Err(TokenFault::Malformed));
    }
}

#[test]
fn nobody_named() {
    for client in [Value::Null, json!(""), json!("with space"), json!("é"), json!("x".repeat(201))]
    {
        assert_eq!(refused(&claims_with("client_id", client)), TokenFault::NoClient);
    }
    for sub in [Value::Null, json!(""), json!("two words")] {
        let mut claims = claims_with("scope", json!("user/Group.read"));
        claims["sub"] = sub;
        assert_eq!(refused(&claims), TokenFault::NoSubject);
    }
}

#[test]
fn texts_that_are_no_token() {
    let (key, verifier) = one_key();
    let good = key.token(&header(), &claims());
    let padded = format!("{good}=");
    let more = format!("{good}.e30");
    let [head, rest] = good.splitn(2, '.').collect::<Vec<_>>()[..] else { unreachable!() };
    let twice = base64url(r#"{"alg":"none","alg":"ES256","kid":"one"}"#);
    let twice = format!("{twice}.{rest}");
    for text in ["", ".", "..", "...", "a.b.c", head, rest, &padded, &more, &twice, " ", "Bearer x"]
    {
        assert_eq!(verifier.verify(text, now()), Err(TokenFault::Malformed), "{text}");
    }
    let long = claims_with("more", json!("x".repeat(8 << 10)));
    let token = key.token(&header(), &long);
    assert_eq!(verifier.verify(&token, now()), Err(TokenFault::TooLong));
}

#[test]
fn every_fault_has_a_text_of_its_own() {
    let texts: std::collections::BTreeSet<_> =
        TokenFault::ALL.iter().map(|fault| fault.text()).collect();
    assert_eq!(texts.len(), TokenFault::ALL.len());
}
