//! Whatever is done to a token, it is no token any more, and nothing panics.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::super::Verifier;
use super::{base64url, claims, header, now, one_key};

static GOOD: LazyLock<(String, Verifier)> = LazyLock::new(|| {
    let (key, verifier) = one_key();
    (key.token(&header(), &claims()), verifier)
});

#[test]
fn every_character_of_a_token_counts() {
    let (token, verifier) = &*GOOD;
    assert!(verifier.verify(token, now()).is_ok());
    for at in 0..token.len() {
        for other in ["A", "_", "=", ".", ""] {
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            if changed != *token {
                assert!(verifier.verify(&changed, now()).is_err(), "{at} {other}");
            }
        }
        assert!(verifier.verify(&token[..at], now()).is_err(), "cut at {at}");
    }
}

proptest! {
    #[test]
    fn any_text_is_refused(text in ".{0,300}") {
        prop_assert!(GOOD.1.verify(&text, now()).is_err());
    }

    #[test]
    fn any_bytes_in_the_three_parts_are_refused(
        header in prop::collection::vec(any::<u8>(), 0..80),
        claims in prop::collection::vec(any::<u8>(), 0..80),
        signature in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let parts = [header, claims, signature].map(base64url).join(".");
        prop_assert!(GOOD.1.verify(&parts, now()).is_err());
    }

    #[test]
    fn any_signature_under_a_sound_text_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..130)) {
        let text = GOOD.0.rsplit_once('.').unwrap().0;
        let forged = format!("{text}.{}", base64url(bytes));
        prop_assert!(GOOD.1.verify(&forged, now()).is_err());
    }

    #[test]
    fn a_token_with_a_piece_replaced_is_refused(at in 0usize..400, length in 0usize..20, piece in "[A-Za-z0-9_.-]{0,20}") {
        let (token, verifier) = &*GOOD;
        let at = at.min(token.len());
        let end = (at + length).min(token.len());
        let changed = format!("{}{piece}{}", &token[..at], &token[end..]);
        prop_assume!(changed != *token);
        prop_assert!(verifier.verify(&changed, now()).is_err());
    }
}
