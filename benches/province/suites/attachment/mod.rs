//! The attachment workflow among many who wait: what each act and page takes over HTTP, against the rows that it is made of.

mod bare;
mod messages;
mod time;
mod visit;

use crate::bench::Bench;
use crate::fault::{Done, told};
use crate::figure::median;
use crate::report::{Goal, Report};
use crate::server::Server;
use serde_json::{Value, json};
use visit::{Answer, Visitor};

/// Asked so often in a round, after once that is not counted.
const TIMES: usize = 7;
/// Goals, in milliseconds.
const CANDIDATES: f64 = 250.0;
const CLEAN_UP: f64 = 1_000.0;
/// A session is known by the digest of this word.
const SECRET: &str = "bench";

/// One thing that is asked for, over and over.
#[derive(Debug, Default)]
struct Row {
    work: String,
    millis: Vec<f64>,
    bare: Vec<f64>,
    bytes: usize,
}

impl Row {
    fn new(work: impl Into<String>) -> Self {
        Row { work: work.into(), ..Row::default() }
    }

    fn took(&mut self, answer: &Answer) {
        self.millis.push(answer.millis);
        self.bytes = answer.body.len();
    }

    fn p50(&self) -> f64 {
        median(self.millis.clone())
    }

    fn told(&self, report: &mut Report) {
        let worst = self.millis.iter().copied().fold(0.0, f64::max);
        let (p50, count, kib) = (self.p50(), self.millis.len(), self.bytes as f64 / 1024.0);
        let bare = median(self.bare.clone());
        let (bare, ratio) = if self.bare.is_empty() {
            ("–".to_owned(), "–".to_owned())
        } else {
            (format!("{bare:.1}"), format!("{:.2}", p50 / bare))
        };
        let work = &self.work;
        report.line(&format!(
            "| {work} | {count} | {p50:.1} | {worst:.1} | {bare} | {ratio} | {kib:.0} |"
        ));
    }
}

/// Measures it.
pub(crate) fn run(bench: &mut Bench, report: &mut Report) -> Done {
    let waiting = bench.data.postgres.run(
        "SELECT count(*) || ' registrations, ' || count(*) FILTER (WHERE state IN ('active', 'reconfirm-due', 'suspended', 'proposed')) || ' of them waiting, '
                || count(DISTINCT family_id) || ' families, ' || (SELECT count(*) FROM attachment.registration_change) || ' steps of history'
           FROM attachment.registration",
    )?;
    report.section(&format!("The attachment workflow: {waiting}"));
    report
        .line("| work | asked | p50 ms | worst ms | the rows alone, p50 ms | ratio | answer KiB |");
    report.line("|---|---:|---:|---:|---:|---:|---:|");
    bench.data.postgres.run(&format!(
        "INSERT INTO web.session SELECT sha256((s || '-{SECRET}')::bytea), s, s, repeat('0', 64), now(), now(), now() + interval '9 hours'
           FROM (VALUES ('coordinator'), ('provider')) v (s) ON CONFLICT DO NOTHING"
    ))?;
    numbers(bench, report)?;
    let server = bench.server(&[], false)?;
    let rows = [candidates(bench, &server, 1)?, candidates(bench, &server, 2)?];
    let slowest = rows.iter().map(Row::p50).fold(0.0, f64::max);
    rows.iter().for_each(|row| row.told(report));
    report.goal(Goal {
        work: "candidates for a panel, of the largest network and of a usual one".to_owned(),
        goal: format!("p50 < {CANDIDATES:.0} ms"),
        figure: format!("{:.0} and {:.0} ms", rows[0].p50(), rows[1].p50()),
        reached: slowest < CANDIDATES,
        suite: "attachment",
    });
    for network in [1, 2] {
        sending(bench, &server, network)?.told(report);
    }
    list_page(bench, &server)?.told(report);
    for network in [1, 2] {
        network_page(bench, &server, network)?.told(report);
    }
    clean_up(bench, &server, report)?;
    registering(bench, &server)?.told(report);
    messages::run(bench, &server, report)?;
    server.stop()?;
    time::run(bench, report)
}

