//! Cleaning up a panel for good: like the EMR's messages, in one request.

use super::*;

const BARE: &str = "SELECT count(*) FROM panel.change";

/// Somebody to be added, as the EMR has them.
fn new(patient: &Patient) -> Value {
    json!({
        "phn": patient.phn, "given": patient.given, "family": patient.family, "birthDate": patient.birth,
    })
}

impl Province {
    /// Somebody changes a panel by what they chose.
    pub async fn clean(&self, who: &str, panel: i64, choice: &Value) -> Answer {
        self.post(who, &format!("/api/panels/{panel}/clean-up/changes"), choice.clone()).await
    }

    /// The Client Registry comes to know so many people more; gives them.
    pub async fn crowd(&self, people: usize) -> Vec<String> {
        let all = crowd(people);
        settle_in(&self.guarded.server.database.url, &all).await;
        all
    }
}

/// So many numbers that nobody of the cast has.
pub fn crowd(people: usize) -> Vec<String> {
    (30_000_000..).filter_map(super::clean_up::number).take(people).collect()
}

/// They are on record as Some Body, born on the first day of 1990.
pub async fn settle_in(url: &str, phns: &[String]) {
    let sql = r#"INSERT INTO client_registry.patient (phn, active, names, birth_date, deceased, masked)
        SELECT p.phn, true, '[{"family": "Body", "given": ["Some"], "period": {}}]', '1990-01-01', false, false
          FROM unnest($1::text[]) AS p (phn)"#;
    let mut connection = crate::cluster::connect(url).await;
    sqlx::query(sql).bind(phns).execute(&mut connection).await.expect("people");
}

/// What became of each, in the order of the answer.
fn became(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 200, "{:?}", answer.json);
    let people = answer.json["people"].as_array().expect("people").iter();
    people.map(|one| (text(&one["phn"]), text(&one["became"]))).collect()
}

