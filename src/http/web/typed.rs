//! What stands in the form of a family: everything typed is kept until it can be taken.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::attachment::{Gender, RegistrationId};
use crate::store::{FamilyView, RegistrationView};
use crate::workflow::{Channel, Health, Looking, MEMBERS, Member, Registering, Updating};

use super::asked::Fields;
use super::family_form::Fault;
use super::whose::Whose;

/// What stands in the form.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) registered_by: String,
    pub(super) consent: bool,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) channel: String,
    pub(super) language: String,
    pub(super) postal_code: String,
    pub(super) community: String,
    pub(super) distance: String,
    pub(super) gender: String,
    pub(super) interpreter: String,
    pub(super) members: Vec<TypedMember>,
    /// The last member was asked for just now: what they are is typed next.
    pub(super) grown: bool,
}

/// What stands in the form of one member.
#[derive(Debug, Clone, Default)]
pub(super) struct TypedMember {
    /// Of whoever is registered already.
    pub(super) registration: String,
    pub(super) phn: String,
    pub(super) given: String,
    pub(super) family: String,
    pub(super) birth_date: String,
    pub(super) preferred_name: String,
    pub(super) looking: String,
    pub(super) attached_now: bool,
    pub(super) health_changed: bool,
    pub(super) conditions: Vec<String>,
}

/// Which button was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Press {
    /// All of it is to be taken.
    Send,
    /// One more member.
    Add,
    /// The member in this place is none.
    LeaveOut(usize),
}

impl TypedMember {
    /// Whether they have this condition.
    pub(super) fn has(&self, code: &str) -> bool {
        self.conditions.iter().any(|known| known == code)
    }

    fn set(&mut self, field: &str, value: String) {
        match field {
            "registration" => self.registration = value,
            "phn" => self.phn = value,
            "given" => self.given = value,
            "family" => self.family = value,
            "birth-date" => self.birth_date = value,
            "preferred-name" => self.preferred_name = value,
            "looking" => self.looking = value,
            "attached-now" => self.attached_now = true,
            "health-changed" => self.health_changed = true,
            "condition" => self.conditions.push(value),
            _ => {}
        }
    }

    fn read(&self, place: usize) -> Result<Member, Vec<Fault>> {
        let field = |name: &str| format!("member-{place}-{name}");
        let birth_date = self.birth_date.trim().parse::<NaiveDate>().map_err(|_| {
            Fault::at(field("birth-date"), "Give the birth date as year-month-day: 1984-04-12.")
        });
        let looking = Looking::of(&self.looking).ok_or_else(|| {
            Fault::at(field("looking"), "Choose why each person looks for a provider.")
        });
        let required = [
            ("phn", &self.phn, "Give the personal health number of each person."),
            ("given", &self.given, "Give the given names of each person."),
            ("family", &self.family, "Give the family name of each person."),
        ];
        let empty = required.into_iter().filter(|(_, typed, _)| typed.trim().is_empty());
        let empty: Vec<Fault> = empty.map(|(name, _, told)| Fault::at(field(name), told)).collect();
        match (birth_date, looking) {
            (Ok(birth_date), Ok(looking)) if empty.is_empty() => Ok(Member {
                phn: self.phn.chars().filter(|c| !c.is_whitespace()).collect(),
                given: self.given.trim().to_owned(),
                family: self.family.trim().to_owned(),
                birth_date,
                preferred_name: given(&self.preferred_name),
                attached_now: self.attached_now,
                looking,
                health_changed: self.health_changed,
                conditions: self.conditions.clone(),
            }),
            (birth_date, looking) => {
                let others = birth_date.err().into_iter().chain(looking.err());
                Err(empty.into_iter().chain(others).collect())
            }
        }
    }
}

impl Typed {
    /// A form that nobody filled in yet.
    pub(super) fn blank() -> Self {
        let (registered_by, channel, language) = ("self".into(), "email".into(), "en".into());
        let members = vec![TypedMember::default()];
        Typed { registered_by, channel, language, members, ..Typed::default() }
    }

    /// What a family told before.
    pub(super) fn of(family: &FamilyView) -> Self {
        let wishes = &family.wishes;
        let member = |member: &RegistrationView| TypedMember {
            registration: member.id.0.to_string(),
            health_changed: member.changed,
            conditions: member.conditions.clone(),
            preferred_name: member.preferred_name.clone().unwrap_or_default(),
            ..TypedMember::default()
        };
        let homeless = wishes.postal_code.is_none();
        Typed {
            email: wishes.email.clone().unwrap_or_default(),
            phone: wishes.phone.clone().unwrap_or_default(),
            channel: wishes.channel.clone(),
            language: wishes.language.clone(),
            postal_code: wishes.postal_code.clone().unwrap_or_default(),
            community: if homeless { wishes.community.clone() } else { String::new() },
            distance: wishes.distance.map(|km| km.to_string()).unwrap_or_default(),
            gender: wishes.gender.map(|gender| gender.word().to_owned()).unwrap_or_default(),
            interpreter: wishes.interpreter.clone().unwrap_or_default(),
            members: family.members.iter().filter(|m| m.state.is_waiting()).map(member).collect(),
            ..Typed::default()
        }
    }

