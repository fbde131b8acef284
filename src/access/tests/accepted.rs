//! Tokens that are accepted, and who they say it is.

use serde_json::{Value, json};

use super::super::{
    Authenticated, Caller, Cast, Claims, ClientId, Expectation, Mint, Subject, Verifier,
};
use super::{Private, claims, claims_with, header, now, verified, verifier};

fn system() -> Caller {
    Caller::System { client: ClientId::parse("emr").unwrap() }
}

fn user() -> Caller {
    let client = ClientId::parse("emr").unwrap();
    Caller::User { client, subject: Subject::parse("juniper").unwrap() }
}

#[test]
fn every_algorithm_verifies_its_own_signature() {
    for (key, algorithms) in [
        (Private::rsa(), vec!["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
        (Private::p256(), vec!["ES256"]),
        (Private::p384(), vec!["ES384"]),
        (Private::ed25519(), vec!["EdDSA"]),
    ] {
        let verifier = verifier(&[key.jwk("one")]);
        for algorithm in algorithms {
            let header = json!({ "alg": algorithm, "kid": "one" });
            let verified = verifier.verify(&key.token(&header, &claims()), now());
            assert_eq!(verified.map(|v| v.caller), Ok(system()), "{algorithm}");
        }
    }
}

#[test]
fn a_program_is_known_by_client_id_else_azp() {
    for (client_id, azp, wanted) in [
        (json!("one"), Value::Null, "one"),
        (Value::Null, json!("two"), "two"),
        (json!("one"), json!("two"), "one"),
    ] {
        let mut claims = claims_with("client_id", client_id);
        if !azp.is_null() {
            claims["azp"] = azp;
        }
        let caller = verified(&claims).unwrap().caller;
        assert_eq!(caller.client().map(ClientId::as_str), Some(wanted));
    }
}

#[test]
fn scopes_come_as_text_or_list_in_scope_or_scp() {
    let written = [
        ("scope", json!("system/Group.read openid")),
        ("scope", json!(["system/Group.read", "openid"])),
        ("scp", json!("system/Group.read openid")),
        ("scp", json!(["openid", "system/Group.read"])),
    ];
    for (name, value) in written {
        let mut claims = claims_with("scope", Value::Null);
        claims[name] = value;
        let Authenticated { caller, scopes } = verified(&claims).unwrap();
        assert_eq!(caller, system());
        assert!(scopes.allows_reading() && !scopes.allows_changes(), "{claims}");
    }
    let without = verified(&claims_with("scope", Value::Null)).unwrap();
    assert!(!without.scopes.allows_reading() && !without.scopes.allows_changes());
}

#[test]
fn a_scope_of_a_user_makes_it_a_users_token_and_the_programs_own_do_not_count() {
    for (scope, changes) in [
        ("user/Group.read", false),
        ("user/Group.read user/Group.write", true),
        ("user/Group.read system/Group.write", false),
        ("system/*.* user/Group.rs", false),
    ] {
        let mut claims = claims_with("scope", json!(scope));
        claims["sub"] = json!("juniper");
        let Authenticated { caller, scopes } = verified(&claims).unwrap();
        assert_eq!(caller, user());
        assert!(scopes.allows_reading());
        assert_eq!(scopes.allows_changes(), changes, "{scope}");
    }
    let mut claims = claims_with("scope", json!("user/Patient.read system/*.*"));
    claims["sub"] = json!("juniper");
    let Authenticated { caller, scopes } = verified(&claims).unwrap();
    assert_eq!(caller, user());
    assert!(!scopes.allows_reading() && !scopes.allows_changes());
}

#[test]
fn the_audience_may_be_one_of_several() {
    let several = json!(["https://other.test", super::AUDIENCE]);
    assert!(verified(&claims_with("aud", several)).is_ok());
}

#[test]
fn clocks_may_differ_by_the_leeway() {
    let at = now().timestamp();
    for (name, seconds) in [("exp", -29), ("nbf", 30), ("iat", 30)] {
        assert!(verified(&claims_with(name, json!(at + seconds))).is_ok(), "{name}");
    }
    let fraction = json!(at as f64 - 29.5);
    assert!(verified(&claims_with("exp", fraction)).is_ok());
    for name in ["nbf", "iat", "sub"] {
        assert!(verified(&claims_with(name, Value::Null)).is_ok(), "{name} is not asked for");
    }
}

#[test]
fn a_token_that_names_no_key_is_checked_with_the_only_one_that_fits() {
    let (p256, rsa) = (Private::p256(), Private::rsa());
    let nameless = json!({ "alg": "ES256" });
    let verifier = verifier(&[rsa.jwk("r"), p256.jwk("p")]);
    assert!(verifier.verify(&p256.token(&nameless, &claims()), now()).is_ok());
}

#[test]
fn of_two_keys_each_verifies_what_it_signed() {
    let (old, new) = (Private::p256(), Private::p256());
    let verifier = verifier(&[old.jwk("old"), new.jwk("new")]);
    for (key, kid) in [(&old, "old"), (&new, "new")] {
        let header = json!({ "alg": "ES256", "kid": kid });
        assert!(verifier.verify(&key.token(&header, &claims()), now()).is_ok(), "{kid}");
    }
}

#[test]
fn types_of_access_tokens_are_accepted() {
    let (key, verifier) = super::one_key();
    for typ in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"] {
        let mut header = header();
        header["typ"] = json!(typ);
        assert!(verifier.verify(&key.token(&header, &claims()), now()).is_ok(), "{typ}");
    }
}

#[test]
fn what_the_mint_signs_is_accepted_for_an_hour() {
    let mint = Mint::new("http://127.0.0.1:8080").unwrap();
    let verifier = Verifier::new(Expectation::new(mint.issuer(), mint.issuer()));
    verifier.replace(mint.keys().unwrap());
    let cast = Cast::load();
    let client = &cast.clients[0].id;
    let id = uuid::Uuid::from_u128(1);
    let claims = Claims { client, subject: client, scope: "system/Group.read", id };
    let token = mint.mint(&claims, now()).unwrap();
    let verified = verifier.verify(&token, now()).unwrap();
    assert_eq!(verified.caller, Caller::System { client: ClientId::parse(client).unwrap() });
    assert!(verified.scopes.allows_reading() && !verified.scopes.allows_changes());
    let later = now() + Mint::LIFETIME + verifier.expected().leeway;
    assert!(verifier.verify(&token, later - chrono::TimeDelta::seconds(1)).is_ok());
    assert!(verifier.verify(&token, later).is_err());
    let another = Mint::new("http://127.0.0.1:8080").unwrap();
    let forged = another.mint(&claims, now()).unwrap();
    assert!(verifier.verify(&forged, now()).is_err(), "another sandbox's key");
    assert!(!mint.jwks().to_string().contains("\"d\""));
}
