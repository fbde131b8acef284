//! Invented provinces of any size, for `pas generate` and the benches. The same plan gives the same people; each can be
//! made alone, without those before. Pure: no clock, no chance of its own.
//!
//! A number of the right form may well be some real person's number: there are only so many. Nothing else of anybody real
//! is in here; names are composed of words that say that they are invented.

mod dice;
mod lines;
mod words;
#[cfg(test)]
mod tests;

pub use lines::{Book, Writer};

use chrono::{Days, NaiveDate};

use dice::{Dice, shuffled};

/// How large a province is, and by which seed it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Another seed gives other people.
    pub seed: u64,
    /// People in the Client Registry.
    pub people: u64,
    /// Providers, each in PLR and PAS, with one role.
    pub providers: u32,
    /// Clinics, each in PLR and PAS.
    pub clinics: u32,
}

/// Why a plan cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanFault {
    /// More people than there are numbers.
    #[error("at most {} people can be told apart by their PHNs", Province::MOST_PEOPLE)]
    TooManyPeople,
    /// Providers work at clinics.
    #[error("providers need at least one clinic")]
    NoClinic,
}

/// A province that can be asked for its people one by one.
#[derive(Debug, Clone, Copy)]
pub struct Province {
    plan: Plan,
}

/// A former name of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// The family name that was; the given names have stayed.
    pub family: String,
    /// The last day on which it held; the present name holds from the next.
    pub until: NaiveDate,
}

/// How a person stands in the Client Registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Alive and on record: whoever adds them is not refused for their sake.
    Fit,
    /// Dead; with the day, where it is known.
    Deceased(Option<NaiveDate>),
    /// Demographics are withheld.
    Masked,
    /// This number was merged into another, that of the person before.
    Replaced {
        /// The surviving number.
        by: String,
    },
}

/// A person as the Client Registry knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Personal health number: ten digits with a valid check digit.
    pub phn: String,
    /// Present family name.
    pub family: String,
    /// Given names, one or two.
    pub given: Vec<String>,
    /// FHIR administrative gender.
    pub gender: &'static str,
    /// Day of birth.
    pub birth_date: NaiveDate,
    /// The name before this one; about every tenth person has one.
    pub former: Option<Former>,
    /// How they stand in the registry; about 98 of 100 are fit.
    pub standing: Standing,
}

impl Person {
    /// Whether a message that adds this person, with these data, is granted.
    pub fn fit(&self) -> bool {
        self.standing == Standing::Fit
    }

    /// What `Patient.name.given[0]` of a message holds: all given names (docs/DIVERGENCES.md).
    pub fn given_joined(&self) -> String {
        self.given.join(" ")
    }
}

/// A provider, equal in PLR and PAS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Key of the record, and id of the resource.
    pub key: String,
    /// Ministry practitioner id.
    pub number: String,
    /// Number of the licence.
    pub licence: String,
    /// Family name.
    pub family: String,
    /// Given names, one or two.
    pub given: Vec<String>,
    /// First day of licence and role.
    pub since: NaiveDate,
    /// The clinic of the provider's one role.
    pub clinic: u32,
}

/// A clinic, equal in PLR and PAS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clinic {
    /// Key of the record, and id of the resource.
    pub key: String,
    /// MSP facility number.
    pub facility: String,
    /// Name.
    pub name: String,
    /// Where it is.
    pub town: String,
    /// Postal code.
    pub postal_code: String,
}