    /// What was sent, and by which button.
    pub(super) fn read(pairs: Fields) -> (Self, Press) {
        let (mut typed, mut press) = (Typed::default(), Press::Send);
        for (name, value) in pairs {
            match name.as_str() {
                "registered-by" => typed.registered_by = value,
                "consent" => typed.consent = true,
                "email" => typed.email = value,
                "phone" => typed.phone = value,
                "channel" => typed.channel = value,
                "language" => typed.language = value,
                "postal-code" => typed.postal_code = value,
                "community" => typed.community = value,
                "distance" => typed.distance = value,
                "gender" => typed.gender = value,
                "interpreter" => typed.interpreter = value,
                "add" => press = Press::Add,
                "leave-out" => press = value.parse().map_or(Press::Send, Press::LeaveOut),
                _ => typed.set_of_member(&name, value),
            }
        }
        (typed, press)
    }

    fn set_of_member(&mut self, name: &str, value: String) {
        let named = name.strip_prefix("member-").and_then(|rest| rest.split_once('-'));
        let Some((place, field)) = named else { return };
        let Some(place) = place.parse().ok().filter(|place| *place < MEMBERS) else { return };
        if self.members.len() <= place {
            self.members.resize_with(place + 1, TypedMember::default);
        }
        self.members[place].set(field, value);
    }

    /// The same form with one more member, or one less; there is always one.
    pub(super) fn pressed(&mut self, press: Press) {
        match press {
            Press::Add if self.members.len() < MEMBERS => {
                self.members.push(TypedMember::default());
                self.grown = true;
            }
            Press::LeaveOut(place) if place < self.members.len() && self.members.len() > 1 => {
                self.members.remove(place);
            }
            _ => {}
        }
    }

    /// As the workflow takes it.
    pub(super) fn registering(&self, whose: Whose) -> Result<Registering, Vec<Fault>> {
        let (mut members, mut faults) = (Vec::new(), Vec::new());
        for (place, member) in self.members.iter().enumerate() {
            match member.read(place) {
                Ok(member) => members.push(member),
                Err(found) => faults.extend(found),
            }
        }
        let channel = self.channel();
        let (Ok(channel), true) = (&channel, faults.is_empty()) else {
            return Err(channel.err().into_iter().chain(faults).collect());
        };
        Ok(Registering {
            registered_by: whose.registered_by(&self.registered_by),
            consent: self.consent,
            email: given(&self.email),
            phone: given(&self.phone),
            channel: *channel,
            language: self.language.clone(),
            postal_code: given(&self.postal_code),
            community: given(&self.community),
            distance: self.distance(),
            provider_gender: Gender::of(&self.gender),
            interpreter: given(&self.interpreter),
            members,
        })
    }

    /// As the workflow takes a change.
    pub(super) fn updating(&self) -> Result<Updating, Vec<Fault>> {
        let health = |member: &TypedMember| {
            let registration = member.registration.parse::<Uuid>().ok()?;
            Some(Health {
                registration: RegistrationId(registration),
                health_changed: member.health_changed,
                conditions: member.conditions.clone(),
                preferred_name: Some(given(&member.preferred_name)),
            })
        };
        Ok(Updating {
            email: given(&self.email),
            phone: given(&self.phone),
            channel: self.channel().map_err(|fault| vec![fault])?,
            language: self.language.clone(),
            postal_code: given(&self.postal_code),
            community: given(&self.community),
            distance: self.distance(),
            provider_gender: Gender::of(&self.gender),
            interpreter: given(&self.interpreter),
            members: self.members.iter().filter_map(health).collect(),
        })
    }

    fn channel(&self) -> Result<Channel, Fault> {
        Channel::of(&self.channel).ok_or_else(|| {
            Fault::at("channel-email", "Choose e-mail, telephone call or text message.")
        })
    }

    /// What is no number is none that is offered: the workflow says so.
    fn distance(&self) -> Option<u32> {
        given(&self.distance).map(|km| km.parse().unwrap_or(0))
    }
}

/// What was typed, unless it is nothing.
fn given(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
