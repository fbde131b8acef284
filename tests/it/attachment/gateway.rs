//! Text messages, by a gateway that is down, refuses, or is slow to take them.

use std::net::SocketAddr;

use chrono::TimeDelta;
use pas::mail::{Mail, Texts};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::letters::pages;
use super::time::Moving;
use super::*;
use crate::privacy;

/// What a gateway was sent: head and body.
type Taken = Arc<Mutex<Vec<(String, Value)>>>;

/// A gateway that answers with these statuses, one a request, and with 200 from then on.
async fn gateway(statuses: &'static [u16]) -> (SocketAddr, Taken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let address = listener.local_addr().expect("an address");
    let taken: Taken = Arc::default();
    let (mut statuses, kept) = (statuses.iter().copied(), Arc::clone(&taken));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let mut piece = [0; 4096];
            let (head, body) = loop {
                let read = stream.read(&mut piece).await.expect("a request");
                assert!(read > 0, "the request ended early");
                bytes.extend_from_slice(&piece[..read]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let head = head.to_lowercase();
                let long = head.split("content-length: ").nth(1).and_then(|l| l.lines().next());
                let long: usize = long.expect("a length").trim().parse().expect("a number");
                if body.len() == long {
                    break (head, serde_json::from_str(body).expect("JSON"));
                }
            };
            let status = statuses.next().unwrap_or(200);
            kept.lock().expect("requests").push((head, body));
            let answer =
                format!("HTTP/1.1 {status} so\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, taken)
}

fn by(address: SocketAddr) -> Mail {
    let texts = Texts::new(&format!("http://{address}/texts"), "gateway-secret\n");
    Mail::by(None, Some(texts.expect("a gateway")))
}

/// A province whose time is the test's, with a family that wants text messages and has one waiting.
async fn waiting(name: &str) -> Moving {
    let moving = Moving::start(name).await;
    let mut marigolds = family(&PATIENTS[..1]);
    marigolds["channel"] = "text".into();
    marigolds["phone"] = "(250) 555-0177".into();
    assert_eq!(moving.province.post(MARIGOLD, "/api/registrations", marigolds).await.status, 201);
    moving
}

impl Moving {
    async fn tried(&self, mail: &Mail) -> (usize, usize) {
        let service = &self.province.guarded.server.app.service;
        mail.deliver(service, &pages()).await.expect("tries")
    }

    fn minutes_later(&self, minutes: i64) {
        *self.clock.lock().expect("a clock") += TimeDelta::minutes(minutes);
    }

    async fn notices(&self, sql: &'static str) -> i64 {
        self.province.guarded.server.database.count(sql).await
    }
}

const GIVEN_UP: &str = "SELECT count(*) FROM attachment.notice WHERE given_up_at IS NOT NULL";

#[tokio::test(flavor = "multi_thread")]
async fn a_text_message_is_posted_with_our_token_to_a_number_with_its_country() {
    let moving = waiting("texts").await;
    let (address, taken) = gateway(&[]).await;
    assert_eq!(moving.tried(&by(address)).await, (1, 0));
    let taken = taken.lock().expect("requests").clone();
    let [(head, body)] = &taken[..] else { panic!("{taken:?}") };
    assert!(head.starts_with("post /texts http/1.1"), "{head}");
    assert!(head.contains("\r\nauthorization: bearer gateway-secret\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{head}");
    assert_eq!(body["to"], "+12505550177");
    let told = text(&body["text"]);
    assert!(told.starts_with("Health Connect Registry: your registration was received"), "{told}");
    assert!(told.ends_with(&pages().families) && told.chars().count() <= 300, "{told}");
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(2));
    let sent = "SELECT count(*) FROM attachment.notice WHERE sent_at IS NOT NULL AND attempts = 1";
    assert_eq!(moving.notices(sent).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_message_is_tried_again_while_the_gateway_is_in_trouble_and_taken_once() {
    let moving = waiting("texts-again").await;
    let (address, taken) = gateway(&[500, 429, 408, 302]).await;
    let mail = by(address);
    for minutes in [1, 2, 4, 8] {
        assert_eq!(moving.tried(&mail).await, (0, 1));
        assert_eq!(moving.tried(&mail).await, (0, 0), "not at once");
        moving.minutes_later(minutes);
    }
    assert_eq!(moving.notices(GIVEN_UP).await, 0);
    assert_eq!(moving.tried(&mail).await, (1, 0));
    moving.minutes_later(6_000);
    assert_eq!(moving.tried(&mail).await, (0, 0), "it is taken");
    assert_eq!(taken.lock().expect("requests").len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_message_that_is_refused_is_given_up_and_the_status_is_kept() {
    let moving = waiting("texts-refused").await;
    let (address, taken) = gateway(&[400]).await;
    let mail = by(address);
    assert_eq!(moving.tried(&mail).await, (0, 1));
    let kept = "SELECT count(*) FROM attachment.notice WHERE given_up_at IS NOT NULL AND refused_with = 400 AND sent_at IS NULL";
    assert_eq!(moving.notices(kept).await, 1);
    moving.minutes_later(6_000);
    assert_eq!(moving.tried(&mail).await, (0, 0));
    assert_eq!(taken.lock().expect("requests").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_given_up_while_the_gateway_refuses_us() {
    let moving = waiting("texts-token").await;
    let (address, taken) = gateway(&[401; 20]).await;
    let mail = by(address);
    for _ in 0..20 {
        assert_eq!(moving.tried(&mail).await, (0, 1));
        assert_eq!(moving.tried(&mail).await, (0, 0), "not at once");
        moving.minutes_later(5);
    }
    assert_eq!(moving.notices(GIVEN_UP).await, 0, "however often");
    assert_eq!(moving.tried(&mail).await, (1, 0));
    assert_eq!(taken.lock().expect("requests").len(), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_what_they_have_answered_meanwhile() {
    let moving = waiting("texts-past").await;
    let (address, taken) = gateway(&[]).await;
    let mail = by(address);
    assert_eq!(moving.tried(&mail).await, (1, 0));
    moving.days_later(90).await;
    let province = &moving.province;
    let mine = province.get(MARIGOLD, "/api/registrations").await.json;
    let member = text(&mine["families"][0]["members"][0]["registration"]);
    let path = format!("/api/registrations/{member}/reconfirm");
    assert_eq!(province.post(MARIGOLD, &path, json!({})).await.status, 200);
    assert_eq!(moving.tried(&mail).await, (0, 0));
    assert_eq!(moving.notices(GIVEN_UP).await, 1);
    assert_eq!(taken.lock().expect("requests").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_down_loses_nothing_until_a_day_and_a_half_are_over() {
    let moving = waiting("texts-down").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let nowhere = listener.local_addr().expect("an address");
    drop(listener);
    for _ in 0..11 {
        assert_eq!(moving.tried(&by(nowhere)).await, (0, 1));
        moving.minutes_later(1_100);
    }
    assert_eq!(moving.notices(GIVEN_UP).await, 0);
    assert_eq!(moving.tried(&by(nowhere)).await, (0, 1));
    let kept = "SELECT count(*) FROM attachment.notice WHERE given_up_at IS NOT NULL AND refused_with IS NULL AND attempts = 12";
    assert_eq!(moving.notices(kept).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_at_once_send_each_text_message_once() {
    let moving = waiting("texts-twice").await;
    let province = &moving.province;
    for (place, who) in [(1, BASIL), (2, MARIGOLD), (3, BASIL)] {
        let mut others = family(&PATIENTS[place..=place]);
        others["channel"] = "text".into();
        others["phone"] = format!("250 555 01{place}0").into();
        assert_eq!(province.post(who, "/api/registrations", others).await.status, 201);
    }
    let (address, taken) = gateway(&[]).await;
    let (one, other) = (by(address), by(address));
    let (one, other) = tokio::join!(moving.tried(&one), moving.tried(&other));
    assert_eq!((one.0 + other.0, one.1 + other.1), (4, 0));
    let mut numbers: Vec<String> =
        taken.lock().expect("requests").iter().map(|(_, body)| text(&body["to"])).collect();
    numbers.sort();
    assert_eq!(numbers, ["+12505550110", "+12505550120", "+12505550130", "+12505550177"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_gateway_text_messages_wait_and_letters_do_not() {
    let moving = waiting("texts-wait").await;
    let mail = Mail::smtp("smtp://127.0.0.1:9", "registry@pas.example").expect("a mail server");
    assert_eq!(moving.tried(&mail).await, (0, 0));
    let untried = "SELECT count(*) FROM attachment.notice WHERE attempts = 0";
    assert_eq!(moving.notices(untried).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_text_message_is_in_the_log() {
    privacy::capture_log();
    let moving = waiting("texts-log").await;
    let (address, _) = gateway(&[500, 400]).await;
    let mail = by(address);
    assert_eq!(moving.tried(&mail).await, (0, 1));
    moving.minutes_later(1);
    assert_eq!(moving.tried(&mail).await, (0, 1));
    let log = privacy::log();
    for secret in ["5550177", "555-0177", "gateway-secret", "registration was received"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_that_wants_text_messages_has_a_number_that_can_be_dialled() {
    let province = Province::start("texts-number").await;
    let mut marigolds = family(&PATIENTS[..1]);
    marigolds["channel"] = "text".into();
    marigolds["phone"] = "555 0177".into();
    let refused = province.post(MARIGOLD, "/api/registrations", marigolds.clone()).await;
    assert_eq!(refused.status, 422, "no area code");
    marigolds["channel"] = "phone".into();
    let taken = province.post(MARIGOLD, "/api/registrations", marigolds).await;
    assert_eq!(taken.status, 201, "people know where they are");
}
