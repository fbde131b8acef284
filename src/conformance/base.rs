//! HL7's own definitions of the elements that our profiles constrain (R4 4.0.1, public domain).

use serde_json::{Map, Value, json};

/// The definitions of `base.json`.
pub(super) struct Base(Value);

impl Base {
    /// Reads them. The file is part of the program, and a test reads every part of it: it cannot fail to be JSON.
    pub(super) fn read() -> Self {
        Base(serde_json::from_str(include_str!("base.json")).unwrap_or_default())
    }

    /// The elements of a type as a snapshot has them, the type itself first.
    pub(super) fn elements(&self, kind: &str) -> Vec<Map<String, Value>> {
        let rows = self.0["elements"][kind].as_array().map(Vec::as_slice).unwrap_or_default();
        rows.iter().filter_map(Value::as_object).map(|row| self.element(row)).collect()
    }

    fn element(&self, row: &Map<String, Value>) -> Map<String, Value> {
        let text = |key: &str| row.get(key).and_then(Value::as_str);
        let path = text("path").unwrap_or_default();
        let base = text("base").unwrap_or(path);
        let told = if row.contains_key("min") { row } else { self.inherited(base).unwrap_or(row) };
        let mut element = Map::new();
        for (key, value) in told {
            element.insert(key.clone(), value.clone());
        }
        let short = element.get("short").cloned().unwrap_or_default();
        element.insert("definition".into(), short);
        let (min, max) = (element.get("min").cloned(), element.get("max").cloned());
        element.insert("base".into(), json!({"path": base, "min": min, "max": max}));
        element.insert("id".into(), path.into());
        element.insert("path".into(), path.into());
        let constraints = self.constraints(&element, path.contains('.'));
        element.remove("constraint");
        if !constraints.is_empty() {
            element.insert("constraint".into(), constraints.into());
        }
        element
    }

    fn inherited(&self, base: &str) -> Option<&Map<String, Value>> {
        self.0["inherited"][base].as_object()
    }

    /// The constraints that an element names by key, and the one that every element but a resource itself has.
    fn constraints(&self, element: &Map<String, Value>, inner: bool) -> Vec<Value> {
        let named = element.get("constraint").and_then(Value::as_array);
        let named = named.map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_str);
        let mut all: Vec<Value> = named
            .map(|key| {
                let mut constraint = self.0["constraints"][key].clone();
                constraint["key"] = key.into();
                constraint
            })
            .collect();
        if inner {
            all.push(json!({
                "key": "ele-1",
                "severity": "error",
                "human": "All FHIR elements must have a @value or children",
                "expression": "hasValue() or (children().count() > id.count())",
                "source": "http://hl7.org/fhir/StructureDefinition/Element",
            }));
        }
        all
    }
}