/// The day on which every province stands still: births and deaths are before it, licences began before it.
const DAY: NaiveDate = match NaiveDate::from_ymd_opt(2026, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// The kinds of things that dice are thrown for.
const PERSON: u64 = 11;
const STANDING: u64 = 12;
const PROVIDER: u64 = 13;
const CLINIC: u64 = 14;

/// Two factors of the count of numbers that can be given out (see `phn`).
const LEFT: u64 = 7_992;
const RIGHT: u64 = 10_010;

impl Province {
    /// How many people can have numbers: 8 for every seven digits in the middle, but for ten such that are the cast's.
    pub const MOST_PEOPLE: u64 = LEFT * RIGHT;

    /// A province after a plan.
    ///
    /// # Errors
    /// When there are more people than numbers, or providers without a clinic to work at.
    pub const fn new(plan: Plan) -> Result<Self, PlanFault> {
        if plan.people > Self::MOST_PEOPLE {
            return Err(PlanFault::TooManyPeople);
        }
        if plan.clinics == 0 && plan.providers > 0 {
            return Err(PlanFault::NoClinic);
        }
        Ok(Province { plan })
    }

    /// The plan that it follows.
    pub const fn plan(&self) -> Plan {
        self.plan
    }

    /// Person `i`, below `plan.people`. One made beyond that is nobody of this province, but no two share a number
    /// below [`Province::MOST_PEOPLE`].
    pub fn person(&self, i: u64) -> Person {
        let seed = self.plan.seed;
        let phn = phn(seed, i);
        // A merged record is the same person's as the one before, which is therefore never merged itself.
        let merged = i % 2 == 1 && Dice::of(seed, STANDING, i).once_in(100);
        let mut dice = Dice::of(seed, PERSON, if merged { i - 1 } else { i });
        let mut person = Person {
            phn,
            family: words::family(&mut dice),
            given: words::given(&mut dice),
            gender: ["female", "male", "female", "male", "female", "male", "other"]
                [dice.below(7) as usize],
            birth_date: before(DAY, 1 + dice.below(85 * 365) + dice.below(15 * 365)),
            former: None,
            standing: Standing::Fit,
        };
        let days = (DAY - person.birth_date).num_days().unsigned_abs();
        if dice.once_in(10) && days > 1 {
            let until = before(DAY, 1 + dice.below(days - 1));
            person.former = Some(Former { family: words::family(&mut dice), until });
        }
        person.standing = match dice.below(1_000) {
            _ if merged => Standing::Replaced { by: self::phn(seed, i - 1) },
            0 => Standing::Masked,
            1..=6 => Standing::Deceased(Some(before(DAY, 1 + dice.below(days)))),
            7..=11 => Standing::Deceased(None),
            _ => Standing::Fit,
        };
        person
    }

    /// Provider `j`, below `plan.providers`.
    pub fn provider(&self, j: u32) -> Provider {
        let mut dice = Dice::of(self.plan.seed, PROVIDER, j.into());
        Provider {
            key: format!("invented-provider-{j}"),
            number: format!("2{j:06}"),
            licence: format!("7{j:06}"),
            family: words::family(&mut dice),
            given: words::given(&mut dice),
            since: before(DAY, 1 + dice.below(30 * 365)),
            clinic: j % self.plan.clinics.max(1),
        }
    }

    /// Clinic `k`, below `plan.clinics`.
    pub fn clinic(&self, k: u32) -> Clinic {
        let mut dice = Dice::of(self.plan.seed, CLINIC, k.into());
        let (name, town) = words::clinic(&mut dice);
        Clinic {
            key: format!("invented-clinic-{k}"),
            facility: format!("G{k:05}"),
            name,
            town,
            postal_code: words::postal_code(&mut dice),
        }
    }
}

fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

/// The `i`th number: drawn by the seed from all that can be given out, each once.
///
/// Of the ten digits the first is 9. The next seven are free, but for ten values that are left to the cast. Of
/// the ten values of the ninth digit at least eight have a check digit, so the first eight that do are used.
fn phn(seed: u64, i: u64) -> String {
    const WEIGHTS: [u64; 7] = [2, 4, 8, 5, 10, 9, 7];
    const CAST: u64 = 8_765_000;
    let number = shuffled::<LEFT, RIGHT>(seed, i % Province::MOST_PEOPLE);
    let (mut middle, nth) = (number / 8, number % 8);
    if middle >= CAST {
        middle += 10;
    }
    let (mut sum, mut rest) = (0, middle);
    for weight in WEIGHTS.iter().rev() {
        sum += weight * (rest % 10);
        rest /= 10;
    }
    let check = |ninth: &u64| 11 - (sum + 3 * ninth) % 11;
    let mut ninths = (0..10).filter(|ninth| check(ninth) < 10);
    let ninth = ninths.nth(nth as usize).unwrap_or_default();
    format!("9{middle:07}{ninth}{}", check(&ninth))
}
