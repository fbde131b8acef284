//! Whatever people, coordinators, providers and EMRs do in whichever order: nobody is lost, on two lists or back at zero; no family is split, no
//! panel overfilled.

use super::lists::SAFFRON;
use super::time::Moving;
use super::*;

/// What must never be, each a query that counts it.
const NEVER: [(&str, &str); 8] = [
    ("somebody who registered is lost", "SELECT count(*) FROM (
        SELECT phn FROM attachment.registration GROUP BY phn HAVING count(*) FILTER (WHERE state NOT IN ('withdrawn', 'deceased')) <> 1) x"),
    ("somebody is on two open lists", "SELECT count(*) FROM (
        SELECT r.phn FROM attachment.proposal p JOIN attachment.registration r ON r.id = p.registration_id
         WHERE p.state IN ('proposed', 'in-intake', 'accepted') GROUP BY r.phn HAVING count(*) > 1) x"),
    ("somebody is proposed without a proposal, or the other way round", "SELECT count(*) FROM attachment.registration r
         WHERE (r.state = 'proposed') <> EXISTS (SELECT FROM attachment.proposal p WHERE p.registration_id = r.id
                                                    AND p.state IN ('proposed', 'in-intake', 'accepted'))"),
    ("somebody lost waiting time", "SELECT count(*) FROM attachment.registration r
         WHERE r.registered_at <> (SELECT min(c.at) FROM attachment.registration_change c WHERE c.registration_id = r.id)"),
    ("a family is split by its provider", "SELECT count(*) FROM (
        SELECT p.list_id, r.family_id FROM attachment.proposal p JOIN attachment.registration r ON r.id = p.registration_id
         GROUP BY p.list_id, r.family_id
        HAVING bool_or(p.state = 'accepted') AND bool_or(p.state IN ('declined', 'patient-declined', 'unreachable', 'expired'))) x"),
    ("a panel is overfilled", "SELECT count(*) FROM panel.panel n
          JOIN LATERAL (SELECT * FROM attachment.capacity c WHERE c.panel_id = n.id ORDER BY c.id DESC LIMIT 1) c ON true
         WHERE (SELECT count(*) FROM attachment.proposal p JOIN attachment.list l ON l.id = p.list_id
                 WHERE l.panel_id = n.id AND l.sent_at >= c.stated_at AND p.state IN ('proposed', 'in-intake', 'accepted', 'confirmed')) > c.anticipated"),
    ("somebody is attached whom no panel has, or the other way round", "SELECT count(*) FROM attachment.registration r
         WHERE (r.state = 'attached') <> EXISTS (SELECT FROM panel.entry e WHERE e.phn = r.phn AND e.status = 'confirmed'
                                                    AND (r.panel_id IS NULL OR e.panel_id = r.panel_id))
           AND r.state NOT IN ('withdrawn', 'deceased')"),
    ("a pending entry without anybody who was accepted, or the other way round", "SELECT count(*) FROM (
        (SELECT e.id FROM panel.entry e WHERE e.status = 'pending' EXCEPT SELECT p.entry_id FROM attachment.proposal p WHERE p.state = 'accepted')
        UNION ALL
        (SELECT p.entry_id FROM attachment.proposal p WHERE p.state = 'accepted' EXCEPT SELECT e.id FROM panel.entry e WHERE e.status = 'pending')) x"),
];

/// Numbers that only look random: the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("fits") % sides
    }
}

/// The province, and who may do something in it.
struct Game {
    moving: Moving,
    dice: Dice,
    panels: [(i64, &'static str); 2],
    families: Vec<String>,
    done: std::collections::BTreeMap<(&'static str, u16), usize>,
}

impl Game {
    async fn move_once(&mut self) {
        let kind = self.dice.below(9);
        let (what, status) = match kind {
            0..=2 => ("send", self.send().await),
            3..=5 => ("answer", self.answer().await),
            6 => ("confirm", self.confirm().await),
            7 => ("message", self.message().await),
            _ => {
                let days = [1, 3, 15][self.dice.below(3)];
                self.moving.days_later(days).await;
                ("wait", self.reconfirm().await)
            }
        };
        *self.done.entry((what, status)).or_default() += 1;
    }

    /// Somebody says for one of theirs that they still look.
    async fn reconfirm(&mut self) -> u16 {
        let who = [MARIGOLD, BASIL][self.dice.below(2)];
        let province = &self.moving.province;
        let mine = province.get(who, "/api/registrations").await.json;
        for family in mine["families"].as_array().expect("families") {
            for member in family["members"].as_array().expect("members") {
                let path =
                    format!("/api/registrations/{}/reconfirm", text(&member["registration"]));
                let status = province.post(who, &path, json!({})).await.status;
                assert_eq!(status == 200, member["state"] != "attached", "{member}");
            }
        }
        200
    }

    async fn send(&mut self) -> u16 {
        let (panel, who) = self.panels[self.dice.below(2)];
        if self.dice.below(3) == 0 {
            let room = json!({"accepting": true, "anticipated": 1 + self.dice.below(4)});
            let path = format!("/api/panels/{panel}/capacity");
            self.moving.province.put(who, &path, room).await;
        }
        let start = self.dice.below(self.families.len());
        let many = 1 + self.dice.below(2);
        let chosen: Vec<String> =
            self.families.iter().cycle().skip(start).take(many).cloned().collect();
        let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
        self.moving.province.send(panel, &chosen).await.status
    }

    /// The lists of both panels, each with somebody who may answer it.
    async fn lists(&mut self) -> Vec<(&'static str, Value)> {
        let mut all = Vec::new();
        let first = self.dice.below(2);
        for (panel, who) in [self.panels[first], self.panels[1 - first]] {
            let lists = self.moving.province.get(who, &format!("/api/panels/{panel}/lists")).await;
            let lists = lists.json["lists"].as_array().expect("lists").clone();
            all.extend(lists.into_iter().map(|list| (who, list)));
        }
        all
    }

    async fn answer(&mut self) -> u16 {
        let lists = self.lists().await;
        let found = lists.iter().find(|(_, list)| list["state"] == "sent");
        let Some((who, list)) = found else { return 0 };
        let answer = ["accepted", "accepted", "in-intake", "patient-declined"][self.dice.below(4)];
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
        let body = json!({"proposals": accepted(list)});
        self.moving.province.post(who, &path, body).await.status
    }

    async fn message(&mut self) -> u16 {
        let event = if self.dice.below(3) == 0 { ADD } else { REMOVE };
        let patient = [PATIENTS[self.dice.below(6)]];
        let panel = [0, 2][self.dice.below(2)];
        self.moving.province.emr_of(event, panel, &patient).await.status
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_in_whichever_order_nobody_is_lost_and_nothing_is_overfilled() {
    let moving = Moving::start("chance").await;
    let here = moving.province.room_for(3).await;
    let beside = moving.province.room_beside(4).await;
    let mut families = Vec::new();
    for (who, people) in [(MARIGOLD, 0..1), (BASIL, 1..3), (MARIGOLD, 3..4), (BASIL, 4..6)] {
        families.push(moving.province.register(who, &PATIENTS[people]).await.0);
    }
    let panels = [(here, JUNIPER), (beside, SAFFRON)];
    let mut game =
        Game { moving, dice: Dice(20_261_122), panels, families, done: Default::default() };
    for turn in 1..=200 {
        game.move_once().await;
        for (what, sql) in NEVER.iter().filter(|_| turn % 4 == 0) {
            let database = &game.moving.province.guarded.server.database;
            assert_eq!(database.count(sql).await, 0, "after turn {turn}: {what}; {:?}", game.done);
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
    ] {
        assert!(happened(what, status) >= 3, "{what} {status}: {:?}", game.done);
    }
    assert_eq!(game.done.keys().filter(|(_, status)| *status >= 500).count(), 0, "{:?}", game.done);
}
