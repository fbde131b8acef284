//! One function a rule, named alike. Each looks at its own elements only and says yes, or what is wrong.

pub(super) mod clinic;
pub(super) mod patient;
pub(super) mod provider;
pub(super) mod role;

use super::{Holders, How};

/// The verdict when what was compared with PLR and with PAS came out like this.
fn differing(plr: bool, pas: bool) -> Option<How> {
    match (plr, pas) {
        (false, false) => None,
        (true, false) => Some(How::Differs(Holders::Plr)),
        (false, true) => Some(How::Differs(Holders::Pas)),
        (true, true) => Some(How::Differs(Holders::PlrAndPas)),
    }
}
