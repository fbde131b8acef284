//! Who calls.

use std::fmt;

/// An EMR installation or another program, as the issuer knows it (`client_id`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(String);

impl ClientId {
    /// Takes an id as a log and a table can hold it: 1 to 200 printable ASCII characters without spaces.
    pub fn parse(text: &str) -> Option<Self> {
        let fits =
            (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| ClientId(text.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person who is signed in through a client, as the issuer knows them (`sub`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(String);

impl Subject {
    /// Takes an id of 1 to 200 printable ASCII characters without spaces.
    pub fn parse(text: &str) -> Option<Self> {
        ClientId::parse(text).map(|ClientId(text)| Subject(text))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Never the id: it is a person's, and must not reach a log by way of `{:?}`.
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject(…)")
    }
}

/// Who calls, as a token proved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Nobody was asked (`--insecure-no-auth`): everything is allowed, nothing is proved.
    Unchecked,
    /// A program in its own name, by client credentials.
    System {
        /// The program.
        client: ClientId,
    },
    /// A person, signed in through a program.
    User {
        /// The program.
        client: ClientId,
        /// The person.
        subject: Subject,
    },
}

impl Caller {
    /// The program, when one proved itself.
    pub fn client(&self) -> Option<&ClientId> {
        match self {
            Caller::Unchecked => None,
            Caller::System { client } | Caller::User { client, .. } => Some(client),
        }
    }

    /// The person, when one is signed in.
    pub fn subject(&self) -> Option<&Subject> {
        match self {
            Caller::User { subject, .. } => Some(subject),
            Caller::Unchecked | Caller::System { .. } => None,
        }
    }
}
