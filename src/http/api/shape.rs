//! What is sent, measured against what is taken: where it differs, and how, in words of ours.

use std::fmt::{self, Display};

use serde::Deserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Error, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde_json::{Map, Value};

/// What is not as it is taken, and where: `members[0].birthDate is missing.`
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// From the innermost part outwards.
    place: Vec<String>,
    why: String,
}

impl Misfit {
    fn new(why: impl Into<String>) -> Self {
        Misfit { place: Vec::new(), why: why.into() }
    }

    fn of(field: &str, why: impl Into<String>) -> Self {
        Misfit { place: vec![field.to_owned()], why: why.into() }
    }

    fn inside(mut self, part: String) -> Self {
        self.place.push(part);
        self
    }
}

impl Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut place = String::new();
        for part in self.place.iter().rev() {
            if !place.is_empty() && !part.starts_with('[') {
                place.push('.');
            }
            place.push_str(part);
        }
        if place.is_empty() {
            place.push_str("The body");
        }
        write!(f, "{place} {}.", self.why)
    }
}

impl std::error::Error for Misfit {}

/// What was sent is never told: it may be about somebody.
impl Error for Misfit {
    fn custom<T: Display>(_: T) -> Self {
        Misfit::new("is not written as it is to be")
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Misfit::new("is not of the kind that is taken")
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Misfit::new("is not a value that is taken")
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Misfit::new("is not of the length that is taken")
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Misfit::new(format!("is none of the words that are taken: {}", known.join(", ")))
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let field: String = field.chars().take(100).collect();
        Misfit::of(&field, format!("is not a member that is taken; those are: {known}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Misfit::of(field, "is missing")
    }

    fn duplicate_field(field: &'static str) -> Self {
        Misfit::of(field, "is there twice")
    }
}

/// What of a value is not as it is taken; `None`: nothing is.
pub(super) fn misfit<T: DeserializeOwned>(value: &Value) -> Option<Misfit> {
    T::deserialize(Shape(value)).err()
}

/// A value that is measured.
struct Shape<'v>(&'v Value);

impl<'de> Deserializer<'de> for Shape<'_> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (_, _, number) => visitor.visit_f64(number.unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_str(text),
            Value::Array(items) => visitor.visit_seq(Items(items.iter().enumerate())),
            Value::Object(members) => {
                visitor.visit_map(Members { rest: members.iter(), value: None })
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        // A list of values in the order of the members would be taken for them.
        if self.0.is_object() {
            return self.deserialize_any(visitor);
        }
        Err(Misfit::new("is not an object"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::String(word) => visitor.visit_enum(word.as_str().into_deserializer()),
            _ => Err(Misfit::unknown_variant("", known)),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct Items<'v>(std::iter::Enumerate<std::slice::Iter<'v, Value>>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Misfit;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Misfit> {
        let Some((place, item)) = self.0.next() else { return Ok(None) };
        let read = seed.deserialize(Shape(item));
        read.map(Some).map_err(|misfit| misfit.inside(format!("[{place}]")))
    }
}

struct Members<'v> {
    rest: <&'v Map<String, Value> as IntoIterator>::IntoIter,
    value: Option<(&'v String, &'v Value)>,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Misfit;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Misfit> {
        self.value = self.rest.next();
        let Some((key, _)) = self.value else { return Ok(None) };
        seed.deserialize(key.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Misfit> {
        let Some((key, value)) = self.value.take() else {
            return Err(Misfit::new("is not of the kind that is taken"));
        };
        seed.deserialize(Shape(value)).map_err(|misfit| misfit.inside(key.clone()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::attachment::Capacity;
    use crate::workflow::Registering;

    fn told<T: DeserializeOwned>(value: Value) -> String {
        misfit::<T>(&value).map(|misfit| misfit.to_string()).unwrap_or_default()
    }

    fn family(member: Value) -> Value {
        json!({
            "registeredBy": "self", "consent": true, "channel": "email", "language": "en", "distance": null,
            "members": [{"phn": "", "given": "", "family": "", "birthDate": "1984-04-12", "looking": "other"}, member],
        })
    }

    #[test]
    fn every_misfit_is_told_by_its_place_and_nothing_of_what_was_sent() {
        let person = |birth: &str, looking: &str| json!({"phn": "", "given": "", "family": "", "birthDate": birth, "looking": looking});
        for (value, expected) in [
            (family(person("1984-04-12", "other")), ""),
            (
                family(person("today", "other")),
                "members[1].birthDate is not written as it is to be.",
            ),
            (
                family(person("1984-04-12", "secret")),
                "members[1].looking is none of the words that are taken: provider-retiring, provider-moving, not-taking-family, \
                 moved-here, never-had-one, other.",
            ),
            (family(json!([])), "members[1] is not an object."),
            (family(json!({"phn": 1})), "members[1].phn is not of the kind that is taken."),
            (family(json!({"phn": "1"})), "members[1].given is missing."),
            (json!(7), "The body is not an object."),
        ] {
            assert_eq!(told::<Registering>(value), expected);
        }
    }

    #[test]
    fn what_is_unknown_is_told_with_what_is_taken() {
        let value = json!({"accepting": true, "anticipated": 1, "surprise": 1});
        let told = told::<Capacity>(value);
        assert!(
            told.starts_with("surprise is not a member that is taken; those are: accepting,"),
            "{told}"
        );
    }
}
