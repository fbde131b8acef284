//! Tokens that come again: proven once, and yet never believed longer than they may be.

use chrono::TimeDelta;
use serde_json::json;

use super::super::{Authenticated, TokenFault};
use super::{Private, base64url, claims, claims_with, header, key_set, now, one_key};

#[test]
fn a_token_that_comes_again_says_the_same_and_is_remembered_once() {
    let (key, verifier) = one_key();
    let token = key.token(&header(), &claims());
    let first: Authenticated = verifier.verify(&token, now()).unwrap();
    assert_eq!(verifier.verify(&token, now()), Ok(first));
    assert_eq!(verifier.remembered(), 1);
}

#[test]
fn a_remembered_token_expires_all_the_same() {
    let (key, verifier) = one_key();
    let token = key.token(&header(), &claims());
    let after = |seconds| verifier.verify(&token, now() + TimeDelta::seconds(seconds));
    assert!(after(0).is_ok() && after(329).is_ok());
    assert_eq!(after(330), Err(TokenFault::Expired));
    assert_eq!(after(-31), Err(TokenFault::NotYetValid), "a clock that was set back");
    assert!(after(10).is_ok());
}

#[test]
fn a_remembered_token_is_refused_once_its_key_is_taken_back() {
    let (key, verifier) = one_key();
    let token = key.token(&header(), &claims());
    assert!(verifier.verify(&token, now()).is_ok());
    verifier.replace(key_set(&[Private::p256().jwk("two")]));
    assert_eq!(verifier.verify(&token, now()), Err(TokenFault::UnknownKey));
    verifier.replace(key_set(&[Private::p256().jwk("one")]));
    assert_eq!(verifier.verify(&token, now()), Err(TokenFault::BadSignature), "another's key");
    verifier.replace(key_set(&[key.jwk("one")]));
    assert!(verifier.verify(&token, now()).is_ok(), "it is the issuer's again");
}

#[test]
fn what_resembles_a_remembered_token_is_not_it() {
    let (key, verifier) = one_key();
    let token = key.token(&header(), &claims());
    assert!(verifier.verify(&token, now()).is_ok());
    let (text, signature) = token.rsplit_once('.').unwrap();
    let more = claims_with("scope", json!("system/*.cruds"));
    let swapped = format!("{}.{signature}", super::unsigned(&header(), &more));
    for other in [
        format!("{text}.{}", base64url([0; 64])),
        format!("{text}."),
        format!("{token}="),
        format!("{token} "),
        swapped,
    ] {
        assert!(verifier.verify(&other, now()).is_err(), "{other}");
    }
    assert_eq!(verifier.remembered(), 1);
}

#[test]
fn only_what_was_accepted_is_remembered() {
    let (key, verifier) = one_key();
    let stranger = Private::p256().token(&header(), &claims());
    let late = key.token(&header(), &claims_with("exp", json!(now().timestamp() - 60)));
    let nobody = key.token(&header(), &claims_with("client_id", json!(null)));
    let elsewhere = key.token(&header(), &claims_with("aud", json!("https://other.test")));
    for token in [stranger, late, nobody, elsewhere] {
        assert!(verifier.verify(&token, now()).is_err());
    }
    assert_eq!(verifier.remembered(), 0);
}
