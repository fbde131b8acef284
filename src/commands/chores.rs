//! What a server does beside answering: each chore in its own turn, none in the way of a message.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tracing::{info, warn};

use crate::attachment::{ContactChannel, NoticePages};
use crate::clock::Clock;
use crate::http::App;
use crate::store::Store;
use crate::workflow::pass_time;

/// Says so when the role in DATABASE_URL owns the audit trail: then only the seals guard it against a server taken over.
pub(super) async fn warn_of_ownership(store: Store) {
    // Whatever keeps Postgres from answering is told elsewhere.
    if store.trail_is_ours_to_alter().await.unwrap_or(false) {
        warn!(
            "DATABASE_URL connects as the owner of the audit trail: see Two roles in docs/OPERATING.md"
        );
    }
}

/// How often months are looked at: often enough that a failure is made good long before a month is needed.
const MONTHS: Duration = Duration::from_secs(6 * 3_600);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(60);

/// Keeps partitions of answers ahead of time and within their retention, for ever.
pub(super) async fn turn_months(store: Store, keep_days: u32) {
    let keep = TimeDelta::days(i64::from(keep_days));
    loop {
        let pause = match store.turn_months(Clock::System.now(), keep).await {
            Ok(turnover) => {
                if turnover.opened > 0 || turnover.dropped > 0 {
                    info!(turnover.opened, turnover.dropped, "months of answers");
                }
                MONTHS
            }
            Err(error) => {
                warn!(%error, "months of answers: trying again in a minute");
                AGAIN
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// How often it is looked what time has made due in the attachment workflow.
const TIME: Duration = Duration::from_secs(60);

/// Does what time makes due, for ever: asks people whether they are still looking, puts back whoever was not answered.
pub(super) async fn keep_time(app: Arc<App>) {
    loop {
        let pause = match pass_time(&app.service).await {
            Ok(passed) if passed.is_something() => {
                info!(passed.registrations, passed.lists, passed.reminders, "time passed");
                Duration::ZERO
            }
            Ok(_) => TIME,
            Err(error) => {
                warn!(%error, "what time makes due: trying again in a minute");
                AGAIN
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// How often notices go out.
const MAIL: Duration = Duration::from_secs(30);

/// Sends notices by one channel, for ever; with nowhere to send them, they wait.
pub(super) async fn keep_mailing(app: Arc<App>, by: ContactChannel, pages: NoticePages) {
    let Some(mail) = app.mail.as_ref().filter(|mail| mail.goes(by)) else { return };
    let channel = by.word();
    loop {
        let pause = match mail.deliver_by(by, &app.service, &pages).await {
            Ok((0, 0)) => MAIL,
            Ok((sent, failed)) => {
                info!(channel, sent, failed, "notices");
                Duration::from_secs(1)
            }
            Err(error) => {
                warn!(channel, %error, "notices: trying again in a minute");
                AGAIN
            }
        };
        tokio::time::sleep(pause).await;
    }
}