/// Panels of a network that have room and no list.
fn panels(bench: &Bench, network: u32) -> Done<Vec<(i64, String)>> {
    let text = bench.data.postgres.run(&format!(
        "SELECT s.panel_id, s.community FROM bench.side s
          WHERE s.network = 'network-{network}' AND s.accepting
            AND NOT EXISTS (SELECT FROM attachment.list l WHERE l.panel_id = s.panel_id AND l.state <> 'closed') ORDER BY 1 LIMIT 60"
    ))?;
    let panel = |line: &str| -> Done<(i64, String)> {
        let Some((panel, community)) = line.split_once('|') else { return told("no panels") };
        Ok((panel.parse()?, community.to_owned()))
    };
    let panels: Vec<_> = text.lines().map(panel).collect::<Done<_>>()?;
    if panels.is_empty() {
        told(format!("network {network} has no panel with room"))
    } else {
        Ok(panels)
    }
}

fn name(network: u32) -> &'static str {
    if network == 1 { "the largest network" } else { "a usual network" }
}

fn candidates(bench: &Bench, server: &Server, network: u32) -> Done<Row> {
    let coordinator = Visitor::with_token(server.address, &server.person("coordinator")?);
    let mut row = Row::new(format!("candidates, {}", name(network)));
    let panels = panels(bench, network)?;
    for round in 0..bench.args.rounds() {
        for time in 0..=TIMES {
            let (panel, _) = &panels[(round * TIMES + time) % panels.len()];
            let answer = coordinator.get(&format!("/api/panels/{panel}/candidates"))?;
            if time > 0 {
                row.took(&answer);
            }
        }
        let execute = |time: usize| {
            let (_, community) = &panels[(round * TIMES + time) % panels.len()];
            format!("EXECUTE bare ('network-{network}', '{community}')")
        };
        let statements: Vec<String> = (0..=TIMES).map(execute).collect();
        row.bare.extend(&bench.data.postgres.timed(bare::CANDIDATES, &statements)?[1..]);
    }
    Ok(row)
}

/// All candidates that there is room for are sent to one panel after the other.
fn sending(bench: &Bench, server: &Server, network: u32) -> Done<Row> {
    let coordinator = Visitor::with_token(server.address, &server.person("coordinator")?);
    let mut row = Row::new(format!("sending a list, {}", name(network)));
    for (panel, _) in panels(bench, network)?.iter().take(bench.args.rounds() * TIMES) {
        let found = coordinator.get(&format!("/api/panels/{panel}/candidates"))?.json()?;
        let found = found["candidates"].as_array().cloned().unwrap_or_default();
        let families: Vec<&Value> = found.iter().map(|one| &one["family"]).collect();
        // Where few wait, lists that were sent leave nobody for the next.
        if families.is_empty() {
            continue;
        }
        let body = json!({ "families": families }).to_string();
        let path = format!("/api/panels/{panel}/lists");
        row.took(&coordinator.post(&path, "application/json", body.as_bytes())?);
    }
    Ok(row)
}

/// Somebody in a browser, whose session is in Postgres.
fn browser(server: &Server, subject: &str) -> Visitor {
    let proof = format!("Cookie: pas_session={subject}-{SECRET}");
    Visitor { address: server.address, proof }
}

fn list_page(bench: &Bench, server: &Server) -> Done<Row> {
    let panel = bench.data.postgres.run(
        "SELECT l.panel_id FROM attachment.list l JOIN attachment.proposal p ON p.list_id = l.id
          WHERE l.state = 'sent' GROUP BY l.panel_id ORDER BY count(*) DESC, 1 LIMIT 1",
    )?;
    bench.data.postgres.run(&format!(
        "INSERT INTO access.role (subject, role, practitioner_key, granted_by, granted_at)
         SELECT 'provider', 'provider', practitioner_key, 'bench', now() FROM panel.panel WHERE id = {panel} ON CONFLICT DO NOTHING"
    ))?;
    let provider = browser(server, "provider");
    let mut row = Row::new("a provider's page with a list of many");
    for _ in 0..bench.args.rounds() {
        for time in 0..=TIMES {
            let answer = provider.get(&format!("/my/panels/{panel}"))?;
            if time > 0 {
                row.took(&answer);
            }
        }
        let statements = vec![format!("EXECUTE bare ({panel})"); TIMES + 1];
        row.bare.extend(&bench.data.postgres.timed(bare::LIST, &statements)?[1..]);
    }
    Ok(row)
}

fn network_page(bench: &Bench, server: &Server, network: u32) -> Done<Row> {
    let coordinator = browser(server, "coordinator");
    let mut row = Row::new(format!("the coordinator's page of {}", name(network)));
    for _ in 0..bench.args.rounds() {
        for time in 0..=TIMES {
            let answer = coordinator.get(&format!("/my/networks/network-{network}"))?;
            if time > 0 {
                row.took(&answer);
            }
        }
        let statements = vec![format!("EXECUTE bare ('network-{network}')"); TIMES + 1];
        row.bare.extend(&bench.data.postgres.timed(bare::NETWORK, &statements)?[1..]);
    }
    Ok(row)
}

