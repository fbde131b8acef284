//! What families are told: once of each thing, by a real mail server, again if it was not at home.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use pas::attachment::NoticePages;
use pas::mail::Mail;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::time::Moving;
use super::*;

const PAGE: &str = "https://pas.example/my/registrations";

/// Where notices lead.
pub fn pages() -> NoticePages {
    NoticePages { families: PAGE.to_owned(), people: "https://pas.example/my".to_owned() }
}

/// What is answered to `RCPT`, when it is.
type Answered = Pin<Box<dyn Future<Output = &'static str> + Send>>;

/// A mail server that answers `RCPT` with these lines, one a letter, and then takes everything; it keeps what it took.
async fn mail_server(refusals: Vec<&'static str>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let refusals = Mutex::new(refusals);
    slow_mail_server(move || {
        let refusal = refusals.lock().expect("refusals").pop();
        Box::pin(async move { refusal.unwrap_or("250 known") })
    })
    .await
}

/// One that takes its time with it.
async fn slow_mail_server(
    answer: impl Fn() -> Answered + Send + Sync + 'static,
) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let address = listener.local_addr().expect("an address");
    let taken: Arc<Mutex<Vec<String>>> = Arc::default();
    let (answer, kept) = (Arc::new(answer), Arc::clone(&taken));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                let _ = write.write_all(b"220 mail.example\r\n").await;
                let mut letter: Option<String> = None;
                while let Ok(Some(line)) = lines.next_line().await {
                    let told = match (&mut letter, line.as_str()) {
                        (Some(text), ".") => {
                            kept.lock().expect("letters").push(std::mem::take(text));
                            letter = None;
                            "250 taken"
                        }
                        (Some(text), line) => {
                            text.push_str(line);
                            text.push('\n');
                            continue;
                        }
                        (None, line) if line.starts_with("RCPT") => answer().await,
                        (None, "DATA") => {
                            letter = Some(String::new());
                            "354 go on"
                        }
                        (None, "QUIT") => "221 good-bye",
                        (None, _) => "250 well",
                    };
                    let _ = write.write_all(format!("{told}\r\n").as_bytes()).await;
                }
            });
        }
    });
    (address, taken)
}

