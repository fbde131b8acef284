//! JSON text into a tree, strictly: what other readers would pass over in silence is a fault here.
//!
//! Refused beyond plain syntax errors: the same key twice in one object (readers disagree on which one
//! counts), the character U+0000 (Postgres cannot hold it), nesting beyond a limit, text that is not UTF-8.
//! Strings are borrowed from the body where they have no escapes.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::limits::{JsonFault, JsonLimits};

/// A JSON value. Members of an object keep the order of the text and are known to differ in their keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as serde_json holds it.
    Number(serde_json::Number),
    /// A string, borrowed where the text has no escapes.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object, in the order of the text.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// The member `key` of an object.
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        match self {
            Json::Object(members) => members.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }
}

/// How many faults of one body are listed; a body with more is broken beyond a longer list's use.
const LISTED: usize = 20;
/// Above this many keys an object's keys are compared by hashing rather than one by one.
const FEW_KEYS: usize = 16;

/// Reads a body.
///
/// # Errors
/// Every repeated key and every U+0000 of an otherwise well-formed text (up to twenty); else the one reason why the
/// text cannot be read.
pub fn decode<'a>(body: &'a [u8], limits: &JsonLimits) -> Result<Json<'a>, Vec<JsonFault>> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let text = std::str::from_utf8(body)
        .map_err(|error| vec![JsonFault::NotUtf8 { offset: error.valid_up_to() }])?;
    let mut findings =
        Findings { limit: limits.depth, values: limits.values, ..Findings::default() };
    let mut parser = serde_json::Deserializer::from_str(text);
    let json = Value { findings: &mut findings, depth: 0 }
        .deserialize(&mut parser)
        .and_then(|json| parser.end().map(|()| json));
    match json {
        Ok(json) if findings.faults.is_empty() => Ok(json),
        Ok(_) => Err(findings.faults),
        Err(_) if findings.too_many => Err(vec![JsonFault::TooMany { limit: limits.values }]),
        Err(_) if findings.too_deep => Err(vec![JsonFault::TooDeep { limit: limits.depth }]),
        Err(error) => {
            let full = error.to_string();
            let reason = full.split(" at line ").next().unwrap_or_default().to_owned();
            Err(vec![JsonFault::Syntax { line: error.line(), column: error.column(), reason }])
        }
    }
}

#[derive(Default)]
struct Findings<'a> {
    limit: usize,
    /// How many values may still come.
    values: usize,
    too_many: bool,
    too_deep: bool,
    place: Vec<Place<'a>>,
    faults: Vec<JsonFault>,
}

enum Place<'a> {
    Key(Cow<'a, str>),
    Index(usize),
}