fn told(phn: &str, became: &str) -> (String, String) {
    (phn.to_owned(), became.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_chosen_is_confirmed_taken_off_or_added_and_messages_tell_the_same() {
    let province = Province::start("cleaning").await;
    let panel = province.accepted(3).await.panel;
    province.emr(ADD, &PATIENTS[1..2]).await;
    assert_eq!(province.statuses(&PATIENTS[..3]).await, ["pending", "confirmed", "not-on-panel"]);
    let [marigold, basil, clover] = [PATIENTS[0], PATIENTS[1], PATIENTS[2]];
    let choice =
        json!({"add": [new(&clover)], "confirm": [marigold.phn], "remove": ["9876 500 029"]});
    let answer = province.clean(DAHLIA, panel, &choice).await;
    let expected =
        [told(marigold.phn, "confirmed"), told(basil.phn, "removed"), told(clover.phn, "added")];
    assert_eq!(became(&answer), expected);
    assert_eq!(province.statuses(&PATIENTS[..3]).await, ["confirmed", "removed", "confirmed"]);

    let history = "SELECT count(*) FROM panel.change c JOIN panel.entry e ON e.id = c.entry_id
                    WHERE c.author = 'dahlia.deskworth' AND c.on_behalf_of = 'prov-1' AND (e.phn, c.was, c.became, c.reason) IN
                     (('9876500011', 'pending', 'confirmed', 'clean-up-confirmed'), ('9876500029', 'confirmed', 'removed', 'clean-up-removed'))
                       OR e.phn = '9876500036' AND c.was IS NULL AND c.reason = 'clean-up-added'";
    assert_eq!(province.count(history).await, 3);
    let recorded =
        "SELECT count(*) FROM audit.event WHERE event = 'clean-up-panel' AND subject = 'dahlia.deskworth'
            AND on_behalf_of = '{prov-1}' AND patients @> '{9876500011,9876500029,9876500036}'";
    assert_eq!(province.count(recorded).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_again_finds_nothing_more_to_do() {
    let province = Province::start("cleaning-again").await;
    let panel = province.accepted(3).await.panel;
    province.emr(ADD, &PATIENTS[1..2]).await;
    let choice = json!({"add": [new(&PATIENTS[2])], "confirm": [PATIENTS[0].phn], "remove": [PATIENTS[1].phn]});
    became(&province.clean(JUNIPER, panel, &choice).await);
    let steps = province.count(BARE).await;
    let again = became(&province.clean(JUNIPER, panel, &choice).await);
    assert!(again.iter().all(|(_, became)| became == "already-so"), "{again:?}");
    assert_eq!(again.len(), 3);
    assert_eq!(province.count(BARE).await, steps);
    let acts = "SELECT count(*) FROM audit.event WHERE event = 'clean-up-panel'";
    assert_eq!(province.count(acts).await, 1);
    let dry = province.compare(JUNIPER, panel, list(&[PATIENTS[0], PATIENTS[2]])).await;
    assert_eq!(
        (&dry.json["agreed"], &dry.json["onlyInEmr"], &dry.json["onlyInPas"]),
        (&json!(2), &json!([]), &json!([]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_match_is_told_by_one_answer_and_stops_nobody_else() {
    let province = Province::start("cleaning-match").await;
    let panel = province.panel_of(JUNIPER).await;
    let of = |phn, given, family, birth| Patient { phn, given, family, birth };
    let wrong = [
        of("9876500011", "Marigold", "Exampleton", "1984-04-21"),
        of("9876500036", "Clover", "Guessington", "2019-02-14"),
        of("9876500369", "Thistle", "Lastleaf", "1938-02-03"),
        of("9876500409", "Pepper", "Mergeson", "1993-09-19"),
        of("9876500416", "Masked", "Masked", "1990-01-01"),
        of("9876543218", "No", "Body", "1990-01-01"),
    ];
    let mut add: Vec<Value> = wrong.iter().map(new).collect();
    add.insert(2, new(&PATIENTS[1]));
    let answer = province.clean(JUNIPER, panel, &json!({"add": add})).await;
    let (added, others): (Vec<_>, Vec<_>) =
        became(&answer).into_iter().partition(|(phn, _)| phn == PATIENTS[1].phn);
    assert_eq!(added, [told(PATIENTS[1].phn, "added")]);
    assert_eq!(others, wrong.map(|patient| told(patient.phn, "no-match")));
    assert_eq!(province.count("SELECT count(*) FROM panel.entry").await, 1);
    let asked = "SELECT count(*) FROM audit.event WHERE event = 'clean-up-no-match' AND cardinality(patients) = 6
                    AND patients @> '{9876500011,9876543218}'";
    assert_eq!(province.count(asked).await, 1, "whoever was asked about in vain is in the trail");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_is_pending_and_alive_is_confirmed() {
    let province = Province::start("cleaning-pending").await;
    let panel = province.accepted(3).await.panel;
    province.emr(ADD, &PATIENTS[1..2]).await;
    province.emr_of(ADD, 1, &PATIENTS[1..2]).await;
    let dies = "UPDATE client_registry.patient SET deceased = true WHERE phn = '9876500011'";
    let mut connection = crate::cluster::connect(&province.guarded.server.database.url).await;
    sqlx::raw_sql(dies).execute(&mut connection).await.expect("done");
    let confirm = json!({"confirm": [PATIENTS[0].phn, PATIENTS[1].phn, PATIENTS[2].phn]});
    let answer = province.clean(JUNIPER, panel, &confirm).await;
    let expected = [
        told(PATIENTS[0].phn, "no-match"),
        told(PATIENTS[1].phn, "not-pending"),
        told(PATIENTS[2].phn, "not-pending"),
    ];
    assert_eq!(became(&answer), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_had_another_provider_is_moved_and_that_provider_is_told() {
    let province = Province::start("cleaning-moves").await;
    let panel = province.panel_of(JUNIPER).await;
    province.emr_of(ADD, 1, &PATIENTS[..1]).await;
    let answer = province.clean(JUNIPER, panel, &json!({"add": [new(&PATIENTS[0])]})).await;
    assert_eq!(became(&answer), [told(PATIENTS[0].phn, "added")]);
    let there = province.emr_of(QUERY, 1, &PATIENTS[..1]).await;
    assert_eq!(there.statuses(), ["not-mrp"]);
    assert_eq!(
        province.count("SELECT count(*) FROM panel.notice WHERE kind = 'mrp-moved'").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registrant_who_is_added_is_attached_and_off_every_open_list() {
    let province = Province::start("cleaning-attached").await;
    let panel = province.room_for(3).await;
    let beside = province.room_beside(3).await;
    let (marigold, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let (basil, _) = province.register(BASIL, &PATIENTS[1..2]).await;
    let here = text(&province.send(panel, &[&marigold]).await.json["id"]);
    let there = text(&province.send(beside, &[&basil]).await.json["id"]);
    let add = json!({"add": [new(&PATIENTS[0]), new(&PATIENTS[1])]});
    became(&province.clean(JUNIPER, panel, &add).await);
    assert_eq!(province.states(MARIGOLD).await, ["attached"]);
    assert_eq!(province.states(BASIL).await, ["attached"]);
    for (list, state) in [(here, "confirmed"), (there, "lost")] {
        let list = province.get(DAHLIA, &format!("/api/lists/{list}")).await.json;
        assert_eq!(
            (&list["state"], &list["proposals"][0]["state"]),
            (&json!("closed"), &json!(state))
        );
    }
    let billed = "SELECT count(*) FROM attachment.record WHERE phn = '9876500011'";
    assert_eq!(province.count(billed).await, 1, "as where the EMR adds them");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_taken_off_soon_waits_since_the_day_they_registered() {
    let province = Province::start("cleaning-returns").await;
    let panel = province.panel_of(JUNIPER).await;
    province.register(MARIGOLD, &PATIENTS[..1]).await;
    let since = async || {
        let mine = province.get(MARIGOLD, "/api/registrations").await.json;
        mine["families"][0]["members"][0]["registeredAt"].clone()
    };
    let before = since().await;
    became(&province.clean(JUNIPER, panel, &json!({"add": [new(&PATIENTS[0])]})).await);
    assert_eq!(province.states(MARIGOLD).await, ["attached"]);
    became(&province.clean(JUNIPER, panel, &json!({"remove": [PATIENTS[0].phn]})).await);
    assert_eq!(province.states(MARIGOLD).await, ["active"]);
    assert_eq!(since().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_up_and_an_emr_at_once_make_one_history() {
    let province = Province::start("cleaning-races").await;
    let panel = province.panel_of(JUNIPER).await;
    province.register(MARIGOLD, &PATIENTS[..1]).await;
    let mut backwards = PATIENTS;
    backwards.reverse();
    let add = json!({"add": backwards.iter().map(new).collect::<Vec<_>>()});
    let remove = json!({"remove": PATIENTS.map(|patient| patient.phn)});
    for round in 1..=5 {
        let (cleaned, _) =
            tokio::join!(province.clean(JUNIPER, panel, &add), province.emr(ADD, &PATIENTS));
        let all = became(&cleaned);
        assert!(all.iter().all(|(_, b)| b == "added" || b == "already-so"), "{all:?}");
        let on = "SELECT count(*) FROM panel.entry WHERE status = 'confirmed'";
        assert_eq!(province.count(on).await, 6);
        let (cleaned, _) =
            tokio::join!(province.clean(JUNIPER, panel, &remove), province.emr(REMOVE, &backwards));
        let all = became(&cleaned);
        assert!(all.iter().all(|(_, b)| b == "removed" || b == "already-so"), "{all:?}");
        assert_eq!(province.count(BARE).await, 12 * round, "each step once");
        assert_eq!(province.states(MARIGOLD).await, ["active"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_is_changed_for_its_provider_and_their_delegate_alone() {
    let province = Province::start("cleaning-rights").await;
    let panel = province.panel_of(JUNIPER).await;
    let choice = json!({"add": [new(&PATIENTS[0])]});
    for who in EVERYBODY {
        let answer = province.clean(who, panel, &choice).await;
        let own = [JUNIPER, DAHLIA].contains(&who);
        assert_eq!(answer.status, if own { 200 } else { 404 }, "{who}");
        if !own {
            assert_eq!(answer.json["detail"], "There is no such thing, or it is not yours.");
        }
    }
    assert_eq!(province.clean(JUNIPER, 999_999, &choice).await.status, 404);
    assert_eq!(province.count(BARE).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_that_makes_no_sense_is_refused_as_a_whole() {
    let province = Province::start("cleaning-choice").await;
    let panel = province.panel_of(JUNIPER).await;
    let marigold = new(&PATIENTS[0]);
    let mut odd = marigold.clone();
    odd["phn"] = "9876500012".into();
    for (choice, status, detail) in [
        (json!({}), 422, "Choose somebody"),
        (json!({"add": [marigold, odd]}), 422, "add[1]: this is no PHN."),
        (json!({"remove": ["nobody"]}), 422, "remove[0]: this is no PHN."),
        (json!({"add": [marigold], "remove": ["9876 500 011"]}), 422, "named once"),
        (json!({"add": [{"phn": "9876500011"}]}), 422, "given"),
        (json!({"drop": []}), 422, "drop"),
    ] {
        let answer = province.clean(JUNIPER, panel, &choice).await;
        assert_eq!(answer.status, status, "{choice}");
        assert!(text(&answer.json["detail"]).contains(detail), "{:?}", answer.json);
    }
    assert_eq!(province.count(BARE).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_people_are_one_request_and_four_acts() {
    let province = Province::start("cleaning-many").await;
    let panel = province.panel_of(JUNIPER).await;
    let all = province.crowd(2_000).await;
    let one = |phn: &String| json!({"phn": phn, "given": "Some", "family": "Body", "birthDate": "1990-01-01"});
    let add = json!({"add": all.iter().map(one).collect::<Vec<_>>()});
    let added = became(&province.clean(JUNIPER, panel, &add).await);
    assert_eq!(added, all.iter().map(|phn| told(phn, "added")).collect::<Vec<_>>());
    let acts = "SELECT count(*) FROM audit.event WHERE event = 'clean-up-panel' AND cardinality(patients) = 500";
    assert_eq!(province.count(acts).await, 4);
    let removed = became(&province.clean(JUNIPER, panel, &json!({"remove": all})).await);
    assert!(removed.iter().all(|(_, became)| became == "removed"));
    assert_eq!(
        province.count("SELECT count(*) FROM panel.entry WHERE status = 'removed'").await,
        2_000
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_is_held_up_and_what_was_done_stands() {
    let province = Province::start("cleaning-guesses").await;
    let panel = province.panel_of(JUNIPER).await;
    let guess = |phn: &String| json!({"phn": phn, "given": "Some", "family": "Body", "birthDate": "1990-01-01"});
    let mut add: Vec<Value> = crowd(599).iter().map(guess).collect();
    add.insert(0, new(&PATIENTS[0]));
    let all = became(&province.clean(JUNIPER, panel, &json!({"add": add})).await);
    let of = |wanted: &str| all.iter().filter(|(_, became)| became == wanted).count();
    assert_eq!((of("added"), of("no-match"), of("not-done")), (1, 499, 100));
    let again = province.clean(JUNIPER, panel, &json!({"add": add})).await;
    assert_eq!((again.status, again.codes()), (429, vec!["too-many-failed-matches"]));
}