fn subjects(letters: &Mutex<Vec<String>>) -> Vec<String> {
    let letters = letters.lock().expect("letters");
    let subject = |letter: &String| {
        letter.lines().find_map(|l| l.strip_prefix("Subject: ")).map(str::to_owned)
    };
    letters.iter().filter_map(subject).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_chosen_is_told_that_they_wait_on_and_whoever_is_that_they_have_a_provider()
{
    let moving = Moving::start("letters").await;
    let province = &moving.province;
    let panel = province.room_for(2).await;
    let (marigolds, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let (basils, _) = province.register(BASIL, &PATIENTS[1..3]).await;
    province.send(panel, &[&marigolds]).await;
    province.emr(ADD, &PATIENTS[..1]).await;
    let list = province.send(panel, &[&basils]).await;
    assert_eq!(list.status, 409, "no room for two more");
    province.room_for(3).await;
    let list = province.send(panel, &[&basils]).await.json;
    let answers: Vec<Value> = proposals(&list)
        .into_iter()
        .map(|id| json!({"proposal": id, "answer": "declined", "reason": "distance"}))
        .collect();
    let path = format!("/api/lists/{}/answers", text(&list["id"]));
    province.post(JUNIPER, &path, json!({"answers": answers})).await;
    let (address, letters) = mail_server(Vec::new()).await;
    let mail = Mail::smtp(&format!("smtp://{address}"), "Registry <registry@pas.example>")
        .expect("a mail server");
    let service = &province.guarded.server.app.service;
    let to = pages();
    let (one, other) = tokio::join!(mail.deliver(service, &to), mail.deliver(service, &to));
    let (one, other) = (one.expect("delivers"), other.expect("delivers"));
    assert_eq!((one.0 + other.0, one.1 + other.1), (4, 0), "each by one of two servers");
    let mut told = subjects(&letters);
    told.sort();
    assert_eq!(
        told,
        [
            "You are on the Health Connect Registry",
            "You are on the Health Connect Registry",
            "You are still waiting, since the day you registered",
            "You have a provider",
        ]
    );
    let all = letters.lock().expect("letters").join("\n");
    assert!(all.contains(PAGE) && all.contains("To: somebody@mail.example"));
    for secret in ["98765", "Marigold", "Basil", "Fixturing", "distance", "Testwell"] {
        assert!(!all.contains(secret), "{secret} is in a letter");
    }
    assert_eq!(mail.deliver(service, &pages()).await.expect("delivers"), (0, 0), "told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_tried_again_until_it_is_taken_or_will_never_be() {
    let moving = Moving::start("letters-again").await;
    let province = &moving.province;
    province.register(MARIGOLD, &PATIENTS[..1]).await;
    let later = |minutes| *moving.clock.lock().expect("a clock") += TimeDelta::minutes(minutes);
    let service = &province.guarded.server.app.service;
    let count = |sql| province.guarded.server.database.count(sql);
    let (address, letters) = mail_server(vec!["451 come again", "451 come again"]).await;
    let mail =
        Mail::smtp(&format!("smtp://{address}"), "registry@pas.example").expect("a mail server");
    assert_eq!(mail.deliver(service, &pages()).await.expect("tries"), (0, 1));
    assert_eq!(mail.deliver(service, &pages()).await.expect("tries"), (0, 0), "not at once");
    later(1);
    assert_eq!(mail.deliver(service, &pages()).await.expect("tries"), (0, 1));
    later(1);
    assert_eq!(mail.deliver(service, &pages()).await.expect("tries"), (0, 0), "later and later");
    later(1);
    assert_eq!(mail.deliver(service, &pages()).await.expect("tries"), (1, 0));
    assert_eq!(letters.lock().expect("letters").len(), 1);
    assert_eq!(
        count("SELECT count(*) FROM attachment.notice WHERE sent_at IS NOT NULL AND attempts = 3")
            .await,
        1
    );

    province.register(BASIL, &PATIENTS[1..2]).await;
    let (address, letters) = mail_server(vec!["550 nobody of that name"]).await;
    let mail =
        Mail::smtp(&format!("smtp://{address}"), "registry@pas.example").expect("a mail server");
    assert_eq!(mail.deliver(service, &pages()).await.expect("tries"), (0, 1));
    assert_eq!(
        count("SELECT count(*) FROM attachment.notice WHERE given_up_at IS NOT NULL").await,
        1
    );
    later(600);
    assert_eq!(mail.deliver(service, &pages()).await.expect("tries"), (0, 0), "given up");
    assert_eq!(letters.lock().expect("letters").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_slow_a_mail_server_is_nobody_else_sends_what_it_has_in_hand_or_will_have() {
    let moving = Moving::start("letters-slow").await;
    let province = &moving.province;
    for (place, who) in [(0, MARIGOLD), (1, BASIL), (2, MARIGOLD)] {
        let mut family = family(&PATIENTS[place..=place]);
        family["email"] = format!("somebody{place}@mail.example").into();
        assert_eq!(province.post(who, "/api/registrations", family).await.status, 201);
    }
    // It takes 40 seconds with each letter, and has the second one in hand until it is let go.
    let (clock, in_hand, go_on) = (moving.clock.clone(), Arc::default(), Arc::default());
    let (held, let_go): (Arc<Notify>, Arc<Notify>) = (Arc::clone(&in_hand), Arc::clone(&go_on));
    let came = AtomicUsize::new(0);
    let (address, slowly) = slow_mail_server(move || {
        *clock.lock().expect("a clock") += TimeDelta::seconds(40);
        let is_second = came.fetch_add(1, Ordering::Relaxed) == 1;
        let (held, let_go) = (Arc::clone(&held), Arc::clone(&let_go));
        Box::pin(async move {
            if is_second {
                held.notify_one();
                let_go.notified().await;
            }
            "250 known"
        })
    })
    .await;
    let (beside, quickly) = mail_server(Vec::new()).await;
    let by = |address| Mail::smtp(&format!("smtp://{address}"), "registry@pas.example");
    let (slow, quick) = (by(address).expect("a mail server"), by(beside).expect("a mail server"));
    let service = &province.guarded.server.app.service;
    let meanwhile = async {
        in_hand.notified().await;
        let sent = quick.deliver(service, &pages()).await;
        go_on.notify_one();
        sent.expect("delivers")
    };
    let to = pages();
    let (slow, quick) = tokio::join!(slow.deliver(service, &to), meanwhile);
    assert_eq!((slow.expect("delivers"), quick), ((2, 0), (1, 0)));
    let mut all = slowly.lock().expect("letters").clone();
    all.extend(quickly.lock().expect("letters").iter().cloned());
    let to =
        |letter: &String| letter.lines().find_map(|l| l.strip_prefix("To: ")).map(str::to_owned);
    let mut to: Vec<String> = all.iter().filter_map(to).collect();
    to.sort();
    assert_eq!(to, ["somebody0@mail.example", "somebody1@mail.example", "somebody2@mail.example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_shows_what_it_would_have_sent() {
    let province = Province::start("letters-caught").await;
    province.register(MARIGOLD, &PATIENTS[..1]).await;
    let app = &province.guarded.server.app;
    let mail = app.mail.as_ref().expect("the sandbox's");
    assert_eq!(mail.deliver(&app.service, &pages()).await.expect("delivers"), (1, 0));
    let ask = province.guarded.server.request("/sandbox/mail").method("GET");
    let page = province.guarded.server.send(ask).await;
    let page = String::from_utf8(page.bytes.to_vec()).expect("text");
    assert!(page.contains("You are on the Health Connect Registry"), "{page}");
}
