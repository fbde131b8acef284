//! A place in a decoded message together with what stands there: the cursor that readers walk with.

use super::json::Json;
use super::path::Path;

/// An element of a resource: a value, or its absence, and where it is.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    json: Option<&'a Json<'a>>,
    path: Path,
}

/// The value at a place is not of the JSON type that FHIR gives the element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misshapen {
    /// Where.
    pub at: Path,
    /// What should stand there, for the sender (`a string`, `an array`, …).
    pub wanted: &'static str,
}

impl<'a> Element<'a> {
    /// The root of a resource.
    pub fn root(json: &'a Json<'a>, name: &'static str) -> Self {
        Element { json: Some(json), path: Path::root(name) }
    }

    /// Where this element is.
    pub fn path(&self) -> Path {
        self.path
    }

    /// The value, where there is one. JSON `null` counts as absent.
    pub fn json(&self) -> Option<&'a Json<'a>> {
        self.json.filter(|json| !matches!(json, Json::Null))
    }

    /// Whether the element is there at all.
    pub fn exists(&self) -> bool {
        self.json().is_some()
    }

    /// The child element `name`, which may be absent.
    #[must_use]
    pub fn field(&self, name: &'static str) -> Self {
        Element { json: self.json.and_then(|json| json.get(name)), path: self.path.field(name) }
    }

    /// The child element of a choice (`event[x]`): `name` as JSON has it, `path` as FHIRPath does.
    #[must_use]
    pub fn choice(&self, name: &'static str, path: &'static str) -> Self {
        Element { path: self.path.field(path), ..self.field(name) }
    }

    /// How often an element repeats; 0 when it is absent or no array.
    pub fn count(&self) -> usize {
        match self.json() {
            Some(Json::Array(items)) => items.len(),
            _ => 0,
        }
    }

    /// The first `n` repetitions, for an element that repeats too often to be read whole.
    pub fn first(&self, n: usize) -> Vec<Element<'a>> {
        let items = match self.json() {
            Some(Json::Array(items)) => items.get(..n.min(items.len())).unwrap_or_default(),
            _ => &[],
        };
        let element = |(index, json)| Element { json: Some(json), path: self.path.index(index) };
        items.iter().enumerate().map(element).collect()
    }

    /// The repetitions of an element that may repeat; none when it is absent.
    ///
    /// # Errors
    /// When the value is no array.
    pub fn items(&self) -> Result<Vec<Element<'a>>, Misshapen> {
        match self.json() {
            None => Ok(Vec::new()),
            Some(Json::Array(items)) => Ok(items
                .iter()
                .enumerate()
                .map(|(index, json)| Element { json: Some(json), path: self.path.index(index) })
                .collect()),
            Some(_) => Err(Misshapen { at: self.path, wanted: "an array" }),
        }
    }

    /// The text of a string element, trimmed of nothing; `None` when absent.
    ///
    /// # Errors
    /// When the value is no string, or one without a visible character (FHIR forbids empty strings).
    pub fn text(&self) -> Result<Option<&'a str>, Misshapen> {
        match self.json() {
            None => Ok(None),
            Some(Json::String(text)) if text.chars().any(|c| !c.is_whitespace()) => Ok(Some(text)),
            Some(Json::String(_)) => {
                Err(Misshapen { at: self.path, wanted: "a string that is not empty" })
            }
            Some(_) => Err(Misshapen { at: self.path, wanted: "a string" }),
        }
    }

    /// The value of a boolean element; `None` when absent.
    ///
    /// # Errors
    /// When the value is no boolean.
    pub fn boolean(&self) -> Result<Option<bool>, Misshapen> {
        match self.json() {
            None => Ok(None),
            Some(Json::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(Misshapen { at: self.path, wanted: "true or false" }),
        }
    }

    /// `resourceType`, when this is a resource.
    pub fn resource_type(&self) -> Option<&'a str> {
        self.json.and_then(|json| json.get("resourceType")).and_then(Json::as_str)
    }
}
