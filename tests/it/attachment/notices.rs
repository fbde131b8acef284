//! What those who act for panels and those who coordinate are told: once of each thing, in the way they want, and about nobody.

use pas::mail::Sent;

use super::letters::pages;
use super::time::Moving;
use super::*;

const BARNABY: &str = "barnaby.sampleworth";
const FABLE: &str = "fable.pairwood";

impl Province {
    /// Somebody says how they want to be told.
    pub async fn tells(&self, who: &str, contact: Value) {
        let kept = self.put(who, "/api/me/contact", contact).await;
        assert_eq!(kept.status, 200, "{:?}", kept.json);
    }

    /// Everybody concerned says so: Juniper and Cosmo by letter, Dahlia by text message; others as well, whom it does not concern.
    async fn everybody_tells(&self) {
        for who in [JUNIPER, COSMO, BARNABY, FABLE] {
            let email = format!("{who}@work.example");
            self.tells(who, json!({"channel": "email", "email": email})).await;
        }
        self.tells(DAHLIA, json!({"channel": "text", "phone": "(250) 555-0142"})).await;
    }

    /// To whom something went since the last time, and its subject or the text.
    pub async fn delivered(&self) -> Vec<(String, String)> {
        let app = &self.guarded.server.app;
        let mail = app.mail.as_ref().expect("the sandbox's");
        let before = mail.caught().expect("a sandbox").len();
        while mail.deliver(&app.service, &pages()).await.expect("delivers") != (0, 0) {}
        let caught = mail.caught().expect("a sandbox");
        let new = caught[..caught.len() - before].iter();
        let mut new: Vec<_> = new
            .map(|caught| match &caught.told {
                Sent::Letter(letter) => (caught.to.clone(), letter.subject.to_owned()),
                Sent::Text(text) => (caught.to.clone(), text.clone()),
            })
            .collect();
        new.sort();
        new
    }

    async fn accept(&self, list: &Value) {
        let accepted = |id: i64| json!({"proposal": id, "answer": "accepted"});
        let answers: Vec<Value> = proposals(list).into_iter().map(accepted).collect();
        let path = format!("/api/lists/{}/answers", text(&list["id"]));
        let answered = self.post(JUNIPER, &path, json!({"answers": answers})).await;
        assert_eq!(answered.status, 200, "{:?}", answered.json);
    }
}

