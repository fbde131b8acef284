//! A browser: it keeps its cookie, and sends the forms that pages hold.

use crate::answer::Answer;
use crate::server::{Server, Setup};

mod form;

pub use form::{Form, attribute};

/// A server at which the cast signs in with one click.
pub async fn sandbox(setup: Setup) -> Server {
    Server::with(Setup { flags: "--insecure-sandbox-tokens".into(), ..setup }).await
}

/// Somebody at their browser, which keeps the one cookie there is.
pub struct Browser<'s> {
    pub server: &'s Server,
    pub cookie: String,
}

impl Browser<'_> {
    /// Nobody has signed in.
    pub fn new(server: &Server) -> Browser<'_> {
        Browser { server, cookie: String::new() }
    }

    /// Somebody signs in through the page.
    pub async fn of<'s>(server: &'s Server, who: &str) -> Browser<'s> {
        let mut browser = Browser::new(server);
        let form = browser.get("/sign-in").await.form("/sign-in").with("subject", who);
        let signed_in = browser.send(&form).await;
        assert_eq!((signed_in.status, signed_in.location.as_str()), (303, "/my"), "{who}");
        assert!(browser.cookie.starts_with("__Host-pas_session="), "{}", browser.cookie);
        browser
    }

    pub async fn get(&mut self, path: &str) -> Shown {
        let ask = self.server.request(path).method("GET").header("cookie", &self.cookie);
        let answer = self.server.send(ask).await;
        self.show(path, &answer)
    }

    /// Sends a form; a redirect is not followed.
    pub async fn send(&mut self, form: &Form) -> Shown {
        let body = serde_urlencoded::to_string(&form.fields).expect("fields").into_bytes();
        let ask = self.server.request(&form.action).body(body).header("cookie", &self.cookie);
        let ask = ask.header("content-type", "application/x-www-form-urlencoded");
        let answer = self.server.send(ask).await;
        self.show(&form.action, &answer)
    }

    /// Sends a form with a file in its field `list`.
    pub async fn upload(&mut self, form: &Form, kind: &str, file: impl AsRef<[u8]>) -> Shown {
        let mut body = Vec::new();
        for (name, value) in form.fields.iter().filter(|(name, _)| name != "list") {
            let part = format!(
                "--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend(part.into_bytes());
        }
        let head = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"list\"; filename=\"list.csv\"\r\nContent-Type: {kind}\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend(file.as_ref());
        body.extend(b"\r\n--edge--\r\n");
        let ask = self.server.request(&form.action).body(body).header("cookie", &self.cookie);
        let ask = ask.header("content-type", "multipart/form-data; boundary=edge");
        let answer = self.server.send(ask).await;
        self.show(&form.action, &answer)
    }

    /// Sends a form that is taken, and shows the page that follows.
    pub async fn click(&mut self, form: &Form) -> Shown {
        let sent = self.send(form).await;
        assert_eq!(sent.status, 303, "{}: {}", form.action, sent.text);
        self.get(&sent.location).await
    }

    /// Sends a form by one of its buttons (`""`: the one without a name), and follows where it leads, if it does.
    pub async fn press(&mut self, form: &Form, (name, value): (&str, &str)) -> Shown {
        let mut form = form.clone();
        if !name.is_empty() {
            form.check(name, value);
        }
        let sent = self.send(&form).await;
        if sent.status == 303 { self.get(&sent.location).await } else { sent }
    }

    /// Follows the link with this text on it.
    pub async fn follow(&mut self, page: &Shown, text: &str) -> Shown {
        let link = page.link(text);
        let shown = self.get(&link).await;
        assert_eq!(shown.status, 200, "{link}: {}", shown.text);
        shown
    }

    fn show(&mut self, path: &str, answer: &Answer) -> Shown {
        if let Some((cookie, _)) = answer.header("set-cookie").split_once(';') {
            self.cookie = cookie.to_owned();
        }
        Shown {
            path: path.to_owned(),
            status: answer.status,
            location: answer.header("location").to_owned(),
            policy: answer.header("content-security-policy").to_owned(),
            text: String::from_utf8_lossy(&answer.bytes).into_owned(),
        }
    }
}

/// What a browser shows.
#[derive(Debug)]
pub struct Shown {
    pub path: String,
    pub status: u16,
    pub location: String,
    pub policy: String,
    pub text: String,
}

impl Shown {
    /// The form that goes there, filled in as it is shown.
    #[track_caller]
    pub fn form(&self, action: &str) -> Form {
        let mut forms = Form::all_of(&self.text, &self.path).into_iter();
        let form = forms.find(|form| form.action == action);
        form.unwrap_or_else(|| panic!("no form {action} in {}", self.text))
    }

    /// The first form whose address ends so.
    #[track_caller]
    pub fn form_to(&self, end: &str) -> Form {
        let mut forms = Form::all_of(&self.text, &self.path).into_iter();
        let form = forms.find(|form| form.action.ends_with(end));
        form.unwrap_or_else(|| panic!("no form to …{end} in {}", self.text))
    }

    /// The first form of the content.
    #[track_caller]
    pub fn first_form(&self) -> Form {
        let (_, content) = self.text.split_once("<main").expect("content");
        let form = Form::all_of(content, &self.path).into_iter().next();
        form.unwrap_or_else(|| panic!("no form: {content}"))
    }

    /// The address of the link with this text on it.
    #[track_caller]
    pub fn link(&self, text: &str) -> String {
        let mut links = self.text.split("<a ").skip(1);
        let link =
            links.find(|link| link.split("</a>").next().is_some_and(|link| link.contains(text)));
        let link = link.unwrap_or_else(|| panic!("no link {text} in {}", self.text));
        let (_, rest) = link.split_once("href=\"").expect("an address");
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// Where the first link or form leads whose address ends so.
    #[track_caller]
    pub fn address(&self, end: &str) -> String {
        let mut parts = self.text.split('"');
        let found = parts.find(|part| part.starts_with('/') && part.ends_with(end));
        found.unwrap_or_else(|| panic!("no {end} in {}", self.text)).to_owned()
    }

    #[track_caller]
    pub fn says(&self, text: &str) {
        assert!(self.text.contains(text), "{text:?} is not in\n{}", self.text);
    }

    #[track_caller]
    pub fn is_silent_on(&self, text: &str) {
        assert!(!self.text.contains(text), "{text:?} is in\n{}", self.text);
    }
}
