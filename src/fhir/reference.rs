//! References inside a Bundle (R4 §2.36.4 "Resolving references in Bundles"), forgiving where EMRs are known to stray.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use super::element::Element;

/// An entry of a Bundle, with what references can find it by.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// `Bundle.entry[i]`.
    pub element: Element<'a>,
    /// `Bundle.entry[i].resource`.
    pub resource: Element<'a>,
    /// `resourceType`; empty when the entry has no resource.
    pub resource_type: &'a str,
    /// `fullUrl`, a `urn:uuid:` in lower case.
    pub full_url: Option<String>,
}

/// Why a reference leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unresolved {
    /// No entry fits.
    Missing,
    /// Several entries fit.
    Ambiguous,
    /// It points at a contained resource (`#id`).
    Contained,
}

/// All entries of a Bundle, indexed.
#[derive(Debug, Default)]
pub struct Entries<'a> {
    entries: Vec<Entry<'a>>,
    by_url: HashMap<String, usize>,
    by_id: HashMap<(&'a str, &'a str), Vec<usize>>,
    repeated_urls: Vec<usize>,
}

impl<'a> Entries<'a> {
    /// Indexes the entries of a Bundle.
    pub fn new(items: &[Element<'a>]) -> Self {
        let mut all = Entries::default();
        for (index, element) in items.iter().enumerate() {
            let resource = element.field("resource");
            let resource_type = resource.resource_type().unwrap_or_default();
            let full_url = element.field("fullUrl").text().ok().flatten().map(normal);
            if let Some(url) = &full_url {
                match all.by_url.entry(url.clone()) {
                    Slot::Vacant(free) => {
                        free.insert(index);
                    }
                    Slot::Occupied(_) => all.repeated_urls.push(index),
                }
            }
            if let Ok(Some(id)) = resource.field("id").text() {
                all.by_id.entry((resource_type, id)).or_default().push(index);
            }
            all.entries.push(Entry { element: *element, resource, resource_type, full_url });
        }
        all
    }

    /// Every entry, in order.
    pub fn all(&self) -> &[Entry<'a>] {
        &self.entries
    }

    /// Entries whose `fullUrl` another one had before (invariant bdl-7).
    pub fn repeated_urls(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.repeated_urls.iter().filter_map(|index| self.entries.get(*index))
    }

    /// The entries that hold a resource of this type, with their place in the Bundle.
    pub fn of_type(&self, resource_type: &str) -> impl Iterator<Item = (usize, &Entry<'a>)> {
        self.entries
            .iter()
            .enumerate()
            .filter(move |(_, entry)| entry.resource_type == resource_type)
    }

    /// The place of the entry that `reference`, standing in the entry `from`, points at.
    ///
    /// First by `fullUrl`, a relative reference against the base of the referring entry. Where that
    /// fails, by type and id when exactly one entry fits.
    ///
    /// # Errors
    /// When no entry or more than one fits, or the reference is to a contained resource.
    pub fn resolve(&self, reference: &str, from: &Entry<'_>) -> Result<usize, Unresolved> {
        let reference = reference.trim();
        if reference.starts_with('#') {
            return Err(Unresolved::Contained);
        }
        let unversioned = reference.split("/_history/").next().unwrap_or(reference);
        let absolute = if unversioned.contains(':') {
            Some(normal(unversioned))
        } else {
            from.full_url.as_deref().and_then(base).map(|base| format!("{base}{unversioned}"))
        };
        if let Some(index) = absolute.and_then(|url| self.by_url.get(&url)) {
            return Ok(*index);
        }
        let mut tail = unversioned.rsplit(['/', ':']);
        let id = tail.next().unwrap_or_default();
        let resource_type = tail.next().unwrap_or_default();
        let all = self.by_id.get(&(resource_type, id)).map(Vec::as_slice).unwrap_or_default();
        // An absolute reference means one server's resource: an entry that is known to be another's does not fit.
        let elsewhere = |place: usize| {
            let url = self.entries.get(place).and_then(|entry| entry.full_url.as_deref());
            unversioned.contains(':') && url.is_some_and(|url| url.starts_with("http"))
        };
        let mut fitting = all.iter().copied().filter(|place| !elsewhere(*place));
        match (fitting.next(), fitting.next()) {
            (None, _) => Err(Unresolved::Missing),
            (Some(only), None) => Ok(only),
            (Some(_), Some(_)) => Err(Unresolved::Ambiguous),
        }
    }
}

/// UUIDs are the same in either case.
fn normal(url: &str) -> String {
    let url = url.trim();
    if url.get(..9).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:uuid:")) {
        url.to_ascii_lowercase()
    } else {
        url.to_owned()
    }
}

/// `https://emr.example/fhir/` of `https://emr.example/fhir/Group/1`; `None` for a `urn:`.
fn base(full_url: &str) -> Option<&str> {
    if !full_url.starts_with("http") {
        return None;
    }
    let (rest, _id) = full_url.rsplit_once('/')?;
    let (base, _type) = rest.rsplit_once('/')?;
    full_url.get(..=base.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::{Json, JsonLimits, decode};

    fn resolve(bundle: &str, reference: &str) -> Result<usize, Unresolved> {
        let json: Json<'_> = decode(bundle.as_bytes(), &JsonLimits::default()).unwrap();
        let items = Element::root(&json, "Bundle").field("entry").items().unwrap();
        let entries = Entries::new(&items);
        entries.resolve(reference, &entries.all()[0])
    }

    const URNS: &str = r#"{"entry":[
        {"fullUrl":"urn:uuid:AA","resource":{"resourceType":"Group"}},
        {"fullUrl":"urn:uuid:bb","resource":{"resourceType":"Patient","id":"1"}},
        {"fullUrl":"urn:uuid:cc","resource":{"resourceType":"Practitioner","id":"1"}},
        {"resource":{"resourceType":"Patient","id":"2"}},
        {"resource":{"resourceType":"Patient","id":"2"}}]}"#;

    #[test]
    fn a_reference_is_found_by_full_url_and_else_by_type_and_id() {
        assert_eq!(resolve(URNS, "urn:uuid:BB"), Ok(1));
        assert_eq!(resolve(URNS, "Practitioner/1"), Ok(2));
        assert_eq!(resolve(URNS, "https://emr.example/fhir/Patient/1/_history/3"), Ok(1));
    }

    #[test]
    fn no_fit_two_fits_and_contained_are_told_apart() {
        assert_eq!(resolve(URNS, "urn:uuid:dd"), Err(Unresolved::Missing));
        assert_eq!(resolve(URNS, "Patient/2"), Err(Unresolved::Ambiguous));
        assert_eq!(resolve(URNS, "#p"), Err(Unresolved::Contained));
    }

    #[test]
    fn a_relative_reference_means_the_base_of_its_own_entry() {
        let two_bases = r#"{"entry":[
            {"fullUrl":"https://a.example/fhir/Group/1","resource":{"resourceType":"Group"}},
            {"fullUrl":"https://a.example/fhir/Patient/7","resource":{"resourceType":"Patient","id":"7"}},
            {"fullUrl":"https://b.example/fhir/Patient/7","resource":{"resourceType":"Patient","id":"7"}}]}"#;
        assert_eq!(resolve(two_bases, "Patient/7"), Ok(1));
        assert_eq!(
            resolve(two_bases, "https://c.example/fhir/Patient/7"),
            Err(Unresolved::Missing)
        );
    }
}
