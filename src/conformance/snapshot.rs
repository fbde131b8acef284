//! Snapshots: HL7's elements with what a profile says of them.

use serde_json::{Map, Value};

use super::base::Base;
use super::profile::{Profile, path, slice_name};

type Element = Map<String, Value>;

/// Every element of a profile.
pub(super) fn snapshot(base: &Base, profile: &Profile, url: &str) -> Vec<Value> {
    let mut elements = Elements { base, all: base.elements(profile.of) };
    for rule in &profile.rules {
        let place = elements.place(&profile.element_id(rule));
        if let Some(element) = place.and_then(|place| elements.all.get_mut(place)) {
            apply(element, rule.sourced(url));
        }
    }
    elements.all.into_iter().map(Value::Object).collect()
}

/// A rule replaces what base says, but conditions come on top.
fn apply(element: &mut Element, said: Element) {
    for (key, value) in said {
        match (key.as_str(), element.get_mut(&key), value) {
            ("constraint", Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
            (_, _, value) => {
                element.insert(key, value);
            }
        }
    }
}

struct Elements<'b> {
    base: &'b Base,
    all: Vec<Element>,
}

impl Elements<'_> {
    fn find(&self, id: &str) -> Option<usize> {
        self.all.iter().position(|element| text(element, "id") == id)
    }

    /// Where an element stands; a slice, or an element inside a data type, is put there first.
    fn place(&mut self, id: &str) -> Option<usize> {
        if let Some(place) = self.find(id) {
            return Some(place);
        }
        let (parent, last) = id.rsplit_once('.')?;
        match last.split_once(':') {
            Some((step, _)) => self.slice(&format!("{parent}.{step}"), id)?,
            None => self.unfold(parent)?,
        }
        self.find(id)
    }

    /// Copies an element, with everything below it, as a slice of itself.
    fn slice(&mut self, of: &str, id: &str) -> Option<()> {
        let from = self.place(of)?;
        let below = format!("{of}.");
        let own = |element: &&Element| {
            text(element, "id") == of || text(element, "id").starts_with(&below)
        };
        let mut copies: Vec<Element> = self.all.iter().filter(own).cloned().collect();
        for copy in &mut copies {
            let copied = text(copy, "id").replacen(of, id, 1);
            copy.insert("id".into(), copied.into());
        }
        if let Some(first) = copies.first_mut() {
            first.insert("sliceName".into(), slice_name(id)?.into());
            first.remove("slicing");
            first.insert("min".into(), 0.into());
        }
        self.insert(from, of, copies);
        Some(())
    }

    /// Puts the elements of an element's data type below it.
    fn unfold(&mut self, parent: &str) -> Option<()> {
        let from = self.place(parent)?;
        let element = self.all.get(from)?;
        let kind = element.get("type")?.get(0)?.get("code")?.as_str()?.to_owned();
        let mut children = self.base.elements(&kind);
        if children.len() < 2 {
            return None;
        }
        children.remove(0);
        for child in &mut children {
            let id = text(child, "id").replacen(&kind, parent, 1);
            child.insert("path".into(), path(&id).into());
            child.insert("id".into(), id.into());
        }
        self.insert(from, parent, children);
        Some(())
    }

    /// Puts elements behind the one at `from` and all of its kin: its children, its slices and theirs.
    fn insert(&mut self, from: usize, of: &str, elements: Vec<Element>) {
        let kin = |element: &Element| {
            let rest = text(element, "id").strip_prefix(of);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ':']))
        };
        let count = self.all.iter().skip(from).take_while(|element| kin(element)).count();
        let behind = from + count;
        self.all.splice(behind..behind, elements);
    }
}

fn text<'e>(element: &'e Element, key: &str) -> &'e str {
    element.get(key).and_then(Value::as_str).unwrap_or_default()
}
