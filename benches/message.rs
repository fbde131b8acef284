//! What one add costs the processor without Postgres, step by step: time, allocations, bytes allocated.
//!
//! `cargo bench --bench message` prints the table. `cargo bench --bench message -- read 1000` runs one step so often and
//! prints nothing: for callgrind, whose counts of instructions do not depend on how busy the machine is.

#![expect(clippy::print_stdout, reason = "its output is its purpose")]

mod counting;

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use pas::access::{Claims, Expectation, Mint, Verifier};
use pas::clock::Clock;
use pas::fault::Issue;
use pas::fhir::{Element, Json, JsonLimits, decode};
use pas::message::{Message, Naming, Policy, read};
use pas::panel::{Decision, Here, MrpElsewhere, NotOnPanel, PanelId, decide_add};
use pas::registry::{Judgement, NamePolicy, PatientRecords, Records, RoleRecord, describe, judge};
use pas::reply::{Occasion, Origin, answer};

type Outcome<T> = Result<T, Box<dyn Error>>;

const BODY: &[u8] = include_bytes!("../fixtures/exchanges/add-patient-to-panel/1-request.json");

/// Everything that a step starts from.
struct Stage {
    verifier: Verifier,
    token: String,
    policy: Policy,
    records: (Records, PatientRecords),
    judging: Judgement,
    origin: Origin,
    clock: Clock,
}

impl Stage {
    fn set() -> Outcome<Self> {
        let clock = Clock::System;
        let mint = Mint::new("https://pas.test")?;
        let verifier = Verifier::new(Expectation::new("https://pas.test", "https://pas.test"));
        verifier.replace(mint.keys()?);
        let scope = "system/Group.read system/Group.write";
        let claims = Claims { client: "emr", subject: "emr", scope, id: clock.id() };
        let policy = Policy::default();
        let judging = pas::registry::Policy { names: NamePolicy::default() };
        let zone = chrono::FixedOffset::west_opt(8 * 3600).ok_or("no such offset")?;
        Ok(Stage {
            token: mint.mint(&claims, clock.now())?,
            verifier,
            records: records(&policy.naming)?,
            policy,
            judging: Judgement { today: clock.today(zone), policy: judging },
            origin: Origin {
                canonical: "https://pas.test".to_owned(),
                endpoint: "https://pas.test/$process-message".to_owned(),
            },
            clock,
        })
    }

    fn token(&self) -> bool {
        self.verifier.verify(&self.token, self.clock.now()).is_ok()
    }

    fn decode(&self) -> Option<Json<'static>> {
        decode(BODY, &JsonLimits::default()).ok()
    }

    fn read(&self, json: &Json<'_>) -> Option<Message> {
        read(json, &self.policy).ok()
    }

    fn judge(&self, message: &Message) -> Option<Decision> {
        let confirmed = judge(message, &self.records.0, &self.records.1, self.judging).ok()?;
        let here = Here { panel: PanelId(1), practitioner_key: &confirmed.practitioner_key };
        let phns: Vec<_> = message.patients.iter().map(|patient| patient.phn.clone()).collect();
        let policy = pas::panel::Policy {
            mrp_elsewhere: MrpElsewhere::Transfer,
            not_on_panel: NotOnPanel::Accept,
        };
        decide_add(&phns, &[], here, self.clock.now(), policy).ok()
    }

    fn compose(&self, message: &Message, decision: &Decision) -> Vec<u8> {
        let (now, receipt) = (self.clock.now(), self.clock.id());
        let occasion = Occasion { origin: &self.origin, clock: &self.clock, now, receipt };
        let processed = [Issue::plain(pas::fault::Code::Processed)];
        let naming = &self.policy.naming;
        answer(message, decision, &processed, &|_| None, naming, occasion)
    }
}

