//! Several servers on one Postgres, killed at random under load: what their senders were told, held against what may be.
//!
//! A run (`load`) writes down every delivery of every message: when it was sent, when and how it was answered, if it was. Two
//! judges then look at it, both pure: `order` looks at each patient's history alone, as the senders saw it, and searches for a
//! serial order in which every answer is true; `rows` holds the database against the same history. Their own tests show
//! them bad histories.

mod load;
mod model;
mod order;
mod rows;
mod verdict;

use crate::cluster::{self, Database};
pub use load::Plan;
use load::run;
use verdict::{Fault, judge};

/// Unanswered messages up to which a history is also judged without a look into the database.
const FEW_UNKNOWN: usize = 12;

/// The history of one run is as it must be, and the judges would have seen it otherwise.
pub async fn holds(plan: Plan, database: Database) {
    let (history, deaths) = run(&plan, &database).await;
    let kept = rows::read(&database.url).await;
    assert_eq!(rows::judge(&history, &kept), Ok(()), "seed {}", plan.seed);
    let words = kept.kept.iter().map(|kept| (kept.bundle.as_str(), kept.words.as_slice()));
    assert_eq!(judge(&history.informed(&words.collect())), Ok(()), "seed {}", plan.seed);
    let counts = history.counts();
    // As the senders saw it; with many of whom nobody knows, there are too many possibilities.
    if counts.unknown <= FEW_UNKNOWN {
        assert_eq!(judge(&history), Ok(()), "seed {}", plan.seed);
    }
    let (unknown, steps) = (counts.unknown, kept.steps.len());
    eprintln!("{counts:?}; {unknown} stayed unanswered, {deaths} servers killed, {steps} steps");
    assert!(deaths >= plan.deaths && counts.messages >= plan.messages / 2);
    assert!(counts.repeated > 0 && counts.unanswered > 0, "{counts:?}");
    // A judge who finds this sound, but not that, did look.
    let mut stale = history.clone();
    stale.lie_about_a_query();
    let words = kept.kept.iter().map(|kept| (kept.bundle.as_str(), kept.words.as_slice()));
    let stale = judge(&stale.informed(&words.collect()));
    assert!(matches!(stale, Err(Fault::NoOrder { .. })));
    let mut lost = kept.clone();
    lost.steps.remove(lost.steps.len() / 2);
    assert!(rows::judge(&history, &lost).is_err());
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_killed_at_random_keep_to_one_serial_order_a_patient() {
    let plan = Plan { seed: 4, clients: 8, messages: 280, deaths: 4, through: None };
    holds(plan, cluster::database().await).await;
}

/// As long as one has patience for: `cargo test --test it -- --ignored --nocapture three_servers_for_long`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn three_servers_for_long() {
    for seed in 100..110 {
        let plan = Plan { seed, clients: 24, messages: 2_000, deaths: 20, through: None };
        holds(plan, cluster::database().await).await;
    }
}
