//! A form as a browser holds it: names and values, read out of the page.

use super::Page;

pub struct Form {
    pub action: String,
    pub pairs: Vec<(String, String)>,
    names: Vec<String>,
}

impl Form {
    /// The first form below the heading of a page.
    pub fn read(page: &Page) -> Form {
        let (_, main) = page.text.split_once("<main").expect("content");
        let (_, form) = main.split_once("<form").unwrap_or_else(|| panic!("no form: {main}"));
        let (form, _) = form.split_once("</form>").expect("its end");
        let (head, form) = form.split_once('>').expect("a form's head");
        let action = attribute(head, "action").unwrap_or_else(|| page.path.clone());
        let (mut pairs, mut names) = (Vec::new(), Vec::new());
        for tag in form.split('<') {
            let (tag, _) = tag.split_once('>').unwrap_or((tag, ""));
            let Some(name) = attribute(tag, "name") else {
                if let (true, Some(select)) = (tag.starts_with("option"), names.last()) {
                    let value = attribute(tag, "value").expect("an option's value");
                    let known = pairs.iter().position(|(name, _)| name == select);
                    match known {
                        None => pairs.push((String::clone(select), value)),
                        Some(at) if tag.contains(" selected") => pairs[at].1 = value,
                        Some(_) => {}
                    }
                }
                continue;
            };
            if tag.starts_with("button") {
                continue;
            }
            names.push(name.clone());
            let chosen = matches!(attribute(tag, "type").as_deref(), Some("checkbox" | "radio"));
            if tag.starts_with("input") && (!chosen || tag.contains(" checked")) {
                pairs.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        }
        Form { action, pairs, names }
    }

    pub fn value(&self, name: &str) -> &str {
        let found = self.pairs.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Types into a field that is there, or chooses.
    #[track_caller]
    pub fn set(&mut self, name: &str, value: &str) {
        assert!(self.names.iter().any(|known| known == name), "no field is called {name}");
        self.pairs.retain(|(known, _)| known != name);
        self.pairs.push((name.into(), value.into()));
    }

    /// Ticks one more box.
    #[track_caller]
    pub fn check(&mut self, name: &str, value: &str) {
        assert!(self.names.iter().any(|known| known == name), "no field is called {name}");
        self.pairs.push((name.into(), value.into()));
    }

    /// Takes a tick away.
    pub fn uncheck(&mut self, name: &str, value: &str) {
        self.pairs.retain(|(known, held)| !(known == name && held == value));
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    let entities =
        [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    Some(entities.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to)))
}
