//! What families and those who act for panels are told, in words. Nothing of it holds a name or a number: whoever else reads it learns of no person.

words! {
    /// What is told.
    NoticeKind {
        /// They are registered.
        Registered = "registered",
        /// They should say whether they still look.
        Asked = "asked",
        /// They did not.
        NotReconfirmed = "not-reconfirmed",
        /// They were proposed to a practice, and it led to no provider; they wait on.
        PutBack = "put-back",
        /// They have a provider.
        Attached = "attached",
        /// Their attachment ended soon; they wait again.
        AttachmentEnded = "attachment-ended",
        /// Their provider left; they wait again.
        ProviderLeft = "provider-left",
        /// A list was sent to a panel that they act for.
        ListSent = "list-sent",
        /// It is not answered, and half of its time is over.
        ListDue = "list-due",
        /// It was not answered in time.
        ListExpired = "list-expired",
        /// Somebody who was accepted is not confirmed.
        ToConfirm = "to-confirm",
        /// A list of their network came to its end.
        ListClosed = "list-closed",
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

/// Where those who are told find out more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticePages {
    /// Families see and change their registration.
    pub families: String,
    /// Whoever acts for a panel, or coordinates, signs in.
    pub people: String,
}

/// Characters of a text message at most.
pub const LONGEST_TEXT: usize = 300;

/// What is told: the subject of a letter, its text, and all of a text message.
struct Words {
    subject: &'static str,
    letter: &'static str,
    text: &'static str,
}

impl NoticeKind {
    /// Whether families are told so, rather than those who sign in to do something.
    pub fn is_for_families(self) -> bool {
        match self {
            NoticeKind::Registered
            | NoticeKind::Asked
            | NoticeKind::NotReconfirmed
            | NoticeKind::PutBack
            | NoticeKind::Attached
            | NoticeKind::AttachmentEnded
            | NoticeKind::ProviderLeft => true,
            NoticeKind::ListSent
            | NoticeKind::ListDue
            | NoticeKind::ListExpired
            | NoticeKind::ToConfirm
            | NoticeKind::ListClosed => false,
        }
    }

    /// The letter.
    pub fn letter(self, pages: &NoticePages) -> Letter {
        let Words { subject, letter, .. } = self.words();
        let (page, from) = self.place(pages);
        Letter { subject, text: format!("{letter}\n\n{page}\n\n{from}\n") }
    }

    /// The text message, at most [`LONGEST_TEXT`] characters; an address that is too long for it is left out.
    pub fn text(self, pages: &NoticePages) -> String {
        let (page, from) = self.place(pages);
        let told = format!("{from}: {}", self.words().text);
        let whole = format!("{told} {page}");
        if whole.chars().count() <= LONGEST_TEXT { whole } else { told }
    }

    fn place(self, pages: &NoticePages) -> (&str, &'static str) {
        if self.is_for_families() {
            (&pages.families, "Health Connect Registry")
        } else {
            (&pages.people, "Provincial Attachment System")
        }
    }

    fn words(self) -> Words {
        let told = |subject, letter, text| Words { subject, letter, text };
        match self {
            NoticeKind::Registered => told(
                "You are on the Health Connect Registry",
                "Your registration was received. When a provider near you has room, you are contacted by the practice. You need not call in between.",
                "your registration was received. When a provider near you has room, the practice contacts you.",
            ),
            NoticeKind::Asked => told(
                "Are you still looking for a provider?",
                "It has been three months since we last heard from you. Please tell us whether you are still looking; your place does not change by it.",
                "are you still looking for a provider? Please tell us; your place does not change by it.",
            ),
            NoticeKind::NotReconfirmed => told(
                "Your registration is suspended",
                "We did not hear from you, so you are not proposed to practices for now. Tell us that you are still looking, and you are again, since the day you registered.",
                "we did not hear from you, so you are not proposed to practices for now. Tell us that you are still looking, and you are again.",
            ),
            NoticeKind::PutBack => told(
                "You are still waiting, since the day you registered",
                "You were proposed to a practice, and this time it did not lead to a provider. You are back on the registry with the date on which you registered; nothing of your waiting time is lost.",
                "you were proposed to a practice, and this time it did not lead to a provider. You are back on the registry; nothing of your waiting time is lost.",
            ),
            NoticeKind::Attached => told(
                "You have a provider",
                "You are attached to a provider. The practice tells you how to book. Should this come to an end within twelve months, you wait again since the day you registered.",
                "you are attached to a provider. The practice tells you how to book.",
            ),
            NoticeKind::AttachmentEnded => told(
                "You are waiting again, since the day you registered",
                "Your attachment to a provider came to its end. You are back on the registry with the date on which you registered; nothing of your waiting time is lost. If you no longer look, please tell us.",
                "your attachment to a provider ended. You are back on the registry; nothing of your waiting time is lost.",
            ),
            NoticeKind::ProviderLeft => told(
                "Your provider has left; you are waiting again",
                "The provider to whom you were attached does not work at the clinic any more. You are back on the registry with the date on which you registered; nothing of your waiting time is lost. If you no longer look, please tell us.",
                "your provider does not work at the clinic any more. You are back on the registry; nothing of your waiting time is lost.",
            ),
            NoticeKind::ListSent => told(
                "There is a list to answer",
                "A coordinator sent a list to a panel that you act for. It is to be answered within 14 days; sign in to see it.",
                "there is a list to answer within 14 days. Sign in to see it:",
            ),
            NoticeKind::ListDue => told(
                "A list is still to be answered",
                "A list that was sent to a panel you act for is not answered yet, and half of its time is over. Whoever on it has no answer by then is put back. Sign in to answer it.",
                "a list is still to be answered, and half of its time is over. Sign in to answer it:",
            ),
            NoticeKind::ListExpired => told(
                "A list was not answered in time",
                "The time of a list that was sent to a panel you act for is over. Whoever on it had no answer was put back. Nothing is to be done about it; if you have room, sign in and state it anew.",
                "a list was not answered in time; whoever had no answer was put back. If you have room, sign in and state it anew:",
            ),
            NoticeKind::ToConfirm => told(
                "Somebody is still to be confirmed",
                "On a panel that you act for, somebody was accepted and is not confirmed yet. Sign in to confirm, or add them with your EMR.",
                "on a panel that you act for, somebody was accepted and is not confirmed yet. Sign in to confirm:",
            ),
            NoticeKind::ListClosed => told(
                "A list of your network is closed",
                "A list that was sent in your network is closed: everybody on it is answered, or its time is over. Sign in to see what became of it.",
                "a list that was sent in your network is closed. Sign in to see what became of it:",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> NoticePages {
        NoticePages {
            families: "https://pas.example/my/registrations".to_owned(),
            people: "https://pas.example/my".to_owned(),
        }
    }

    #[test]
    fn every_letter_says_what_to_do_or_to_expect_and_where() {
        let pages = pages();
        let mut subjects = Vec::new();
        for kind in NoticeKind::ALL {
            let page = if kind.is_for_families() { &pages.families } else { &pages.people };
            let letter = kind.letter(&pages);
            assert!(letter.text.contains(&format!("\n\n{page}\n")), "{kind:?}");
            assert!(letter.text.len() > 120, "{kind:?}");
            assert!(!subjects.contains(&letter.subject), "{kind:?}");
            subjects.push(letter.subject);
        }
    }

    #[test]
    fn every_text_message_is_short_and_says_where() {
        let pages = pages();
        let mut texts = Vec::new();
        for kind in NoticeKind::ALL {
            let page = if kind.is_for_families() { &pages.families } else { &pages.people };
            let text = kind.text(&pages);
            assert!(text.chars().count() <= LONGEST_TEXT, "{kind:?}: {text}");
            assert!(text.ends_with(&format!(" {page}")), "{kind:?}: {text}");
            assert!(!texts.contains(&text), "{kind:?}");
            texts.push(text);
        }
    }

    #[test]
    fn an_address_that_is_too_long_for_a_text_message_is_left_out() {
        let long = format!("https://pas.example/{}", "x".repeat(LONGEST_TEXT));
        let pages = NoticePages { families: long.clone(), people: long };
        for kind in NoticeKind::ALL {
            let text = kind.text(&pages);
            assert!(text.chars().count() <= LONGEST_TEXT && !text.contains("https"), "{text}");
        }
    }
}
