//! Whatever people, coordinators, providers and EMRs do in whichever order: nobody is lost, on two lists or back at zero; no family is split, no
//! panel overfilled.

use chrono::TimeDelta;
use sqlx::{AssertSqlSafe, PgConnection};

use super::lists::SAFFRON;
use super::time::Moving;
use super::*;
use crate::cluster;

mod never;

use never::{NEVER, NEVER_DUE, SEEN};

/// Numbers that only look random: the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("fits") % sides
    }
}

/// Moves of a game.
const TURNS: usize = 300;

/// The province, and who may do something in it.
struct Game {
    moving: Moving,
    dice: Dice,
    /// Each with who answers for it, and its place among the cast's.
    panels: [(i64, &'static str, usize); 2],
    /// Saffron has no role at her clinic.
    away: bool,
    /// Registrations that were refused: of these a person has so many an hour.
    refused: usize,
    database: PgConnection,
    done: std::collections::BTreeMap<(&'static str, u16), usize>,
}

impl Game {
    async fn move_once(&mut self) {
        *self.moving.clock.lock().expect("a clock") += TimeDelta::minutes(1);
        // She is soon back: where she is not, little can happen.
        if self.away && self.dice.below(3) == 0 {
            self.leave().await;
        }
        let (what, status) = match self.dice.below(20) {
            0..=4 => ("send", self.send().await),
            5..=9 => ("answer", self.answer().await),
            10 | 11 => ("confirm", self.confirm().await),
            12 => ("message", self.message().await),
            13 | 14 => ("wait", self.wait().await),
            15 | 16 => ("register", self.register().await),
            17 => ("clean", self.clean().await),
            18 if !self.away => ("leave", self.leave().await),
            _ => match self.dice.below(2) {
                0 => ("die", self.die().await),
                _ => ("withdraw", self.withdraw().await),
            },
        };
        *self.done.entry((what, status)).or_default() += 1;
    }

    /// What is that must never be.
    async fn wrong(&mut self, never: &str) -> Vec<String> {
        let query = sqlx::query_scalar(AssertSqlSafe(never.to_owned()));
        query.fetch_all(&mut self.database).await.expect("texts")
    }

    /// How many there are.
    async fn count(&mut self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.database).await.expect("a count")
    }

    /// One column of texts.
    async fn texts(&mut self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&mut self.database).await.expect("texts")
    }

    /// So many days later, what is due is done and nothing is left undone.
    async fn days_later(&mut self, days: i64) {
        let passed = self.moving.days_later(days).await;
        assert_eq!(passed.failures, 0, "{passed:?} {:?}", self.done);
        let now = *self.moving.clock.lock().expect("a clock");
        let due = AssertSqlSafe(never::together(&NEVER_DUE));
        let wrong = sqlx::query_scalar::<_, String>(due).bind(now).fetch_all(&mut self.database);
        let wrong = wrong.await.expect("texts");
        assert!(wrong.is_empty(), "{wrong:?}; {:?}", self.done);
    }

    async fn wait(&mut self) -> u16 {
        let days = [1, 2, 5, 10, 16, 31, 200][self.dice.below(7)];
        self.days_later(days).await;
        self.reconfirm().await
    }

    /// Somebody says for each of theirs that they still look.
    async fn reconfirm(&mut self) -> u16 {
        let who = [MARIGOLD, BASIL][self.dice.below(2)];
        let province = &self.moving.province;
        let mine = province.get(who, "/api/registrations").await.json;
        for family in mine["families"].as_array().expect("families") {
            for member in family["members"].as_array().expect("members") {
                let path =
                    format!("/api/registrations/{}/reconfirm", text(&member["registration"]));
                let status = province.post(who, &path, json!({})).await.status;
                let waits =
                    !["attached", "withdrawn", "deceased"].contains(&&*text(&member["state"]));
                assert_eq!(status, if waits { 200 } else { 409 }, "{member}");
            }
        }
        200
    }

    /// Some register, who are attached, or withdrew, or were taken for dead; some of them wait already.
    async fn register(&mut self) -> u16 {
        let waiting = self
            .texts("SELECT phn FROM attachment.registration WHERE state IN ('active', 'reconfirm-due', 'suspended', 'proposed')")
            .await;
        let waits = |patient: &Patient| waiting.iter().any(|phn| phn == patient.phn);
        let free: Vec<Patient> = PATIENTS.into_iter().filter(|one| !waits(one)).collect();
        let refused = free.is_empty() || self.dice.below(6) == 0;
        let from = if refused { &PATIENTS[..] } else { &free[..] };
        let first = self.dice.below(from.len());
        let people = &from[first..from.len().min(first + 1 + self.dice.below(3))];
        let sound = !people.iter().any(waits);
        if !sound && self.refused > 3 {
            return 0;
        }
        self.refused += usize::from(!sound);
        let who = [MARIGOLD, BASIL][self.dice.below(2)];
        let path = "/api/registrations";
        let answer = self.moving.province.post(who, path, family(people)).await;
        assert_eq!(answer.status, if sound { 201 } else { 422 }, "{:?}", answer.json);
        answer.status
    }

    /// Somebody who is registered, wherever they stand, no longer looks.
    async fn withdraw(&mut self) -> u16 {
        let going = "SELECT f.subject || ' ' || r.id FROM attachment.registration r JOIN attachment.family f ON f.id = r.family_id
                      WHERE r.state NOT IN ('withdrawn', 'deceased') ORDER BY r.phn";
        let going = self.texts(going).await;
        if going.is_empty() {
            return 0;
        }
        let (who, id) = going[self.dice.below(going.len())].split_once(' ').expect("two words");
        let path = format!("/api/registrations/{id}/withdraw");
        self.moving.province.post(who, &path, json!({})).await.status
    }

    /// The Client Registry takes somebody for dead, and mends that later: until they register anew, nothing comes back by itself.
    async fn die(&mut self) -> u16 {
        let phn = PATIENTS[self.dice.below(6)].phn;
        for deceased in [true, false] {
            let sql = "UPDATE client_registry.patient SET deceased = $2 WHERE phn = $1";
            let query = sqlx::query(sql).bind(phn).bind(deceased);
            query.execute(&mut self.database).await.expect("done");
            self.days_later(0).await;
            let sql = "SELECT count(*) FROM attachment.registration WHERE phn = $1 AND state NOT IN ('withdrawn', 'deceased')";
            let query = sqlx::query_scalar::<_, i64>(sql).bind(phn);
            assert_eq!(query.fetch_one(&mut self.database).await.expect("a count"), 0);
        }
        200
    }

    /// Saffron leaves her clinic, or comes back.
    async fn leave(&mut self) -> u16 {
        let sql = "UPDATE pas.practitioner_role SET active = $1 WHERE practitioner_key = 'prov-3'";
        let query = sqlx::query(sql).bind(self.away);
        query.execute(&mut self.database).await.expect("done");
        self.away = !self.away;
        self.days_later(0).await;
        200
    }

    /// A panel is made what an EMR has.
    async fn clean(&mut self) -> u16 {
        let (panel, who, _) = self.panels[self.dice.below(2)];
        let (mut add, mut confirm, mut remove) = (Vec::new(), Vec::new(), Vec::new());
        for patient in PATIENTS {
            match self.dice.below(6) {
                0 => add.push(json!({"phn": patient.phn, "given": patient.given, "family": patient.family, "birthDate": patient.birth})),
                1 | 2 => confirm.push(patient.phn),
                3 => remove.push(patient.phn),
                _ => {}
            }
        }
        let chosen = json!({"add": add, "confirm": confirm, "remove": remove});
        let path = format!("/api/panels/{panel}/clean-up/changes");
        self.moving.province.post(who, &path, chosen).await.status
    }

    /// What the EMRs are told is what stands on the panels.
    async fn ask(&mut self) {
        for (panel, who, place) in self.panels {
            if self.away && who == SAFFRON {
                continue;
            }
            let sql = "SELECT coalesce((SELECT e.status::text FROM panel.entry e WHERE e.phn = p.phn AND e.panel_id = $2 ORDER BY e.id DESC LIMIT 1), 'not-on-panel')
                         FROM unnest($1::text[]) WITH ORDINALITY AS p (phn, place) ORDER BY p.place";
            let phns = PATIENTS.map(|patient| patient.phn).to_vec();
            let query = sqlx::query_scalar::<_, String>(sql).bind(phns).bind(panel);
            let stand = query.fetch_all(&mut self.database).await.expect("statuses");
            let told = self.moving.province.emr_of(QUERY, place, &PATIENTS).await;
            assert_eq!(told.statuses(), stand, "{who}; {:?}", self.done);
        }
    }

    async fn send(&mut self) -> u16 {
        let (panel, who, _) = self.panels[self.dice.below(2)];
        if self.dice.below(3) == 0 {
            let room = json!({"accepting": true, "anticipated": 1 + self.dice.below(6)});
            let path = format!("/api/panels/{panel}/capacity");
            self.moving.province.put(who, &path, room).await;
        }
        // Those who wait, or whoever there is.
        let all = match self.dice.below(3) {
            0 => {
                "SELECT family_id::text FROM attachment.registration WHERE state NOT IN ('withdrawn', 'deceased') GROUP BY family_id ORDER BY min(phn)"
            }
            _ => {
                "SELECT family_id::text FROM attachment.registration WHERE state = 'active' GROUP BY family_id ORDER BY min(phn)"
            }
        };
        let all = self.texts(all).await;
        if all.is_empty() {
            return 0;
        }
        let start = self.dice.below(all.len());
        let many = (1 + self.dice.below(2)).min(all.len());
        let chosen: Vec<String> = all.iter().cycle().skip(start).take(many).cloned().collect();
        let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
        self.moving.province.send(panel, &chosen).await.status
    }

    /// The lists of both panels, each with somebody who may answer it.
    async fn lists(&mut self) -> Vec<(&'static str, Value)> {
        let mut all = Vec::new();
        let first = self.dice.below(2);
        for (panel, who, _) in [self.panels[first], self.panels[1 - first]] {
            let lists = self.moving.province.get(who, &format!("/api/panels/{panel}/lists")).await;
            // Nothing there is hers as long as she is away.
            if self.away && who == SAFFRON {
                assert_eq!(lists.status, 404);
                continue;
            }
            let lists = lists.json["lists"].as_array().expect("lists").clone();
            all.extend(lists.into_iter().map(|list| (who, list)));
        }
        all
    }

    async fn answer(&mut self) -> u16 {
        let lists = self.lists().await;
        let found = lists.iter().find(|(_, list)| list["state"] == "sent");
        let Some((who, list)) = found else { return 0 };
        let answer = ["accepted", "accepted", "accepted", "in-intake", "patient-declined"]
            [self.dice.below(5)];
        let all = self.dice.below(3) > 0;
        let only = self.dice.below(proposals(list).len());
        let chosen = proposals(list).into_iter().enumerate();
        let chosen = chosen.filter(|(place, _)| all || *place == only).map(|(_, id)| id);
        let answers: Vec<Value> =
            chosen.map(|id| json!({"proposal": id, "answer": answer})).collect();
        let path = format!("/api/lists/{}/answers", text(&list["id"]));
        self.moving.province.post(who, &path, json!({"answers": answers})).await.status
    }

    async fn confirm(&mut self) -> u16 {
        let lists = self.lists().await;
        let accepted = |list: &Value| -> Vec<i64> {
            let all = list["proposals"].as_array().expect("proposals").iter();
            let accepted = all.filter(|proposal| proposal["state"] == "accepted");
            accepted.map(|proposal| proposal["id"].as_i64().expect("a number")).collect()
        };
        let found = lists.iter().find(|(_, list)| !accepted(list).is_empty());
        let Some((who, list)) = found else { return 0 };
        let path = format!("/api/lists/{}/confirmations", text(&list["id"]));
        // Sometimes one of them, whoever of their families is left.
        let mut accepted = accepted(list);
        if self.dice.below(2) == 0 {
            accepted.truncate(1);
        }
        let body = json!({"proposals": accepted});
        self.moving.province.post(who, &path, body).await.status
    }

    async fn message(&mut self) -> u16 {
        let event = if self.dice.below(3) == 0 { ADD } else { REMOVE };
        let patient = [PATIENTS[self.dice.below(6)]];
        let panel = if self.away { 0 } else { [0, 2][self.dice.below(2)] };
        self.moving.province.emr_of(event, panel, &patient).await.status
    }
}

/// A province that lets a game ask as fast as it can.
async fn hurried(seed: u64) -> Moving {
    let clock = Arc::new(Mutex::new(pas::clock::Clock::System.now()));
    let setup = Setup { clock: Some(clock.clone()), ..Setup::default() };
    let flags = "--requests-per-minute 1000000";
    let guarded = Guarded::with(&format!("attachment-chance-{seed}"), flags, setup).await;
    Moving { province: Province { guarded }, clock }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_in_whichever_order_nobody_is_lost_and_nothing_is_overfilled() {
    let (one, other) = tokio::join!(play(10), play(12));
    let by_neither: Vec<_> = one.iter().filter(|what| other.contains(what)).collect();
    assert!(by_neither.is_empty(), "nobody {by_neither:?}");
}

/// Plays one game; gives what it did not see.
async fn play(seed: u64) -> Vec<&'static str> {
    let moving = hurried(seed).await;
    let here = moving.province.room_for(3).await;
    let beside = moving.province.room_beside(4).await;
    for (who, people) in [(MARIGOLD, 0..1), (BASIL, 1..3), (MARIGOLD, 3..4), (BASIL, 4..6)] {
        moving.province.register(who, &PATIENTS[people]).await;
    }
    let mut game = Game {
        database: cluster::connect(&moving.province.guarded.server.database.url).await,
        moving,
        dice: Dice(seed),
        panels: [(here, JUNIPER, 0), (beside, SAFFRON, 2)],
        away: false,
        refused: 0,
        done: Default::default(),
    };
    let never = never::together(&NEVER);
    for turn in 1..=TURNS {
        game.move_once().await;
        let wrong = game.wrong(&never).await;
        assert!(wrong.is_empty(), "after turn {turn} of {seed}: {wrong:?}; {:?}", game.done);
        let withdrew =
            "SELECT count(*) FROM attachment.registration_change WHERE reason = 'withdrawn'";
        let withdrawn = game.done.get(&("withdraw", 200)).copied().unwrap_or(0);
        let found = game.count(withdrew).await;
        assert_eq!(
            usize::try_from(found),
            Ok(withdrawn),
            "after turn {turn} of {seed}: nobody else withdraws"
        );
        if turn % 8 == 0 {
            game.ask().await;
        }
    }
    let mut unseen = Vec::new();
    for (what, sql) in SEEN {
        if game.count(sql).await == 0 {
            unseen.push(what);
        }
    }
    let happened = |what, status| game.done.get(&(what, status)).copied().unwrap_or(0);
    for (what, status) in [
        ("send", 201),
        ("send", 409),
        ("answer", 200),
        ("answer", 409),
        ("confirm", 200),
        ("message", 200),
        ("register", 201),
        ("register", 422),
        ("clean", 200),
        ("withdraw", 200),
        ("die", 200),
        ("leave", 200),
    ] {
        assert!(happened(what, status) >= 3, "{what} {status}: {:?}", game.done);
    }
    assert_eq!(game.done.keys().filter(|(_, status)| *status >= 500).count(), 0, "{:?}", game.done);
    unseen
}
