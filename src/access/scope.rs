//! What a token allows: SMART scopes, as far as they speak of panels (a panel is a Group).

use crate::message::Event;

/// What a caller may do. Of all scopes only those for `Group`, or for everything, matter here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes {
    reading: bool,
    changes: bool,
}

/// In whose name a scope is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// `system/…`: the program's own.
    System,
    /// `user/…`: the person's who is signed in.
    User,
}

impl Level {
    /// What stands before the resource.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Level::System => "system/",
            Level::User => "user/",
        }
    }
}

impl Scopes {
    /// Everything: for callers whom nobody was asked about.
    pub const ALL: Scopes = Scopes { reading: true, changes: true };
    /// Nothing.
    pub const NONE: Scopes = Scopes { reading: false, changes: false };

    /// Whether the caller may ask for a patient's status.
    pub const fn allows_reading(self) -> bool {
        self.reading
    }

    /// Whether the caller may add and remove.
    pub const fn allows_changes(self) -> bool {
        self.changes
    }

    /// Whether the caller may send this event.
    pub const fn allow(self, event: Event) -> bool {
        if event.changes() { self.changes } else { self.reading }
    }

    /// What the scopes of one level allow together; others do not count.
    pub(super) fn of<'s>(words: impl IntoIterator<Item = &'s str>, level: Level) -> Scopes {
        words.into_iter().fold(Scopes::NONE, |all, word| all.with(Scopes::of_word(word, level)))
    }

    /// What one scope allows: `Group` or `*`, then SMART 1's `read`, `write`, `*` or SMART 2's letters of `cruds` in
    /// their order. One that is narrowed by a query (`?…`) allows nothing: we could not keep to it.
    pub(super) fn of_word(word: &str, level: Level) -> Scopes {
        let granted = word.strip_prefix(level.prefix()).and_then(|rest| rest.split_once('.'));
        match granted {
            Some(("Group" | "*", "read")) => Scopes { reading: true, changes: false },
            Some(("Group" | "*", "write")) => Scopes { reading: false, changes: true },
            Some(("Group" | "*", "*")) => Scopes::ALL,
            Some(("Group" | "*", letters)) if in_order(letters) => Scopes {
                reading: letters.contains(['r', 's']),
                changes: letters.contains(['c', 'u', 'd']),
            },
            _ => Scopes::NONE,
        }
    }

    const fn with(self, other: Scopes) -> Scopes {
        Scopes { reading: self.reading || other.reading, changes: self.changes || other.changes }
    }

    /// Whether this allows nothing that `other` does not.
    pub(super) const fn within(self, other: Scopes) -> bool {
        (other.reading || !self.reading) && (other.changes || !self.changes)
    }
}

/// Some of the letters of `cruds`, at least one, each once and in that order (SMART App Launch 2.2, scopes).
fn in_order(letters: &str) -> bool {
    let mut rest = "cruds".chars();
    !letters.is_empty() && letters.chars().all(|letter| rest.any(|known| known == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(words: &str) -> (bool, bool) {
        let scopes = Scopes::of(words.split(' '), Level::System);
        (scopes.allows_reading(), scopes.allows_changes())
    }

    #[test]
    fn scopes_of_both_versions_of_smart_are_understood() {
        for (words, allowed) in [
            ("system/Group.read", (true, false)),
            ("system/Group.write", (false, true)),
            ("system/Group.*", (true, true)),
            ("system/*.read", (true, false)),
            ("system/*.*", (true, true)),
            ("system/Group.read system/Group.write", (true, true)),
            ("system/Group.rs", (true, false)),
            ("system/Group.r", (true, false)),
            ("system/Group.s", (true, false)),
            ("system/Group.c", (false, true)),
            ("system/Group.u", (false, true)),
            ("system/Group.d", (false, true)),
            ("system/Group.cruds", (true, true)),
            ("system/*.cud", (false, true)),
        ] {
            assert_eq!(system(words), allowed, "{words}");
        }
    }

    #[test]
    fn what_is_not_understood_allows_nothing() {
        for words in [
            "",
            "system/Group.",
            "system/Group",
            "system/Group.sr",
            "system/Group.rr",
            "system/Group.rx",
            "system/Group.READ",
            "system/group.read",
            "system/Patient.read",
            "system/Group.read?_id=1",
            "system/Group.rs?_id=1",
            "patient/Group.read",
            "user/Group.read",
            " system/Group .read",
            "openid profile launch/patient",
        ] {
            assert_eq!(system(words), (false, false), "{words}");
        }
    }

    #[test]
    fn a_scope_is_within_another_when_it_adds_nothing() {
        let read = Scopes::of_word("system/Group.read", Level::System);
        assert!(read.within(Scopes::ALL) && Scopes::NONE.within(read));
        assert!(!Scopes::ALL.within(read));
    }
}
