use std::collections::HashSet;

use proptest::prelude::*;

use super::dice::shuffled;
use super::*;
use crate::message::Phn;

const fn plan(seed: u64) -> Plan {
    Plan { seed, people: 1_000_000, providers: 6_000, clinics: 800 }
}

fn province(seed: u64) -> Province {
    Province::new(plan(seed)).unwrap()
}

proptest! {
    #[test]
    fn a_person_is_the_same_alone_and_in_the_stream(seed: u64, i in 3u64..Province::MOST_PEOPLE) {
        let stream: Vec<Person> = (i - 3..=i).map(|i| province(seed).person(i)).collect();
        prop_assert_eq!(&province(seed).person(i), stream.last().unwrap());
        // How large the province is says nothing of who is in it.
        let larger = Province::new(Plan { people: Province::MOST_PEOPLE, ..plan(seed) }).unwrap();
        prop_assert_eq!(&larger.person(i), stream.last().unwrap());
    }

    #[test]
    fn every_number_is_valid_and_no_number_of_the_cast(seed: u64, i in 0..Province::MOST_PEOPLE) {
        let phn = province(seed).person(i).phn;
        prop_assert!(Phn::parse(&phn, true).is_ok());
        prop_assert!(!phn.starts_with("9876500"));
    }

    #[test]
    fn two_people_never_share_a_number(seed: u64, i in 0..Province::MOST_PEOPLE,
                                       k in 0..Province::MOST_PEOPLE) {
        prop_assume!(i != k);
        prop_assert_ne!(phn(seed, i), phn(seed, k));
    }

    #[test]
    fn lives_are_in_order(seed: u64, i in 0..Province::MOST_PEOPLE) {
        let person = province(seed).person(i);
        prop_assert!(person.birth_date < DAY && DAY.years_since(person.birth_date) <= Some(100));
        if let Some(former) = &person.former {
            prop_assert!(person.birth_date < former.until && former.until < DAY);
        }
        if let Standing::Deceased(Some(day)) = person.standing {
            prop_assert!(person.birth_date <= day && day < DAY);
        }
    }
}

#[test]
fn a_million_people_have_a_million_numbers_spread_over_all_there_are() {
    let numbers: Vec<String> = (0..1_000_000).map(|i| phn(7, i)).collect();
    assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), 1_000_000);
    let mut thousands = [0_u32; 1_000];
    for number in &numbers {
        thousands[number[1..4].parse::<usize>().unwrap()] += 1;
    }
    assert!(thousands.iter().all(|count| (800..1_200).contains(count)), "{thousands:?}");
    // Who comes next stands far away.
    let near = numbers.windows(2).filter(|pair| pair[0][..4] == pair[1][..4]).count();
    assert!(near < 2_000, "{near}");
}

#[test]
fn the_shuffle_meets_every_number_once() {
    for seed in 0..20 {
        let met: HashSet<u64> = (0..35 * 24).map(|i| shuffled::<35, 24>(seed, i)).collect();
        assert_eq!(met, (0..35 * 24).collect());
    }
}

#[test]
fn another_seed_gives_other_people_providers_and_clinics() {
    let (one, other) = (province(1), province(2));
    assert_ne!(one.person(0).phn, other.person(0).phn);
    assert_ne!(one.person(0).family, other.person(0).family);
    assert_ne!(one.provider(0).family, other.provider(0).family);
    assert_ne!(one.clinic(0).name, other.clinic(0).name);
}

/// The shares that the documentation states, and names enough to be told apart.
#[test]
fn people_are_of_every_kind_and_most_are_fit() {
    let people: Vec<Person> = (0..100_000).map(|i| province(3).person(i)).collect();
    let count = |is: fn(&Person) -> bool| people.iter().filter(|person| is(person)).count();
    let in_range = |share: std::ops::Range<usize>, is: fn(&Person) -> bool| {
        assert!(share.contains(&count(is)), "{} not in {share:?}", count(is));
    };
    in_range(97_500..98_700, Person::fit);
    in_range(30_000..37_000, |person| person.given.len() == 2);
    in_range(9_000..11_000, |person| person.former.is_some());
    in_range(50..200, |person| person.standing == Standing::Masked);
    in_range(900..1_300, |person| matches!(person.standing, Standing::Deceased(_)));
    in_range(350..650, |person| matches!(person.standing, Standing::Replaced { .. }));
    let families: HashSet<&str> = people.iter().map(|person| person.family.as_str()).collect();
    assert!(families.len() > 5_000, "{}", families.len());
}

#[test]
fn a_merged_record_is_the_same_persons_as_the_one_it_was_merged_into() {
    let province = province(4);
    let merged: Vec<u64> = (0..10_000)
        .filter(|i| matches!(province.person(*i).standing, Standing::Replaced { .. }))
        .collect();
    assert!(!merged.is_empty());
    for i in merged {
        let (gone, survivor) = (province.person(i), province.person(i - 1));
        assert_eq!(gone.standing, Standing::Replaced { by: survivor.phn });
        assert_eq!((gone.family, gone.birth_date), (survivor.family, survivor.birth_date));
    }
}

#[test]
fn providers_and_clinics_have_numbers_of_their_own() {
    let province = province(5);
    let providers: HashSet<String> = (0..6_000).map(|j| province.provider(j).number).collect();
    let clinics: HashSet<String> = (0..800).map(|k| province.clinic(k).facility).collect();
    assert_eq!((providers.len(), clinics.len()), (6_000, 800));
    assert!((0..6_000).all(|j| province.provider(j).clinic < 800));
}

#[test]
fn a_plan_that_cannot_be_followed_is_refused() {
    let crowded = Plan { people: Province::MOST_PEOPLE + 1, ..plan(0) };
    assert_eq!(Province::new(crowded).unwrap_err(), PlanFault::TooManyPeople);
    assert_eq!(Province::new(Plan { clinics: 0, ..plan(0) }).unwrap_err(), PlanFault::NoClinic);
    assert!(Province::new(Plan { providers: 0, clinics: 0, ..plan(0) }).is_ok());
}
