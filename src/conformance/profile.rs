//! Profiles: what is asked of a resource beyond base R4, element by element.

use serde_json::{Map, Value, json};

use super::base::Base;
use super::snapshot::snapshot;
use super::{Artifact, Claims, HL7};

/// A profile on a type of R4.
pub(super) struct Profile {
    pub(super) id: &'static str,
    /// The type that is constrained.
    pub(super) of: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    /// In the order of the elements.
    pub(super) rules: Vec<Rule>,
    /// Where an extension may stand; empty for everything else.
    pub(super) context: Vec<&'static str>,
}

/// What is asked of one element.
pub(super) struct Rule {
    /// The element's id without its type; empty for the resource itself.
    pub(super) at: &'static str,
    /// What is said of it in the differential.
    pub(super) said: Map<String, Value>,
}

/// Begins a rule about an element.
pub(super) fn at(at: &'static str) -> Rule {
    Rule { at, said: Map::new() }
}

impl Rule {
    fn say(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.said.insert(key.to_owned(), value.into());
        self
    }

    /// At least this often.
    pub(super) fn min(self, min: u32) -> Self {
        self.say("min", min)
    }

    /// At most this often; `*`: without limit.
    pub(super) fn max(self, max: impl Into<String>) -> Self {
        self.say("max", max.into())
    }

    /// Exactly once.
    pub(super) fn once(self) -> Self {
        self.min(1).max("1")
    }

    /// Never.
    pub(super) fn never(self) -> Self {
        self.max("0")
    }

    /// It means something here: a sender can rely on its being read, a receiver on its being there.
    pub(super) fn must(self) -> Self {
        self.say("mustSupport", true)
    }

    /// What it is here, for people.
    pub(super) fn told(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.say("short", text.clone()).say("definition", text)
    }

    /// This very value; `key` is `fixedCode`, `patternBoolean` and the like.
    pub(super) fn value(self, key: &'static str, value: impl Into<Value>) -> Self {
        self.say(key, value)
    }

    /// A reference to a resource of these profiles.
    pub(super) fn to(self, profiles: &[String]) -> Self {
        self.say("type", json!([{"code": "Reference", "targetProfile": profiles}]))
    }

    /// A resource, or an extension, of a profile.
    pub(super) fn of(self, code: &str, profile: Option<&str>) -> Self {
        let profiles = profile.map(|profile| json!({"code": code, "profile": [profile]}));
        self.say("type", json!([profiles.unwrap_or_else(|| json!({"code": code}))]))
    }

    /// A code of this value set and no other.
    pub(super) fn bound(self, value_set: &str) -> Self {
        self.say("binding", json!({"strength": "required", "valueSet": value_set}))
    }

    /// Repetitions are told apart by the type or the value at `path`.
    pub(super) fn sliced(self, kind: &str, path: &str, rules: &str) -> Self {
        let discriminator = json!([{"type": kind, "path": path}]);
        self.say(
            "slicing",
            json!({"discriminator": discriminator, "ordered": false, "rules": rules}),
        )
    }

    /// A condition in FHIRPath.
    pub(super) fn holds(mut self, key: &str, human: &str, expression: impl Into<String>) -> Self {
        let expression: String = expression.into();
        let constraint =
            json!({"key": key, "severity": "error", "human": human, "expression": expression});
        let all = self.said.entry("constraint").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.push(constraint);
        }
        self
    }
}

impl Profile {
    /// As it is published: differential and snapshot.
    pub(super) fn artifact(&self, base: &Base, claims: &Claims) -> Artifact {
        let url = claims.profile(self.id);
        let extension = !self.context.is_empty();
        let mut body = json!({
            "fhirVersion": "4.0.1",
            "kind": if extension { "complex-type" } else { "resource" },
            "abstract": false,
            "type": self.of,
            "baseDefinition": format!("{HL7}/{}", self.of),
            "derivation": "constraint",
            "snapshot": {"element": snapshot(base, self, &url)},
            "differential": {"element": self.differential(&url)},
        });
        if extension {
            let context = self.context.iter();
            let context = context.map(|path| json!({"type": "element", "expression": path}));
            body["context"] = context.collect();
        }
        Artifact::new(
            claims.head("StructureDefinition", self.id, self.title, self.description),
            body,
        )
    }

    fn differential(&self, url: &str) -> Vec<Value> {
        let rules = self.rules.iter().map(|rule| {
            let id = self.element_id(rule);
            let mut element = rule.sourced(url);
            element.insert("path".into(), path(&id).into());
            if let Some(name) = slice_name(&id) {
                element.insert("sliceName".into(), name.into());
            }
            element.insert("id".into(), id.into());
            Value::Object(element)
        });
        rules.collect()
    }

    /// The id of the element that a rule is about.
    pub(super) fn element_id(&self, rule: &Rule) -> String {
        if rule.at.is_empty() { self.of.to_owned() } else { format!("{}.{}", self.of, rule.at) }
    }
}

impl Rule {
    /// What is said, each condition with the profile that it comes from.
    pub(super) fn sourced(&self, url: &str) -> Map<String, Value> {
        let mut said = self.said.clone();
        if let Some(Value::Array(constraints)) = said.get_mut("constraint") {
            for constraint in constraints {
                constraint["source"] = url.into();
            }
        }
        said
    }
}

/// An element's path: its id without the names of slices.
pub(super) fn path(id: &str) -> String {
    let steps = id.split('.').map(|step| step.split(':').next().unwrap_or_default());
    steps.collect::<Vec<_>>().join(".")
}

/// The slice that an element is itself, where it is one.
pub(super) fn slice_name(id: &str) -> Option<&str> {
    let (_, last) = id.rsplit_once('.')?;
    last.split_once(':').map(|(_, name)| name)
}
