//! ID tokens: who signs in, and why not.

use serde_json::{Value, json};

use super::super::{Asked, ClientId, Identity, IdentityFault, TokenFault};
use super::{ISSUER, header, now, one_key};

const NONCE: &str = "this-attempt";

fn id_claims() -> Value {
    let now = now().timestamp();
    json!({
        "iss": ISSUER, "aud": "pas-pages", "sub": "juniper.testwell", "name": "Juniper Testwell",
        "preferred_username": "juniper", "iat": now, "exp": now + 300, "nonce": NONCE,
    })
}

fn with(changes: Value) -> Value {
    let mut claims = id_claims();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

fn identified(header: &Value, claims: &Value) -> Result<Identity, IdentityFault> {
    let (key, verifier) = one_key();
    let client = ClientId::parse("pas-pages").unwrap();
    let asked = Asked { client: &client, nonce: NONCE };
    verifier.identify(&key.token(header, claims), &asked, now())
}

#[test]
fn an_id_token_names_who_signs_in() {
    let identity = identified(&header(), &id_claims()).expect("accepts");
    assert_eq!(identity.subject.as_str(), "juniper.testwell");
    assert_eq!(identity.name, "Juniper Testwell");
    let bare = json!({ "alg": "ES256", "kid": "one" });
    assert!(identified(&bare, &id_claims()).is_ok(), "without a typ");
}

#[test]
fn whoever_has_no_name_is_greeted_by_what_there_is() {
    let greeted = |changes| identified(&header(), &with(changes)).expect("accepts").name;
    assert_eq!(greeted(json!({ "name": null })), "juniper");
    assert_eq!(greeted(json!({ "name": " \n " })), "juniper");
    let nothing = json!({ "name": null, "preferred_username": null });
    assert_eq!(greeted(nothing), "juniper.testwell");
    assert_eq!(greeted(json!({ "name": "Jun\u{0}iper\n" })), "Juniper");
    assert_eq!(greeted(json!({ "name": "é".repeat(999) })).chars().count(), 200);
}

#[test]
fn several_audiences_want_to_know_whom_it_was_given_to() {
    for (changes, accepted) in [
        (json!({ "aud": ["pas-pages"] }), true),
        (json!({ "aud": ["pas-pages"], "azp": "pas-pages" }), true),
        (json!({ "aud": ["other", "pas-pages"], "azp": "pas-pages" }), true),
        (json!({ "aud": ["other", "pas-pages"] }), false),
        (json!({ "aud": ["other", "pas-pages"], "azp": "other" }), false),
        (json!({ "azp": "other" }), false),
    ] {
        let identity = identified(&header(), &with(changes.clone())).map(|_| ());
        let expected = if accepted { Ok(()) } else { Err(IdentityFault::WrongParty) };
        assert_eq!(identity, expected, "{changes}");
    }
}

#[test]
fn whatever_is_not_as_it_was_asked_for_is_refused() {
    let at = now().timestamp();
    for (changes, fault) in [
        (json!({ "iss": "https://another.test" }), TokenFault::WrongIssuer.into()),
        (json!({ "iss": null }), TokenFault::WrongIssuer.into()),
        (json!({ "aud": "https://pas.test" }), TokenFault::WrongAudience.into()),
        (json!({ "aud": null }), TokenFault::WrongAudience.into()),
        (json!({ "aud": [] }), TokenFault::WrongAudience.into()),
        (json!({ "exp": null }), TokenFault::NoExpiry.into()),
        (json!({ "exp": at - 31 }), TokenFault::Expired.into()),
        (json!({ "iat": at + 31 }), TokenFault::NotYetValid.into()),
        (json!({ "nbf": at + 31 }), TokenFault::NotYetValid.into()),
        (json!({ "iat": null }), IdentityFault::NoIssuedAt),
        (json!({ "nonce": "another" }), IdentityFault::WrongNonce),
        (json!({ "nonce": "" }), IdentityFault::WrongNonce),
        (json!({ "nonce": null }), IdentityFault::WrongNonce),
        (json!({ "sub": null }), IdentityFault::NoSubject),
        (json!({ "sub": "two words" }), IdentityFault::NoSubject),
    ] {
        assert_eq!(identified(&header(), &with(changes.clone())), Err(fault), "{changes}");
    }
}

#[test]
fn an_access_token_is_no_id_token_and_one_of_another_key_is_none_of_ours() {
    for typ in ["at+jwt", "application/at+jwt", "logout+jwt"] {
        let header = json!({ "alg": "ES256", "typ": typ, "kid": "one" });
        let fault = IdentityFault::AnotherKind;
        assert_eq!(identified(&header, &id_claims()), Err(fault), "{typ}");
    }
    let ((stranger, _), (_, verifier)) = (one_key(), one_key());
    let client = ClientId::parse("pas-pages").unwrap();
    let asked = Asked { client: &client, nonce: NONCE };
    let token = stranger.token(&header(), &id_claims());
    let fault = TokenFault::BadSignature.into();
    assert_eq!(verifier.identify(&token, &asked, now()), Err(fault));
    assert_eq!(verifier.identify("rubbish", &asked, now()), Err(TokenFault::Malformed.into()));
}