impl Findings<'_> {
    fn here(&self) -> String {
        let mut text = String::new();
        for place in &self.place {
            match place {
                Place::Key(key) if text.is_empty() => text.push_str(key),
                Place::Key(key) => {
                    text.push('.');
                    text.push_str(key);
                }
                Place::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }

    fn find(&mut self, fault: impl FnOnce(String) -> JsonFault) {
        if self.faults.len() < LISTED {
            self.faults.push(fault(self.here()));
        }
    }
}

struct Value<'f, 'a> {
    findings: &'f mut Findings<'a>,
    depth: usize,
}

impl Value<'_, '_> {
    fn check_depth<E: serde::de::Error>(&mut self) -> Result<(), E> {
        if self.depth >= self.findings.limit {
            self.findings.too_deep = true;
            return Err(E::custom("too deep"));
        }
        Ok(())
    }

    fn check_nul(&mut self, text: &str) {
        if text.contains('\0') {
            self.findings.find(|at| JsonFault::NulCharacter { at });
        }
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, 'de> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match self.findings.values.checked_sub(1) {
            Some(left) => self.findings.values = left,
            None => {
                self.findings.too_many = true;
                return Err(serde::de::Error::custom("too many values"));
            }
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, 'de> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        serde_json::Number::from_f64(value)
            .map(Json::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(mut self, text: &str) -> Result<Self::Value, E> {
        self.check_nul(text);
        Ok(Json::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Self::Value, A::Error> {
        self.check_depth()?;
        let mut array = Vec::new();
        loop {
            self.findings.place.push(Place::Index(array.len()));
            let seed = Value { findings: &mut *self.findings, depth: self.depth + 1 };
            let item = items.next_element_seed(seed)?;
            self.findings.place.pop();
            match item {
                Some(item) => array.push(item),
                None => return Ok(Json::Array(array)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Self::Value, A::Error> {
        self.check_depth()?;
        let mut members: Vec<(Cow<'de, str>, Json<'de>)> = Vec::new();
        let mut many: HashSet<Cow<'de, str>> = HashSet::new();
        while let Some(Key(key)) = entries.next_key_seed(KeySeed)? {
            if members.len() == FEW_KEYS {
                many.extend(members.iter().map(|(k, _)| k.clone()));
            }
            let repeated = if members.len() < FEW_KEYS {
                members.iter().any(|(k, _)| *k == key)
            } else {
                !many.insert(key.clone())
            };
            self.findings.place.push(Place::Key(key.clone()));
            if repeated {
                self.findings.find(|at| JsonFault::DuplicateKey { at });
            }
            self.check_nul(&key);
            let seed = Value { findings: &mut *self.findings, depth: self.depth + 1 };
            let value = entries.next_value_seed(seed)?;
            self.findings.place.pop();
            members.push((key, value));
        }
        Ok(Json::Object(members))
    }
}

struct Key<'a>(Cow<'a, str>);
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Owned(text.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: JsonLimits = JsonLimits { depth: 4, values: 100 };

    fn faults(text: &str) -> Vec<JsonFault> {
        decode(text.as_bytes(), &LIMITS).expect_err("this text has a fault")
    }

    #[test]
    fn every_repeated_key_is_found_with_its_place() {
        let found = faults(r#"{"a":[{"b":1,"b":2}],"a":3}"#);
        assert_eq!(
            found,
            [
                JsonFault::DuplicateKey { at: "a[0].b".into() },
                JsonFault::DuplicateKey { at: "a".into() }
            ]
        );
    }

    #[test]
    fn a_repeated_key_is_found_among_many_and_behind_an_escape() {
        let members: Vec<String> = (0..40).map(|n| format!("\"k{n}\":0")).collect();
        let text = format!("{{{},\"\\u006b7\":1}}", members.join(","));
        assert_eq!(faults(&text), [JsonFault::DuplicateKey { at: "k7".into() }]);
    }

    #[test]
    fn nul_lone_surrogates_depth_and_encoding_are_refused() {
        assert_eq!(faults(r#"{"a":"x\u0000"}"#), [JsonFault::NulCharacter { at: "a".into() }]);
        assert!(matches!(faults(r#""\ud800""#)[0], JsonFault::Syntax { .. }));
        assert_eq!(faults("[[[[[]]]]]"), [JsonFault::TooDeep { limit: 4 }]);
        assert!(decode(b"[[[[1]]]]", &LIMITS).is_ok());
        let latin1 = decode(b"\"caf\xe9\"", &LIMITS).expect_err("not UTF-8");
        assert_eq!(latin1, [JsonFault::NotUtf8 { offset: 4 }]);
    }

    #[test]
    fn a_syntax_error_names_its_place_and_quotes_nothing() {
        let found = faults("{\n  \"family\": \"Testwell\",\n}");
        assert!(
            matches!(&found[0], JsonFault::Syntax { line: 3, reason, .. } if !reason.contains("Testwell"))
        );
        assert!(matches!(faults("{} {}")[0], JsonFault::Syntax { .. }));
        assert!(matches!(faults("")[0], JsonFault::Syntax { .. }));
    }

    #[test]
    fn values_are_counted_and_their_number_is_limited() {
        let text = |n: usize| format!("[{}]", vec!["0"; n].join(","));
        assert!(decode(text(99).as_bytes(), &LIMITS).is_ok());
        assert_eq!(faults(&text(100)), [JsonFault::TooMany { limit: 100 }]);
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(decode(b"\xEF\xBB\xBFtrue", &LIMITS), Ok(Json::Bool(true)));
    }
}