/// What the registries hold about the parties of the message: the cast's first provider, clinic and patient.
fn records(naming: &Naming) -> Outcome<(Records, PatientRecords)> {
    let (mut records, mut patients) = (Records::default(), PatientRecords::new());
    let (plr, pas) =
        (include_str!("../fixtures/cast/plr.ndjson"), include_str!("../fixtures/cast/pas.ndjson"));
    let people = include_str!("../fixtures/cast/client-registry.ndjson");
    for (text, of_pas) in [(plr, false), (pas, true), (people, false)] {
        for line in text.lines() {
            let json = decode(line.as_bytes(), &JsonLimits::default()).map_err(|_| "no JSON")?;
            let resource = Element::root(&json, "Resource");
            match resource.resource_type() {
                Some("Practitioner") if line.contains("\"90101\"") => {
                    let (plr, pas) =
                        (&mut records.plr_practitioners, &mut records.pas_practitioners);
                    let held = if of_pas { pas } else { plr };
                    held.push(describe::practitioner(resource, naming)?);
                }
                Some("Organization") if line.contains("\"F0101\"") => {
                    let (plr, pas) =
                        (&mut records.plr_organizations, &mut records.pas_organizations);
                    let held = if of_pas { pas } else { plr };
                    held.push(describe::organization(resource, naming)?);
                }
                Some("Patient") if line.contains("\"9876500011\"") => {
                    let record = describe::patient(resource, naming)?;
                    patients.insert(record.phn.clone(), record);
                }
                _ => {}
            }
        }
    }
    let practitioner = records.pas_practitioners.first().ok_or("no provider")?;
    let organization = records.pas_organizations.first().ok_or("no clinic")?;
    records.roles.push(RoleRecord {
        practitioner_key: practitioner.key.clone(),
        organization_key: organization.key.clone(),
        active: true,
        period: Default::default(),
    });
    Ok((records, patients))
}

const ROUNDS: usize = 15;
const TIMES: u32 = 2_000;

/// The median round's microseconds, allocations and bytes of one call.
fn measure(mut step: impl FnMut()) -> (f64, f64, f64) {
    let mut rounds: Vec<f64> = Vec::with_capacity(ROUNDS);
    let count = counting::so_far;
    let before = count();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for _ in 0..TIMES {
            step();
        }
        rounds.push(started.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES));
    }
    let after = count();
    rounds.sort_by(f64::total_cmp);
    let calls = ROUNDS as f64 * f64::from(TIMES);
    let each = |before: u64, after: u64| (after - before) as f64 / calls;
    (rounds[ROUNDS / 2], each(before.0, after.0), each(before.1, after.1))
}

fn main() -> Outcome<()> {
    let stage = Stage::set()?;
    let json = stage.decode().ok_or("the request is no JSON")?;
    let message = stage.read(&json).ok_or("the request is no message")?;
    let decision = stage.judge(&message).ok_or("the message is refused")?;
    let body = stage.compose(&message, &decision);
    let steps: [(&str, &dyn Fn()); 6] = [
        ("token", &|| assert!(black_box(stage.token()))),
        ("decode", &|| drop(black_box(stage.decode()))),
        ("read", &|| drop(black_box(stage.read(&json)))),
        ("judge", &|| drop(black_box(stage.judge(&message)))),
        ("compose", &|| drop(black_box(stage.compose(&message, &decision)))),
        ("id", &|| assert!(!black_box(stage.clock.id()).is_nil())),
    ];
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [name, times] = asked.as_slice() {
        let (_, step) =
            steps.iter().find(|(known, _)| known == name).ok_or("there is no such step")?;
        (0..times.parse::<u32>()?).for_each(|_| step());
        return Ok(());
    }
    println!("request {} bytes, answer {} bytes\n", BODY.len(), body.len());
    println!("| step | µs | allocations | bytes allocated |\n|---|---|---|---|");
    for (name, step) in steps {
        let (took, allocations, bytes) = measure(step);
        println!("| {name} | {took:.2} | {allocations:.1} | {bytes:.0} |");
    }
    Ok(())
}
