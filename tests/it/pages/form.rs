//! A form as a browser fills it in: what is preset, and what somebody changes.

/// A form with its fields, ready to be sent.
#[derive(Debug, Clone)]
pub struct Filled {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

/// The value of an attribute of a tag.
pub fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

/// A value as a browser reads it.
fn unescaped(text: &str) -> String {
    let marks = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    marks.iter().fold(text.to_owned(), |text, (mark, of)| text.replace(mark, of))
}

impl Filled {
    pub fn of(page: &str, action: &str) -> Option<Filled> {
        let forms = page.split("<form ").skip(1).filter_map(|form| form.split("</form>").next());
        let head = |form: &str| format!(" {}", form.split('>').next().unwrap_or_default());
        let form =
            forms.into_iter().find(|form| attribute(&head(form), "action") == Some(action))?;
        let mut fields = Vec::new();
        for tag in form.split('<').skip(1) {
            let (head, _) = tag.split_once('>').unwrap_or((tag, ""));
            let name = attribute(head, "name").unwrap_or_default().to_owned();
            let value = unescaped(attribute(head, "value").unwrap_or_default());
            let kind = attribute(head, "type").unwrap_or("text");
            let on = !["radio", "checkbox"].contains(&kind) || head.ends_with(" checked");
            if head.starts_with("input ") && on {
                fields.push((name, value));
            } else if head.starts_with("select ") {
                fields.push((name, String::new()));
            } else if head.starts_with("option ")
                && head.ends_with(" selected")
                && let Some(last) = fields.last_mut()
            {
                last.1 = value;
            }
        }
        Some(Filled { action: action.to_owned(), fields })
    }

    /// With this in the field, whatever stood there.
    pub fn with(mut self, name: &str, value: &str) -> Filled {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without one box that was ticked.
    pub fn untick(mut self, name: &str, value: &str) -> Filled {
        let before = self.fields.len();
        self.fields.retain(|(known, of)| known != name || of != value);
        assert_eq!(self.fields.len() + 1, before, "{name}={value} was ticked");
        self
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        let named = self.fields.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.clone()).collect()
    }

    pub fn names(&self, beginning: &str) -> Vec<String> {
        let named = self.fields.iter().filter(|(name, _)| name.starts_with(beginning));
        named.map(|(name, _)| name.clone()).collect()
    }

    pub fn encoded(&self) -> String {
        let encode = |text: &str| -> String {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            let one = |byte: u8| {
                if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            };
            text.bytes().map(one).collect()
        };
        let pairs =
            self.fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}
