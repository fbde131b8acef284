//! What schemas are made of.

use serde_json::{Map, Value, json};

/// An object with members that are always there, and others that may be.
pub(super) fn object(always: Value, sometimes: Value) -> Value {
    let members = |value: Value| match value {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let (mut properties, sometimes) = (members(always), members(sometimes));
    let required: Vec<String> = properties.keys().cloned().collect();
    properties.extend(sometimes);
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

pub(super) fn all_of(always: Value) -> Value {
    object(always, json!({}))
}

pub(super) fn list_of(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

pub(super) fn of(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

pub(super) fn of_many(schema: &str) -> Value {
    list_of(of(schema))
}

pub(super) fn or_null(kind: &str) -> Value {
    json!({"type": [kind, "null"]})
}

/// The same, or nothing.
pub(super) fn nullable(mut schema: Value) -> Value {
    schema["type"] = json!([schema["type"], "null"]);
    schema
}

pub(super) fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Value {
    json!({"type": "string", "enum": all.iter().map(|one| word(*one)).collect::<Vec<_>>()})
}

/// Like `words`, where there may be none of them.
pub(super) fn words_or_null<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Value {
    let mut words = words(all, word);
    words["type"] = json!(["string", "null"]);
    if let Some(known) = words["enum"].as_array_mut() {
        known.push(Value::Null);
    }
    words
}

pub(super) fn text() -> Value {
    json!({"type": "string"})
}

pub(super) fn number() -> Value {
    json!({"type": "integer"})
}

pub(super) fn flag() -> Value {
    json!({"type": "boolean"})
}

pub(super) fn day() -> Value {
    json!({"type": "string", "format": "date"})
}

pub(super) fn instant() -> Value {
    json!({"type": "string", "format": "date-time"})
}

pub(super) fn uuid() -> Value {
    json!({"type": "string", "format": "uuid"})
}

pub(super) fn phn() -> Value {
    json!({"type": "string", "pattern": "^9[0-9]{9}$"})
}
