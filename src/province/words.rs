//! Names of people and places who do not exist: composed of words that say so.

use super::dice::Dice;

const FAMILY_HEADS: [&str; 48] = [
    "Exampl",
    "Sampl",
    "Fixtur",
    "Mock",
    "Trial",
    "Test",
    "Placehold",
    "String",
    "Specim",
    "Dummy",
    "Figment",
    "Fabl",
    "Fiction",
    "Pretend",
    "Imagin",
    "Phantas",
    "Notion",
    "Hypoth",
    "Paper",
    "Draft",
    "Sketch",
    "Model",
    "Pattern",
    "Stencil",
    "Templat",
    "Blueprint",
    "Rehears",
    "Understud",
    "Decoy",
    "Mirag",
    "Invent",
    "Pseudon",
    "Alias",
    "Allegor",
    "Parabl",
    "Replic",
    "Simul",
    "Facsim",
    "Proxim",
    "Échantill",
    "Épreuv",
    "Müst",
    "Pröv",
    "Ejempl",
    "Ficci",
    "Modèl",
    "Wzór",
    "Prób",
];
const FAMILY_MIDDLES: [&str; 8] = ["er", "ing", "en", "el", "or", "is", "am", "on"];
const FAMILY_TAILS: [&str; 24] = [
    "ton", "ford", "ham", "worth", "well", "by", "field", "bridge", "wick", "stead", "leigh",
    "bury", "holm", "gate", "mere", "shaw", "croft", "dale", "combe", "den", "stone", "brook",
    "hurst", "ley",
];
const GIVEN_HEADS: [&str; 48] = [
    "Mari", "Clov", "Fern", "Haz", "Row", "Juni", "Bas", "Lind", "Wren", "Op", "Sorr", "Thist",
    "Bram", "Pepp", "Sage", "Ald", "Ivy", "Lark", "Moss", "Tans", "Cal", "Or", "Ash", "Briar",
    "Ced", "Dahl", "Elm", "Flax", "Gent", "Heath", "Iri", "Jess", "Kest", "Laur", "Myrt", "Nett",
    "Oleand", "Prim", "Quinc", "Reed", "Saffr", "Teas", "Umb", "Verv", "Will", "Yarr", "Zinn",
    "Élod",
];
const GIVEN_TAILS: [&str; 16] = [
    "a", "el", "ine", "o", "wyn", "is", "ette", "an", "ia", "or", "elle", "ory", "ey", "eth",
    "ian", "une",
];
const PLACES: [&str; 32] = [
    "Lantern", "Otter", "Fern", "Drift", "Quill", "Cedar", "Harbour", "Mill", "Gull", "Larch",
    "Saddle", "Copper", "Heron", "Maple", "Tide", "Ember", "Raven", "Salmon", "Willow", "Stone",
    "Birch", "Fox", "Glacier", "Juniper", "Kelp", "Moss", "North", "Owl", "Pebble", "Rain",
    "Spruce", "Thimble",
];
const ENDS: [&str; 16] = [
    "hollow", "bridge", "glass", "stone", "mouth", "row", "wood", "field", "crossing", "landing",
    "point", "bend", "hill", "water", "gate", "ridge",
];
const HOUSES: [&str; 8] = [
    "Family Practice",
    "Health Centre",
    "Medical Clinic",
    "Primary Care Centre",
    "Community Clinic",
    "Walk-In Clinic",
    "Family Doctors",
    "Care Centre",
];

/// A family name; one in twelve is double.
pub(super) fn family(dice: &mut Dice) -> String {
    let mut name = single(dice);
    if dice.once_in(12) {
        name.push('-');
        name.push_str(&single(dice));
    }
    name
}

fn single(dice: &mut Dice) -> String {
    let mut name = String::with_capacity(40);
    name.push_str(dice.pick(&FAMILY_HEADS));
    name.push_str(dice.pick(&FAMILY_MIDDLES));
    name.push_str(dice.pick(&FAMILY_TAILS));
    name
}

/// Given names; one person in three has two.
pub(super) fn given(dice: &mut Dice) -> Vec<String> {
    let count = if dice.once_in(3) { 2 } else { 1 };
    (0..count).map(|_| [dice.pick(&GIVEN_HEADS), dice.pick(&GIVEN_TAILS)].concat()).collect()
}

/// A clinic's name, and the town that it is in.
pub(super) fn clinic(dice: &mut Dice) -> (String, String) {
    let town = [dice.pick(&PLACES), dice.pick(&ENDS)].concat();
    (format!("{town} {}", dice.pick(&HOUSES)), town)
}

/// A postal code that no letter box has: Canada's codes hold no Q.
pub(super) fn postal_code(dice: &mut Dice) -> String {
    let letter = dice.pick(&["A", "B", "C", "E", "G", "H", "J", "K", "L", "M", "N", "P"]);
    format!("V{}Q {}{letter}{}", dice.below(10), dice.below(10), dice.below(10))
}
