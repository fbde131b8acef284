//! The digest of a message: equal for every spelling of the same content, different for any other.

use sha2::{Digest as _, Sha256};

use crate::fhir::Json;

/// SHA-256 over the canonical form of a message: keys sorted, no white space, escapes resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a decoded message.
    pub fn of(json: &Json<'_>) -> Self {
        let mut hash = Sha256::new();
        feed(&mut hash, json);
        Digest(hash.finalize().into())
    }

    /// The digest of a text, for keys that would be too long to be kept.
    pub fn of_text(text: &str) -> Self {
        Digest(Sha256::digest(text).into())
    }

    /// The digest as the store kept it; `None` when it is not 32 bytes long.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Digest)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// `sha256:` and 64 hexadecimal digits.
    pub fn to_text(self) -> String {
        self.0.iter().fold(String::from("sha256:"), |text, byte| text + &format!("{byte:02x}"))
    }
}

/// Every value is tagged and every length written, so that no two contents share a form.
fn feed(hash: &mut Sha256, json: &Json<'_>) {
    let text = |hash: &mut Sha256, tag: u8, text: &str| {
        hash.update([tag]);
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    };
    match json {
        Json::Null => hash.update(b"n"),
        Json::Bool(value) => hash.update(if *value { b"t" } else { b"f" }),
        Json::Number(number) => text(hash, b'd', &number.to_string()),
        Json::String(string) => text(hash, b's', string),
        Json::Array(items) => {
            hash.update(b"[");
            hash.update(items.len().to_le_bytes());
            for item in items {
                feed(hash, item);
            }
        }
        Json::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            hash.update(b"{");
            hash.update(sorted.len().to_le_bytes());
            for (key, value) in sorted {
                text(hash, b'k', key);
                feed(hash, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::{JsonLimits, decode};

    fn digest(text: &str) -> Digest {
        Digest::of(&decode(text.as_bytes(), &JsonLimits::default()).unwrap())
    }

    #[test]
    fn spelling_does_not_count_and_content_does() {
        let one = digest(r#"{"a":1,"b":["x","\u0079"]}"#);
        assert_eq!(one, digest(" { \"b\" : [ \"x\", \"y\" ], \"a\" : 1 } "));
        for other in
            [r#"{"a":1,"b":["y","x"]}"#, r#"{"a":2,"b":["x","y"]}"#, r#"{"a":1,"b":["xy"]}"#]
        {
            assert_ne!(one, digest(other), "{other}");
        }
    }
}
