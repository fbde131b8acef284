//! What a message asks of the database.

use crate::access::{Caller, ClientId, Subject};
use crate::message::Message;

/// What a message of a caller has to know.
#[derive(Debug, Clone, Copy)]
pub struct Question<'m> {
    message: &'m Message,
    caller: &'m Caller,
}

impl<'m> Question<'m> {
    /// What this message of this caller needs to know.
    pub fn about(message: &'m Message, caller: &'m Caller) -> Self {
        Question { message, caller }
    }

    pub(super) fn client(&self) -> &'m str {
        client_key(self.caller)
    }

    pub(super) fn subject(&self) -> Option<&'m str> {
        self.caller.subject().map(Subject::as_str)
    }

    pub(super) fn sender(&self) -> &'m str {
        self.message.sender.as_str()
    }

    pub(super) fn bundle_key(&self) -> Option<&'m str> {
        self.message.keys.as_ref().map(|keys| keys.bundle.as_str())
    }

    pub(super) fn practitioner_tokens(&self) -> Vec<String> {
        self.message.provider.ids.iter().map(|id| id.token()).collect()
    }

    pub(super) fn facility_tokens(&self) -> &'m [String] {
        &self.message.clinic.tokens
    }

    pub(super) fn phns(&self) -> impl Iterator<Item = &'m str> {
        self.message.patients.iter().map(|patient| patient.phn.as_str())
    }
}

/// The client as answers are kept by: nobody's are those of the empty one.
pub fn client_key(caller: &Caller) -> &str {
    caller.client().map_or("", ClientId::as_str)
}
