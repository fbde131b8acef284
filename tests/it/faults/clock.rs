//! The machine's clock steps, forwards and back.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};

use crate::answer::Answer;
use crate::faults::is_whole;
use crate::message::{ADD, PANELS, PATIENTS, QUERY, REMOVE, message};
use crate::server::{NOW, Server, Setup};

/// The periods of the members, as far as they have both ends, do not end before they begin.
fn periods_are_sound(answer: &Answer) {
    for group in answer.resources("Group") {
        for member in group["member"].as_array().into_iter().flatten() {
            let ends = ["start", "end"].map(|end| {
                member["period"][end]
                    .as_str()
                    .map(|at| at.parse::<DateTime<Utc>>().expect("an instant"))
            });
            if let [Some(start), Some(end)] = ends {
                assert!(start <= end, "{member}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_clock_does_statuses_follow_the_order_of_messages_and_periods_stay_sound() {
    let now: DateTime<Utc> = NOW.parse().expect("an instant");
    let clock = Arc::new(Mutex::new(now));
    let setup = Setup { clock: Some(clock.clone()), ..Setup::default() };
    let server = Server::with(setup).await;
    // Hours by which the clock is off, what is sent then, and what is told.
    let story = [
        (0, ADD, 0, "confirmed"),
        (-1, ADD, 1, "confirmed"),
        (-2, QUERY, 0, "not-mrp"),
        (-3, REMOVE, 0, "removed"),
        (48, ADD, 0, "confirmed"),
        (-72, QUERY, 1, "not-mrp"),
        (-72, REMOVE, 1, "removed"),
        (-96, REMOVE, 0, "removed"),
        (-120, ADD, 0, "confirmed"),
        (24, QUERY, 0, "confirmed"),
        (-200, ADD, 1, "confirmed"),
        (0, REMOVE, 1, "removed"),
    ];
    let mut told = Vec::new();
    for (hours, event, panel, status) in story {
        *clock.lock().expect("not poisoned") = now + TimeDelta::hours(hours);
        let sent = message(event, PANELS[panel], &PATIENTS[..1]);
        let answer = server.post(&sent).await;
        assert_eq!((answer.status, answer.response()), (200, "ok"), "{hours} {event}");
        assert_eq!(answer.statuses(), [status], "{hours} {event} {panel}");
        periods_are_sound(&answer);
        told.push((sent, answer));
        is_whole(&server.database).await;
    }
    for (sent, first) in told {
        assert_eq!(
            server.post(&sent).await.bytes,
            first.bytes,
            "a resent message is answered as it was"
        );
    }
    let back = "SELECT count(*) FROM (SELECT at < lag(at) OVER (ORDER BY id) AS back FROM panel.change) c WHERE back";
    assert!(
        server.database.count(back).await > 3,
        "the clock did step back, and the history says so"
    );
}
