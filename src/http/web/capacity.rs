//! The room that a panel has, and the form by which its provider states it.

use crate::attachment::{Bound, Capacity, Gender, Ground, Mix};
use crate::store::{PanelSide, Stated};
use crate::workflow::Refusal;

use super::words::{self, Today};

/// The form as it is filled in, whatever stands in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stating {
    pub(super) accepting: bool,
    pub(super) anticipated: String,
    pub(super) monthly: String,
    pub(super) desired_size: String,
    pub(super) low: String,
    pub(super) medium: String,
    pub(super) high: String,
    pub(super) gender: String,
    pub(super) languages: Vec<String>,
}

/// A choice of a form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choosable<'c> {
    pub(super) value: &'c str,
    pub(super) text: &'static str,
    pub(super) chosen: bool,
}

impl Stating {
    /// As it was stated last.
    pub(super) fn of(capacity: Option<&Capacity>) -> Self {
        let Some(capacity) = capacity else { return Stating::default() };
        let number = |number: Option<u32>| number.map(|n| n.to_string()).unwrap_or_default();
        let share = |of: fn(Mix) -> u8| capacity.mix.map(|m| of(m).to_string()).unwrap_or_default();
        Stating {
            accepting: capacity.accepting,
            anticipated: capacity.anticipated.to_string(),
            monthly: number(capacity.monthly),
            desired_size: number(capacity.desired_size),
            low: share(|mix| mix.low),
            medium: share(|mix| mix.medium),
            high: share(|mix| mix.high),
            gender: capacity.gender.map(|gender| gender.word().to_owned()).unwrap_or_default(),
            languages: capacity.languages.clone(),
        }
    }

    /// As it was sent.
    pub(super) fn sent(fields: Vec<(String, String)>) -> Self {
        let mut stating = Stating::default();
        for (name, value) in fields {
            let value = value.trim().to_owned();
            match name.as_str() {
                "accepting" => stating.accepting = value == "yes",
                "anticipated" => stating.anticipated = value,
                "monthly" => stating.monthly = value,
                "desired_size" => stating.desired_size = value,
                "low" => stating.low = value,
                "medium" => stating.medium = value,
                "high" => stating.high = value,
                "gender" => stating.gender = value,
                "language" => stating.languages.push(value),
                "others" => stating.languages.extend(tags(&value)),
                _ => {}
            }
        }
        stating
    }

    /// What it says. Whether that makes sense is not judged here.
    pub(super) fn read(&self) -> Result<Capacity, Refusal> {
        let mix = match (share(&self.low)?, share(&self.medium)?, share(&self.high)?) {
            (None, None, None) => None,
            (low, medium, high) => Some(Mix {
                low: low.unwrap_or(0),
                medium: medium.unwrap_or(0),
                high: high.unwrap_or(0),
            }),
        };
        let gender = match self.gender.as_str() {
            "" => None,
            word => Some(Gender::of(word).ok_or_else(|| invalid("That is no choice of gender."))?),
        };
        Ok(Capacity {
            accepting: self.accepting,
            anticipated: number(&self.anticipated)?.unwrap_or(0),
            monthly: number(&self.monthly)?,
            desired_size: number(&self.desired_size)?,
            mix,
            gender,
            languages: self.languages.clone(),
        })
    }

