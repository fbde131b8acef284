//! Resources as text, in the order in which people read them.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

/// Members that come first, in this order; the others follow by the alphabet.
const FIRST: [&str; 24] = [
    "resourceType",
    "id",
    "path",
    "sliceName",
    "meta",
    "text",
    "extension",
    "url",
    "version",
    "name",
    "title",
    "status",
    "experimental",
    "date",
    "publisher",
    "description",
    "jurisdiction",
    "kind",
    "system",
    "code",
    "value",
    "display",
    "severity",
    "definition",
];

/// A resource as bytes.
pub fn written(resource: &Value) -> Vec<u8> {
    // Strings, numbers, booleans and lists only: there is nothing in them that could fail to become JSON.
    serde_json::to_vec(&Ordered(resource)).unwrap_or_default()
}

struct Ordered<'v>(&'v Value);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) => serializer.collect_seq(items.iter().map(Ordered)),
            Value::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for key in FIRST {
                    if let Some(value) = members.get(key) {
                        map.serialize_entry(key, &Ordered(value))?;
                    }
                }
                for (key, value) in members.iter().filter(|(key, _)| !FIRST.contains(&key.as_str()))
                {
                    map.serialize_entry(key, &Ordered(value))?;
                }
                map.end()
            }
            plain => plain.serialize(serializer),
        }
    }
}
