//! What families are told, in words. A letter holds no name and no number: whoever else reads it learns of no person.

words! {
    /// What is told.
    NoticeKind {
        /// They are registered.
        Registered = "registered",
        /// They should say whether they still look.
        Asked = "asked",
        /// They did not.
        NotReconfirmed = "not-reconfirmed",
        /// A practice could not take them; they wait on.
        PutBack = "put-back",
        /// They have a provider.
        Attached = "attached",
    }
}

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its subject.
    pub subject: &'static str,
    /// Its text.
    pub text: String,
}

impl NoticeKind {
    /// The letter; `page` is where they see and change their registration.
    pub fn letter(self, page: &str) -> Letter {
        let (subject, told) = match self {
            NoticeKind::Registered => (
                "You are on the Health Connect Registry",
                "Your registration was received. When a provider near you has room, you are contacted by the practice. You need not call in between.",
            ),
            NoticeKind::Asked => (
                "Are you still looking for a provider?",
                "It has been three months since we last heard from you. Please tell us whether you are still looking; your place does not change by it.",
            ),
            NoticeKind::NotReconfirmed => (
                "Your registration is suspended",
                "We did not hear from you, so you are not proposed to practices for now. Tell us that you are still looking, and you are again, since the day you registered.",
            ),
            NoticeKind::PutBack => (
                "You are still waiting, since the day you registered",
                "A practice looked at your registration and could not take you on. You are back on the registry with the date on which you registered; nothing of your waiting time is lost.",
            ),
            NoticeKind::Attached => (
                "You have a provider",
                "You are attached to a provider. The practice tells you how to book. Should this come to an end within twelve months, you wait again since the day you registered.",
            ),
        };
        Letter { subject, text: format!("{told}\n\n{page}\n\nHealth Connect Registry\n") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_says_what_to_do_or_to_expect_and_where() {
        let page = "https://pas.example/my/registrations";
        let mut subjects = Vec::new();
        for kind in NoticeKind::ALL {
            let letter = kind.letter(page);
            assert!(letter.text.contains(page) && letter.text.len() > 120, "{kind:?}");
            assert!(!subjects.contains(&letter.subject), "{kind:?}");
            subjects.push(letter.subject);
        }
    }
}
