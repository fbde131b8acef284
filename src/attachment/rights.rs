//! What a person who signed in may do, and about what: object by object.

use serde::Deserialize;

/// A role, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub enum Role {
    /// Is this provider.
    Provider {
        /// By key in PAS.
        practitioner_key: String,
    },
    /// Acts for this provider.
    Delegate {
        /// By key in PAS.
        practitioner_key: String,
    },
    /// Keeps this clinic's details.
    Director {
        /// By key in PAS.
        organization_key: String,
    },
    /// Attaches people in this network's communities.
    Coordinator {
        /// By code.
        network: String,
    },
    /// Answers the telephone of the Health Connect Registry, for whoever calls.
    Agent,
}

/// Somebody who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who, in the words of the issuer.
    pub subject: String,
    /// What they may do besides registering their own.
    pub roles: Vec<Role>,
}

/// In whose name something is done for a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acting {
    /// Their own.
    Self_,
    /// The provider's, who let them.
    Delegate,
}

impl Person {
    /// Whether they may act on panels of this provider. `None`: no, and nothing is said of the panel.
    pub fn acts_for(&self, practitioner: &str) -> Option<Acting> {
        let acting = |role: &Role| match role {
            Role::Provider { practitioner_key } if practitioner_key == practitioner => {
                Some(Acting::Self_)
            }
            Role::Delegate { practitioner_key } if practitioner_key == practitioner => {
                Some(Acting::Delegate)
            }
            _ => None,
        };
        let mut all: Vec<Acting> = self.roles.iter().filter_map(acting).collect();
        all.sort_by_key(|acting| *acting == Acting::Delegate);
        all.first().copied()
    }

    /// Whether they may say who acts for this provider: nobody hands on what was handed to them.
    pub fn delegates_for(&self, practitioner: &str) -> bool {
        self.acts_for(practitioner) == Some(Acting::Self_)
    }

    /// The providers that they are.
    pub fn is_provider(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().filter_map(|role| match role {
            Role::Provider { practitioner_key } => Some(practitioner_key.as_str()),
            _ => None,
        })
    }

    /// Whether they attach people in this network.
    pub fn coordinates(&self, network: &str) -> bool {
        self.roles
            .iter()
            .any(|role| matches!(role, Role::Coordinator { network: of } if of == network))
    }

    /// Whether they keep this clinic's details.
    pub fn directs(&self, organization: &str) -> bool {
        let directs = |role: &Role| matches!(role, Role::Director { organization_key } if organization_key == organization);
        self.roles.iter().any(directs)
    }

    /// Whether they answer the registry's telephone: they register whoever calls, and see and change what callers registered.
    pub fn is_agent(&self) -> bool {
        self.roles.contains(&Role::Agent)
    }

    /// Whether they may see and change a family: it is theirs, or they are on the telephone with it.
    pub fn may_keep(&self, subject: Option<&str>) -> bool {
        self.registered(subject) || self.is_agent()
    }

    /// Whether a family is theirs: they registered it.
    pub fn registered(&self, subject: Option<&str>) -> bool {
        subject == Some(self.subject.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(roles: Vec<Role>) -> Person {
        Person { subject: "dahlia.deskworth".into(), roles }
    }

    #[test]
    fn a_role_is_about_one_thing_and_no_other() {
        let roles = vec![
            Role::Delegate { practitioner_key: "prov-1".into() },
            Role::Provider { practitioner_key: "prov-3".into() },
            Role::Director { organization_key: "clinic-1".into() },
            Role::Coordinator { network: "north".into() },
        ];
        let dahlia = person(roles);
        assert_eq!(dahlia.acts_for("prov-1"), Some(Acting::Delegate));
        assert_eq!(dahlia.acts_for("prov-3"), Some(Acting::Self_));
        assert_eq!(dahlia.acts_for("prov-2"), None);
        assert!(!dahlia.delegates_for("prov-1") && dahlia.delegates_for("prov-3"));
        assert!(dahlia.directs("clinic-1") && !dahlia.directs("clinic-2"));
        assert!(dahlia.coordinates("north") && !dahlia.coordinates("south"));
    }

    #[test]
    fn a_family_is_seen_by_whoever_registered_it_alone() {
        let dahlia = person(vec![Role::Coordinator { network: "north".into() }]);
        assert!(dahlia.registered(Some("dahlia.deskworth")));
        assert!(!dahlia.registered(Some("somebody.else")));
        assert!(!dahlia.registered(None));
    }

    #[test]
    fn an_agent_keeps_families_of_others_and_nobody_else_does() {
        let (agent, other) = (person(vec![Role::Agent]), person(Vec::new()));
        for subject in [None, Some("somebody.else")] {
            assert!(agent.may_keep(subject) && !agent.registered(subject));
            assert!(!other.may_keep(subject));
        }
        assert!(other.may_keep(Some("dahlia.deskworth")));
    }
}
