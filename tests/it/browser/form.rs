//! A form as a browser fills it in: what is preset, and what somebody changes.

/// A form with its fields, ready to be sent.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
    /// What its fields and buttons are called, filled in or not.
    names: Vec<String>,
}

/// The value of an attribute of a tag.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(unescaped(value))
}

/// A text as a browser reads it.
fn unescaped(text: &str) -> String {
    let entities =
        [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    entities.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

impl Form {
    /// One that no page shows.
    pub fn made_up(action: String, fields: &[(&str, &str)]) -> Form {
        let names = fields.iter().map(|(name, _)| (*name).to_owned()).collect();
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Form { action, fields: fields.collect(), names }
    }

    /// The same fields, sent elsewhere.
    pub fn to(self, action: String) -> Form {
        Form { action, ..self }
    }

    /// The forms of a page that was found there, as they are shown.
    pub fn all_of(page: &str, path: &str) -> Vec<Form> {
        let forms = page.split("<form").skip(1).filter_map(|form| form.split("</form>").next());
        forms.map(|form| Form::read(form, path)).collect()
    }

    fn read(form: &str, path: &str) -> Form {
        let (head, rest) = form.split_once('>').expect("a form's head");
        let action = attribute(head, "action").unwrap_or_else(|| path.to_owned());
        let mut form = Form { action, fields: Vec::new(), names: Vec::new() };
        for tag in rest.split('<') {
            let (tag, text) = tag.split_once('>').unwrap_or((tag, ""));
            match tag.split(' ').next() {
                Some("option") => form.read_option(tag),
                Some("input" | "select" | "button") => form.read_field(tag),
                Some("textarea") => {
                    form.read_field(tag);
                    let name = form.names.last().expect("a text's name").clone();
                    form.fields.push((name, unescaped(text)));
                }
                _ => {}
            }
        }
        form
    }

    fn read_field(&mut self, tag: &str) {
        let Some(name) = attribute(tag, "name") else { return };
        self.names.push(name.clone());
        let boxed = matches!(attribute(tag, "type").as_deref(), Some("checkbox" | "radio"));
        if tag.starts_with("input ") && (!boxed || tag.contains(" checked")) {
            self.fields.push((name, attribute(tag, "value").unwrap_or_default()));
        }
    }

    /// The first option stands, until one is selected.
    fn read_option(&mut self, tag: &str) {
        let select = self.names.last().expect("an option is a select's").clone();
        let value = attribute(tag, "value").expect("an option's value");
        match self.fields.iter_mut().find(|(name, _)| *name == select) {
            None => self.fields.push((select, value)),
            Some(field) if tag.contains(" selected") => field.1 = value,
            Some(_) => {}
        }
    }

    #[track_caller]
    fn knows(&self, name: &str) {
        assert!(self.names.iter().any(|known| known == name), "no field is called {name}");
    }

    /// Types into a field that is there, or chooses, whatever stood there.
    #[track_caller]
    pub fn set(&mut self, name: &str, value: &str) {
        self.knows(name);
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.into(), value.into()));
    }

    /// With this in the field.
    #[track_caller]
    pub fn with(mut self, name: &str, value: &str) -> Form {
        self.set(name, value);
        self
    }

    /// Ticks one more box.
    #[track_caller]
    pub fn check(&mut self, name: &str, value: &str) {
        self.knows(name);
        self.fields.push((name.into(), value.into()));
    }

    /// Without one box that was ticked.
    #[track_caller]
    pub fn untick(mut self, name: &str, value: &str) -> Form {
        let before = self.fields.len();
        self.fields.retain(|(known, of)| known != name || of != value);
        assert_eq!(self.fields.len() + 1, before, "{name}={value} was ticked");
        self
    }

    /// What is in a field first; nothing where nothing is.
    pub fn value(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        let named = self.fields.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.clone()).collect()
    }

    pub fn names(&self, beginning: &str) -> Vec<String> {
        let named = self.fields.iter().filter(|(name, _)| name.starts_with(beginning));
        named.map(|(name, _)| name.clone()).collect()
    }
}