    /// The id of the field that a refusal is about, by what was typed and by how its text begins.
    pub(super) fn faulty(&self, told: &str) -> &'static str {
        let fields = [
            ("anticipated", &self.anticipated),
            ("monthly", &self.monthly),
            ("desired_size", &self.desired_size),
            ("low", &self.low),
            ("medium", &self.medium),
            ("high", &self.high),
        ];
        let odd =
            |(_, typed): &&(&str, &String)| !typed.is_empty() && typed.parse::<u32>().is_err();
        match fields.iter().find(odd) {
            Some((field, _)) => field,
            None if told.starts_with("low") || told.starts_with("A share") => "low",
            None if told.starts_with("a language") => "others",
            None => "anticipated",
        }
    }

    /// Languages that are offered by name.
    pub(super) fn offered(&self) -> Vec<Choosable<'static>> {
        let offered = |language: words::Language| Choosable {
            value: language.tag,
            text: language.name,
            chosen: self.languages.iter().any(|tag| tag == language.tag),
        };
        words::LANGUAGES.into_iter().map(offered).collect()
    }

    /// All others, by their tags.
    pub(super) fn others(&self) -> String {
        let named = |tag: &&String| words::LANGUAGES.iter().any(|known| known.tag == *tag);
        let others: Vec<&str> =
            self.languages.iter().filter(|tag| !named(tag)).map(String::as_str).collect();
        others.join(" ")
    }

    /// Genders that can be stated.
    pub(super) fn genders(&self) -> Vec<Choosable<'static>> {
        let choosable = |gender: &Gender| Choosable {
            value: gender.word(),
            text: words::gender(*gender),
            chosen: self.gender == gender.word(),
        };
        Gender::ALL.iter().map(choosable).collect()
    }
}

fn tags(text: &str) -> impl Iterator<Item = String> {
    text.split([' ', ',']).filter(|tag| !tag.is_empty()).map(str::to_owned)
}

fn invalid(text: &str) -> Refusal {
    Refusal::Invalid(Ground::Number, text.to_owned())
}

fn number(text: &str) -> Result<Option<u32>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| invalid("A number of people is written in digits."))
}

fn share(text: &str) -> Result<Option<u8>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| invalid("A share is a number from 0 to 100."))
}

/// What room a panel has.
pub(super) fn room(side: &PanelSide) -> String {
    match side.stated.as_ref().zip(side.room()) {
        None => "not stated yet".to_owned(),
        Some((stated, room)) => {
            let all = stated.capacity.anticipated;
            let why = match room.bound {
                Bound::ProviderLeft => return "the provider has left the clinic".to_owned(),
                Bound::NotAccepting => return "not accepting now".to_owned(),
                Bound::Anticipated => "",
                Bound::Monthly => ", by the month",
                Bound::DesiredSize => ", by the size of the panel",
            };
            format!("{} of {all} open{why}", room.open)
        }
    }
}

/// What room a panel has, and what bounds it, to whoever stated it.
pub(super) fn room_stated(stated: &Stated, today: Today) -> String {
    let (room, day) = (stated.capacity.room(stated.taken), today.day(stated.at));
    let many = |number: Option<u32>| words::people(number.unwrap_or_default());
    let why = match room.bound {
        Bound::NotAccepting | Bound::ProviderLeft => {
            return format!("Not accepting new patients, stated on {day}.");
        }
        Bound::Anticipated => String::new(),
        Bound::Monthly => format!(": at most {} a month", many(stated.capacity.monthly)),
        Bound::DesiredSize => {
            let size = many(stated.capacity.desired_size);
            format!(": the panel is to have {size}, and has {}", stated.taken.size)
        }
    };
    let all = words::people(stated.capacity.anticipated);
    format!("Room for {} more of {all}, stated on {day}{why}.", room.open)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(form: &str) -> Stating {
        Stating::sent(serde_urlencoded::from_str(form).unwrap())
    }

    #[test]
    fn what_is_stated_and_shown_again_is_the_same() {
        let form = "accepting=yes&anticipated=12&monthly=&low=50&medium=30&high=20&gender=female&language=en&others=zh-Hant,+so";
        let stating = sent(form);
        let capacity = stating.read().unwrap();
        assert_eq!((capacity.accepting, capacity.anticipated, capacity.monthly), (true, 12, None));
        assert_eq!(capacity.mix, Some(Mix { low: 50, medium: 30, high: 20 }));
        assert_eq!(capacity.languages, ["en", "zh-Hant", "so"]);
        assert_eq!(Stating::of(Some(&capacity)), stating);
        assert_eq!(stating.others(), "zh-Hant so");
    }

    #[test]
    fn what_is_no_number_is_told_and_kept() {
        let stating = sent("accepting=no&anticipated=a+few");
        assert!(matches!(stating.read(), Err(Refusal::Invalid(..))));
        assert_eq!(stating.anticipated, "a few");
    }
}