fn letters_of(told: &[(String, String)], to: &str) -> Vec<String> {
    let theirs = told.iter().filter(|(of, _)| of.starts_with(to));
    theirs.map(|(_, text)| text.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_acts_for_a_panel_is_told_when_a_list_comes_is_due_and_expires() {
    let moving = Moving::start("told-lists").await;
    let province = &moving.province;
    let panel = province.room_for(2).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    province.everybody_tells().await;
    province.delivered().await;

    assert_eq!(province.send(panel, &[&family]).await.status, 201);
    let told = province.delivered().await;
    assert_eq!(letters_of(&told, JUNIPER), ["There is a list to answer"]);
    let texts = letters_of(&told, "(250) 555-0142");
    assert!(
        matches!(&texts[..], [text] if text.ends_with("Sign in to see it: https://pas.example/my")),
        "{texts:?}"
    );
    assert_eq!(told.len(), 2, "nobody else: {told:?}");

    moving.days_later(7).await;
    let told = province.delivered().await;
    assert_eq!(letters_of(&told, JUNIPER), ["A list is still to be answered"]);
    assert_eq!(told.len(), 2, "{told:?}");
    moving.days_later(0).await;
    assert_eq!(province.delivered().await, [], "reminded once");

    moving.days_later(7).await;
    let told = province.delivered().await;
    assert_eq!(letters_of(&told, JUNIPER), ["A list was not answered in time"]);
    assert_eq!(letters_of(&told, COSMO), ["A list of your network is closed"]);
    let family = letters_of(&told, "somebody@mail.example");
    assert_eq!(family, ["You are still waiting, since the day you registered"]);
    assert_eq!(told.len(), 4, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn coordinators_are_told_when_everybody_on_a_list_is_answered_and_when_an_emr_answers() {
    let province = Province::start("told-closed").await;
    let panel = province.room_for(3).await;
    let (marigolds, _) = province.register(MARIGOLD, &PATIENTS[..2]).await;
    province.everybody_tells().await;
    let list = province.send(panel, &[&marigolds]).await.json;
    let one = json!({"answers": [{"proposal": proposals(&list)[0], "answer": "in-intake"}]});
    let path = format!("/api/lists/{}/answers", text(&list["id"]));
    assert_eq!(province.post(JUNIPER, &path, one).await.status, 200);
    let told = province.delivered().await;
    assert_eq!(letters_of(&told, COSMO), [""; 0], "somebody is still to be answered");
    province.accept(&list).await;
    let told = province.delivered().await;
    assert_eq!(letters_of(&told, COSMO), ["A list of your network is closed"]);
    assert_eq!(letters_of(&told, FABLE), [""; 0], "another network's");

    let (basils, _) = province.register(BASIL, &PATIENTS[2..3]).await;
    assert_eq!(province.send(panel, &[&basils]).await.status, 201);
    province.delivered().await;
    province.emr(ADD, &PATIENTS[2..3]).await;
    let told = province.delivered().await;
    assert_eq!(letters_of(&told, COSMO), ["A list of your network is closed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_confirmed_after_7_days_is_told_of_once() {
    let moving = Moving::start("told-confirm").await;
    let province = &moving.province;
    let panel = province.room_for(2).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..2]).await;
    province.everybody_tells().await;
    let list = province.send(panel, &[&family]).await.json;
    province.accept(&list).await;
    province.delivered().await;
    moving.days_later(6).await;
    assert_eq!(province.delivered().await, []);
    moving.days_later(1).await;
    let told = province.delivered().await;
    assert_eq!(letters_of(&told, JUNIPER), ["Somebody is still to be confirmed"]);
    assert_eq!(told.len(), 2, "and Dahlia: {told:?}");
    moving.days_later(1).await;
    assert_eq!(province.delivered().await, [], "told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_who_did_not_say_so_or_wants_to_hear_nothing() {
    let province = Province::start("told-not").await;
    let panel = province.room_for(1).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    province.tells(DAHLIA, json!({"channel": "none", "email": "dahlia@work.example"})).await;
    province.delivered().await;
    assert_eq!(province.send(panel, &[&family]).await.status, 201);
    assert_eq!(province.delivered().await, []);
    let kept = "SELECT count(*) FROM attachment.notice WHERE subject IS NOT NULL";
    assert_eq!(province.guarded.server.database.count(kept).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_to_hear_nothing_any_more_does_not_hear_of_what_was_before() {
    let province = Province::start("told-hush").await;
    let panel = province.room_for(1).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    province.everybody_tells().await;
    province.delivered().await;
    assert_eq!(province.send(panel, &[&family]).await.status, 201);
    province.tells(JUNIPER, json!({"channel": "none"})).await;
    province.tells(JUNIPER, json!({"channel": "email", "email": "juniper@home.example"})).await;
    let told = province.delivered().await;
    assert!(matches!(&told[..], [(to, _)] if to == "(250) 555-0142"), "Dahlia alone: {told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_act_that_is_refused_nobody_is_told_and_of_one_that_is_done_once_by_two_servers() {
    let province = Province::start("told-once").await;
    let panel = province.room_for(2).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let (other, _) = province.register(BASIL, &PATIENTS[1..2]).await;
    province.everybody_tells().await;
    province.delivered().await;
    let (one, two) = ([family.as_str()], [other.as_str()]);
    let (one, two) = tokio::join!(province.send(panel, &one), province.send(panel, &two));
    assert_eq!((one.status.min(two.status), one.status.max(two.status)), (201, 409));
    let app = &province.guarded.server.app;
    let (mail, to) = (app.mail.as_ref().expect("the sandbox's"), pages());
    let (one, two) = tokio::join!(mail.deliver(&app.service, &to), mail.deliver(&app.service, &to));
    let (one, two) = (one.expect("delivers"), two.expect("delivers"));
    assert_eq!((one.0 + two.0, one.1 + two.1), (2, 0), "each by one of two servers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_about_a_list_names_nobody_on_it() {
    let province = Province::start("told-nobody").await;
    let panel = province.room_for(2).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..2]).await;
    province.everybody_tells().await;
    province.send(panel, &[&family]).await;
    province.delivered().await;
    let mail = province.guarded.server.app.mail.as_ref().expect("the sandbox's");
    let caught = mail.caught().expect("a sandbox");
    assert!(caught.len() > 2, "{caught:?}");
    for caught in caught {
        let all = match &caught.told {
            Sent::Letter(letter) => format!("{}\n{}", letter.subject, letter.text),
            Sent::Text(text) => text.clone(),
        };
        for secret in ["98765", "Marigold", "Exampleton", "Basil", "Juniper", "Testwell", "Cedar"] {
            assert!(!all.contains(secret), "{secret}: {all}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_somebody_is_told_is_kept_with_its_date_and_is_theirs_alone() {
    let province = Province::start("told-contact").await;
    let nothing = json!({"channel": "none", "email": null, "phone": null, "since": null});
    assert_eq!(province.get(JUNIPER, "/api/me/contact").await.json, nothing);
    let wish = json!({"channel": "text", "phone": "250 555 0143"});
    let kept = province.put(JUNIPER, "/api/me/contact", wish).await.json;
    assert_eq!(
        (&kept["channel"], &kept["phone"], kept["since"].is_string()),
        (&json!("text"), &json!("250 555 0143"), true)
    );
    assert_eq!(province.get(JUNIPER, "/api/me/contact").await.json, kept);
    assert_eq!(province.get(DAHLIA, "/api/me/contact").await.json, nothing);
    let trail = "SELECT count(*) FROM audit.event WHERE event = 'set-contact' AND subject = 'juniper.testwell'";
    assert_eq!(province.guarded.server.database.count(trail).await, 1);
    for (contact, status) in [
        (json!({"channel": "email"}), 422),
        (json!({"channel": "email", "email": "nowhere"}), 422),
        (json!({"channel": "text", "phone": "555 0143"}), 422),
        (json!({"channel": "pigeon"}), 422),
        (json!({"channel": "none", "of": "dahlia.deskworth"}), 422),
    ] {
        let answer = province.put(JUNIPER, "/api/me/contact", contact.clone()).await;
        assert_eq!(answer.status, status, "{contact}");
    }
    assert_eq!(province.get(JUNIPER, "/api/me/contact").await.json, kept, "nothing changed");
}