/// Counted anew: by a server that was just started, each time.
fn numbers(bench: &Bench, report: &mut Report) -> Done {
    let mut row = Row::new("`/numbers`, counted anew");
    for _ in 0..bench.args.rounds() {
        let server = Server::start(&bench.setup(&[], false))?;
        row.took(&browser(&server, "nobody").get("/numbers.csv")?);
        server.stop()?;
    }
    row.told(report);
    Ok(())
}

/// A list of 2,000 patients, one in a hundred of whom is on record in another way, against a panel of 2,000.
fn clean_up(bench: &Bench, server: &Server, report: &mut Report) -> Done {
    let listed = bench.data.people(&(0..2_000))?;
    let (mut table, mut entries) =
        (String::from("PHN,Given names,Family name,Birth date\n"), Vec::new());
    for (at, i) in listed.iter().enumerate() {
        let person = bench.data.province.person(*i);
        let family = if at % 100 == 7 { "Other" } else { person.family.as_str() };
        let (phn, given, born) = (&person.phn, person.given_joined(), person.birth_date);
        table += &format!("{phn},{given},{family},{born}\n");
        entries.push(json!({ "fullUrl": format!("urn:uuid:019b0000-0000-7000-d000-{at:012}"), "resource": {
            "resourceType": "Patient", "birthDate": born.to_string(), "name": [{ "family": family, "given": [given] }],
            "identifier": [{ "system": crate::message::PHN, "value": phn }] } }));
    }
    let bundle =
        json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string();
    let panel = bench.data.postgres.run("SELECT panel_id FROM bench.person WHERE n = 0")?;
    let provider =
        Visitor::with_token(server.address, &server.person(&format!("provider-{panel}"))?);
    let mut rows = [Row::new("clean-up, CSV of 2,000"), Row::new("clean-up, Bundle of 2,000")];
    let kinds = [("text/csv", table), ("application/fhir+json", bundle)];
    for _ in 0..bench.args.rounds() {
        for (row, (kind, list)) in rows.iter_mut().zip(&kinds) {
            for time in 0..=TIMES {
                let path = format!("/api/panels/{panel}/clean-up");
                let answer = provider.post(&path, kind, list.as_bytes())?;
                let json = answer.json()?;
                if json["agreed"] != 2_000
                    || json["mismatches"].as_array().map(Vec::len) != Some(20)
                {
                    return told(format!(
                        "clean-up: {} agreed of {}",
                        json["agreed"], json["inPas"]
                    ));
                }
                if time > 0 {
                    row.took(&answer);
                }
            }
            let statements = vec![format!("EXECUTE bare ({panel})"); TIMES + 1];
            row.bare.extend(&bench.data.postgres.timed(bare::PANEL, &statements)?[1..]);
        }
    }
    rows.iter().for_each(|row| row.told(report));
    report.goal(Goal {
        work: "clean-up of a panel of 2,000, as CSV and as a Bundle".to_owned(),
        goal: format!("< {CLEAN_UP:.0} ms"),
        figure: format!("{:.0} and {:.0} ms", rows[0].p50(), rows[1].p50()),
        reached: rows.iter().flat_map(|row| &row.millis).all(|millis| *millis < CLEAN_UP),
        suite: "attachment",
    });
    Ok(())
}

/// Families of four, each registered by somebody else.
fn registering(bench: &mut Bench, server: &Server) -> Done<Row> {
    let mut row = Row::new("registering a family of four");
    for time in 0..bench.args.rounds() * TIMES {
        let places = bench.data.take(4)?;
        let members = bench.data.people(&places)?.into_iter().map(|i| {
            let person = bench.data.province.person(i);
            json!({ "phn": person.phn, "given": person.given_joined(), "family": person.family, "birthDate": person.birth_date.to_string(),
                    "looking": "moved-here", "conditions": ["condition-1", "condition-7"] })
        });
        let members: Vec<Value> = members.collect();
        let body = json!({ "registeredBy": "self", "consent": true, "channel": "email", "email": "family@mail.example", "language": "en",
                           "community": "community-20", "members": members });
        let subject = format!("newcomer-{time}");
        let somebody = Visitor::with_token(server.address, &server.person(&subject)?);
        let sent = body.to_string();
        row.took(&somebody.post("/api/registrations", "application/json", sent.as_bytes())?);
    }
    Ok(row)
}
