//! The OpenAPI description of everything under `/api`: the same paths, statuses and shapes as are served.

use std::collections::BTreeSet;

use super::*;

async fn description(province: &Province) -> Value {
    province.guarded.server.get("/openapi.json").await.json
}

/// The addresses in the sources.
fn routes() -> BTreeSet<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/api");
    let mut routes = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("the API") {
        let source = std::fs::read_to_string(entry.expect("an entry").path()).expect("a source");
        for rest in source.split(".route(\"").skip(1) {
            routes.insert(rest.split('"').next().unwrap_or_default().to_owned());
        }
    }
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_workflow_is_described_and_no_other() {
    let province = Province::start("described-routes").await;
    let paths = description(&province).await["paths"].as_object().expect("paths").clone();
    let described: BTreeSet<String> =
        paths.keys().filter(|path| path.starts_with("/api")).cloned().collect();
    assert_eq!(described, routes());
    assert!(described.len() > 10, "{described:?}");
}

/// What of a value is not as its schema says; `whole` is the description.
fn unlike(value: &Value, schema: &Value, whole: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = whole.pointer(&reference[1..]).unwrap_or_else(|| panic!("{reference}"));
        return unlike(value, schema, whole, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fits = choices.iter().filter(|one| unlike(value, one, whole, at).is_empty()).count();
        return if fits == 1 { vec![] } else { vec![format!("{at} fits {fits} choices")] };
    }
    let mut told = Vec::new();
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let wanted = &schema["type"];
    let fits = |wanted: &Value| wanted == kind || wanted == "number" && kind == "integer";
    if !wanted.is_null() && !fits(wanted) && !wanted.as_array().is_some_and(|a| a.iter().any(fits))
    {
        told.push(format!("{at} is of type {kind}"));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        told.push(format!("{at} is none of the words"));
    }
    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
        told.extend(unlike(item, &schema["items"], whole, &format!("{at}[{place}]")));
    }
    if let Some(members) = value.as_object() {
        for key in schema["required"].as_array().into_iter().flatten() {
            if !members.contains_key(key.as_str().expect("a key")) {
                told.push(format!("{at}.{key} is missing"));
            }
        }
        for (key, member) in members {
            match schema["properties"].get(key) {
                Some(schema) => told.extend(unlike(member, schema, whole, &format!("{at}.{key}"))),
                None => told.push(format!("{at}.{key} is not described")),
            }
        }
    }
    told
}

/// A description, and which of its operations answered as it says.
struct Followed {
    whole: Value,
    operations: BTreeSet<String>,
}

impl Followed {
    /// That an answer is as described.
    fn check(&mut self, method: &str, path: &str, answer: &Answer) {
        let whole = &self.whole;
        let responses = &whole["paths"][path][method]["responses"];
        let response = &responses[answer.status.to_string()];
        assert!(response.is_object(), "{method} {path}: {} is not described", answer.status);
        let kind = answer.header("content-type").split(';').next().unwrap_or_default();
        let schema = &response["content"][kind]["schema"];
        assert!(schema.is_object(), "{method} {path} {}: {kind} is not described", answer.status);
        if kind != "text/csv" {
            let told = unlike(&answer.json, schema, whole, path);
            assert_eq!(told, [""; 0], "{method} {path} {}", answer.status);
        }
        if answer.status < 300 {
            self.operations.insert(format!("{method} {path}"));
        }
    }

    async fn follow(&mut self, province: &Province, steps: Vec<Step>) {
        for (who, method, path, described, body, status) in steps {
            let kind = [("content-type", "application/json")];
            let body = if body.is_null() { String::new() } else { body.to_string() };
            let answer = province.paper(who, method, &path, &kind, body).await;
            assert_eq!(answer.status, status, "{method} {path}: {:?}", answer.json);
            self.check(&method.to_lowercase(), described, &answer);
        }
    }
}

/// Somebody asks for something: who, how, where, where by the description, what they send, and with which status they are answered.
type Step = (&'static str, &'static str, String, &'static str, Value, u16);

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_that_is_described_answers_in_the_shape_that_is_described() {
    let whole = description(&Province::start("described").await).await;
    let paths = whole["paths"].as_object().expect("paths").clone();
    let mut followed = Followed { whole, operations: BTreeSet::new() };
    follow_panels(&mut followed).await;
    follow_areas(&mut followed).await;
    follow_lists(&mut followed).await;
    follow_families(&mut followed).await;
    follow_papers(&mut followed).await;
    follow_clinics(&mut followed).await;
    follow_notices(&mut followed).await;
    let operations = |(path, item): (&String, &Value)| {
        let methods = item.as_object().expect("methods").keys();
        let methods = methods.filter(|key| *key != "description");
        methods.map(|method| format!("{method} {path}")).collect::<Vec<_>>()
    };
    let described = paths.iter().filter(|(path, _)| path.starts_with("/api"));
    let described: BTreeSet<String> = described.flat_map(operations).collect();
    assert_eq!(followed.operations, described);
}

const PANEL: &str = "/api/panels/{panel}";
const CAPACITY: &str = "/api/panels/{panel}/capacity";
const LISTS: &str = "/api/panels/{panel}/lists";
const CLEAN_UP: &str = "/api/panels/{panel}/clean-up";

async fn follow_panels(followed: &mut Followed) {
    let province = Province::start("described-panel").await;
    let panel = province.room_for(3).await;
    let at = |described: &str| described.replace("{panel}", &panel.to_string());
    let (room, none) = (json!({"accepting": true, "anticipated": 2}), Value::Null);
    let targets = "/api/panels/{panel}/targets";
    let delegate = "/api/delegates/{practitioner}/{subject}";
    let somebody = "/api/delegates/prov-1/iris.ledgerly";
    let much = json!({"accepting": true, "anticipated": 20_000});
    let steps = vec![
        (JUNIPER, "GET", "/api/me".to_owned(), "/api/me", none.clone(), 200),
        (JUNIPER, "GET", "/api/panels".into(), "/api/panels", none.clone(), 200),
        (JUNIPER, "GET", at(PANEL), PANEL, none.clone(), 200),
        (BARNABY, "GET", at(PANEL), PANEL, none, 404),
        (JUNIPER, "PUT", at(CAPACITY), CAPACITY, room, 200),
        (JUNIPER, "PUT", at(CAPACITY), CAPACITY, much, 422),
        (JUNIPER, "PUT", at(CAPACITY), CAPACITY, json!([]), 422),
        (JUNIPER, "GET", at(targets), targets, Value::Null, 200),
        (COSMO, "POST", at(targets), targets, json!({"dueOn": "2027-01-01", "size": 800}), 200),
        (JUNIPER, "PUT", somebody.into(), delegate, Value::Null, 200),
        (JUNIPER, "GET", "/api/delegates".into(), "/api/delegates", Value::Null, 200),
        (JUNIPER, "DELETE", somebody.into(), delegate, Value::Null, 200),
        (JUNIPER, "DELETE", somebody.into(), delegate, json!({"surprise": 1}), 422),
    ];
    followed.follow(&province, steps).await;
}

async fn follow_areas(followed: &mut Followed) {
    let province = Province::start("described-areas").await;
    let panel = province.room_for(3).await;
    province.emr(ADD, &PATIENTS[..2]).await;
    let (family, members) = province.register(MARIGOLD, &PATIENTS[2..4]).await;
    let (network, none) = ("/api/networks/{network}", Value::Null);
    let search = "/api/panels/{panel}/members/search";
    let searched = search.replace("{panel}", &panel.to_string());
    let (again, out) = ("/api/families/{family}/reconfirm", "/api/families/{family}/withdraw");
    let of = |described: &str| described.replace("{family}", &family);
    let leaving = json!({"registrations": [members[0]]});
    let steps = vec![
        (COSMO, "GET", "/api/networks".to_owned(), "/api/networks", none.clone(), 200),
        (COSMO, "GET", "/api/networks/lantern-coast".into(), network, none.clone(), 200),
        (JUNIPER, "GET", "/api/networks/lantern-coast".into(), network, none.clone(), 404),
        (JUNIPER, "POST", searched.clone(), search, json!({}), 200),
        (JUNIPER, "POST", searched.clone(), search, json!({"left": true}), 200),
        (JUNIPER, "POST", searched.clone(), search, json!({"q": "a"}), 422),
        (BARNABY, "POST", searched, search, json!({}), 404),
        (MARIGOLD, "GET", "/api/communities".into(), "/api/communities", none.clone(), 200),
        (MARIGOLD, "GET", "/api/conditions".into(), "/api/conditions", none, 200),
        (MARIGOLD, "POST", of(again), again, json!({}), 200),
        (BARNABY, "POST", of(again), again, json!({}), 404),
        (MARIGOLD, "POST", of(out), out, leaving, 200),
        (MARIGOLD, "POST", of(out), out, json!({"registrations": []}), 422),
    ];
    followed.follow(&province, steps).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_on_a_panel_and_in_a_network_is_who_is_there() {
    let province = Province::start("overview").await;
    let panel = province.room_for(3).await;
    province.emr(ADD, &PATIENTS[..2]).await;
    province.register(MARIGOLD, &PATIENTS[2..4]).await;
    let kind = [("content-type", "application/json")];
    let path = format!("/api/panels/{panel}/members/search");
    let asked = json!({"words": PATIENTS[1].phn}).to_string();
    let found = province.paper(JUNIPER, "POST", &path, &kind, asked).await.json;
    let phns: Vec<&Value> =
        found["members"].as_array().expect("members").iter().map(|one| &one["phn"]).collect();
    assert_eq!(phns, [PATIENTS[1].phn]);
    let area = province.get(COSMO, "/api/networks/lantern-coast").await.json;
    let communities = area["communities"].as_array().expect("communities").iter();
    let people: i64 = communities.filter_map(|one| one["people"].as_i64()).sum();
    assert_eq!(people, 2, "{area}");
    let open: Vec<_> = area["panels"].as_array().expect("panels").iter().collect();
    assert!(open.iter().any(|one| one["id"] == panel && one["open"] == 3), "{area}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_panel_is_searched_a_hundred_people_at_a_time_and_nobody_is_passed_over() {
    let province = Province::start("large").await;
    let panel = province.panel_of(JUNIPER).await;
    let people = format!(
        "INSERT INTO client_registry.patient SELECT (jsonb_populate_record(p, jsonb_build_object('phn', n::text))).*
           FROM client_registry.patient p, generate_series(1000000001, 1000000205) n WHERE p.phn = '9876500011';
         INSERT INTO panel.patient (phn) SELECT n::text FROM generate_series(1000000001, 1000000205) n;
         WITH put AS (
             INSERT INTO panel.entry (panel_id, phn, status, started_at, status_at, author, message_id)
             SELECT {panel}, n::text, 'confirmed', now(), now(), 'emr-lantern', gen_random_uuid() FROM generate_series(1000000001, 1000000205) n
             RETURNING id, started_at)
         INSERT INTO panel.change (entry_id, became, at, author, on_behalf_of, message_id, reason)
         SELECT id, 'confirmed', started_at, 'emr-lantern', 'prov-1', gen_random_uuid(), 'added' FROM put"
    );
    crate::patients::run(&province.guarded.server, &people).await;
    let kind = [("content-type", "application/json")];
    let path = format!("/api/panels/{panel}/members/search");
    let mut found = std::collections::BTreeSet::new();
    for (skip, shown, more) in [(0, 100, true), (100, 100, true), (200, 5, false), (300, 0, false)]
    {
        let asked = json!({"words": "Marigold", "skip": skip}).to_string();
        let page = province.paper(JUNIPER, "POST", &path, &kind, asked).await.json;
        let members = page["members"].as_array().expect("members");
        assert_eq!((members.len(), &page["more"]), (shown, &json!(more)), "{skip}");
        found.extend(members.iter().map(|one| text(&one["phn"])));
    }
    assert_eq!(found.len(), 205);
}

async fn follow_lists(followed: &mut Followed) {
    let province = Province::start("described-lists").await;
    let panel = province.room_for(3).await;
    let (family, members) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let at = |described: &str| described.replace("{panel}", &panel.to_string());
    let candidates = "/api/panels/{panel}/candidates";
    followed.check("get", candidates, &province.get(COSMO, &at(candidates)).await);
    let sent = province.send(panel, &[&family]).await;
    followed.check("post", LISTS, &sent);
    let (list, answers) = ("/api/lists/{list}", "/api/lists/{list}/answers");
    let of = |described: &str| described.replace("{list}", &text(&sent.json["id"]));
    let first = proposals(&sent.json)[0];
    let accept = json!({"answers": [{"proposal": first, "answer": "accepted"}]});
    let (confirm, none) = ("/api/lists/{list}/confirmations", Value::Null);
    let (families, again) = ("/api/registrations", accept.clone());
    let withdraw = "/api/registrations/{registration}/withdraw";
    let withdrawn = withdraw.replace("{registration}", &members[0]);
    let steps = vec![
        (JUNIPER, "GET", at(LISTS), LISTS, none.clone(), 200),
        (COSMO, "POST", at(LISTS), LISTS, json!({"families": [family]}), 409),
        (JUNIPER, "POST", of(answers), answers, accept, 200),
        (JUNIPER, "POST", of(answers), answers, again, 409),
        (JUNIPER, "GET", of(list), list, none.clone(), 200),
        (MARIGOLD, "GET", families.into(), families, none, 200),
        (MARIGOLD, "POST", families.into(), families, json!({}), 422),
        (JUNIPER, "POST", of(confirm), confirm, json!({"proposals": [first]}), 200),
        (MARIGOLD, "POST", withdrawn, withdraw, json!({}), 200),
    ];
    followed.follow(&province, steps).await;
}

/// Marigold wants calls, and was asked long ago whether she still looks; the registry's agent is on the telephone with her.
async fn follow_notices(followed: &mut Followed) {
    const OPAL: &str = "opal.ringwell";
    let province = Province::start("described-notices").await;
    let mut marigold = crate::attachment::family(&PATIENTS[..1]);
    marigold["channel"] = "phone".into();
    marigold["phone"] = "250 555 0199".into();
    let registered = province.post(MARIGOLD, "/api/registrations", marigold).await;
    assert_eq!(registered.status, 201, "{:?}", registered.json);
    let mut connection = crate::cluster::connect(&province.guarded.server.database.url).await;
    let long_ago = "UPDATE attachment.registration SET registered_at = now() - interval '95 days',
        state_at = now() - interval '95 days', reconfirmed_at = now() - interval '95 days'";
    sqlx::raw_sql(long_ago).execute(&mut connection).await.expect("done");
    pas::workflow::pass_time(&province.guarded.server.app.service).await.expect("time passes");
    let (contact, calls) = ("/api/me/contact", "/api/networks/{network}/calls");
    let at = || "/api/networks/lantern-coast/calls".to_owned();
    let shown = province.get(COSMO, &at()).await;
    followed.check("get", calls, &shown);
    let called = json!({"notices": [shown.json["calls"][0]["about"][0]["notice"]]});
    let by_letter = json!({"channel": "email", "email": "cosmo@desk.example"});
    let find = "/api/families/search";
    let whom = json!({
        "phn": PATIENTS[0].phn, "family": PATIENTS[0].family, "birthDate": PATIENTS[0].birth,
    });
    let steps = vec![
        (COSMO, "GET", contact.to_owned(), contact, Value::Null, 200),
        (COSMO, "PUT", contact.into(), contact, by_letter, 200),
        (COSMO, "PUT", contact.into(), contact, json!({"channel": "email"}), 422),
        (COSMO, "PUT", contact.into(), contact, json!({"channel": "text"}), 422),
        (JUNIPER, "GET", at(), calls, Value::Null, 404),
        (COSMO, "POST", at(), calls, called.clone(), 200),
        (COSMO, "POST", at(), calls, called, 409),
        (OPAL, "POST", find.into(), find, whom.clone(), 200),
        (BASIL, "POST", find.into(), find, whom, 404),
    ];
    followed.follow(&province, steps).await;
}

async fn follow_clinics(followed: &mut Followed) {
    const CLINIC: &str = "/api/clinics/{clinic}";
    const STAFF: &str = "/api/clinics/{clinic}/staff/{subject}";
    const IRIS: &str = "iris.ledgerly";
    let province = Province::start("described-clinic").await;
    let clinic = || "/api/clinics/clinic-1".to_owned();
    let staff = || format!("{}/staff/{DAHLIA}", clinic());
    let nobody = || format!("{}/staff/nobody", clinic());
    let details = json!({"phone": "250-555-0101", "lines": ["12 Lantern Row"]});
    let post = json!({"name": "Dahlia Deskworth", "job": "medical-office-assistant"});
    let steps = vec![
        (IRIS, "GET", clinic(), CLINIC, Value::Null, 200),
        (IRIS, "PUT", clinic(), CLINIC, details, 200),
        (IRIS, "PUT", clinic(), CLINIC, json!({"postalCode": "V0X"}), 422),
        (IRIS, "PUT", clinic(), CLINIC, json!({"website": "none"}), 422),
        (BARNABY, "GET", clinic(), CLINIC, Value::Null, 404),
        (IRIS, "PUT", staff(), STAFF, post, 200),
        (IRIS, "PUT", staff(), STAFF, json!({"name": "", "job": "other"}), 422),
        (IRIS, "PUT", staff(), STAFF, json!({"name": "Dahlia", "job": "wizard"}), 422),
        (IRIS, "DELETE", staff(), STAFF, json!({}), 200),
        (IRIS, "DELETE", nobody(), STAFF, json!({}), 404),
    ];
    followed.follow(&province, steps).await;
}

/// What a family told, as it is sent to be changed.
fn told_again(family: &Value) -> Value {
    let same = [
        "email",
        "phone",
        "channel",
        "language",
        "postalCode",
        "community",
        "distance",
        "providerGender",
        "interpreter",
    ];
    same.iter().map(|name| ((*name).to_owned(), family[*name].clone())).collect()
}

async fn follow_families(followed: &mut Followed) {
    let province = Province::start("described-families").await;
    let mut homeless = crate::attachment::family(&PATIENTS[..2]);
    homeless["postalCode"] = Value::Null;
    homeless["community"] = "otter-bridge".into();
    let registered = province.post(MARIGOLD, "/api/registrations", homeless).await;
    assert_eq!(registered.status, 201, "{:?}", registered.json);
    followed.check("post", "/api/registrations", &registered);
    let family = "/api/families/{family}";
    let place = registered.header("location").to_owned();
    let shown = province.get(MARIGOLD, &place).await.json;
    assert_eq!(shown["community"], "otter-bridge");
    assert_eq!(shown["communityName"], "Otter Bridge");
    assert_eq!(shown["standing"], "first-10");
    let one = text(&shown["members"][0]["registration"]);
    let again = "/api/registrations/{registration}/reconfirm";
    let steps = vec![
        (MARIGOLD, "GET", place.clone(), family, Value::Null, 200),
        (BARNABY, "GET", place.clone(), family, Value::Null, 404),
        (MARIGOLD, "PUT", place.clone(), family, told_again(&shown), 200),
        (MARIGOLD, "PUT", place, family, json!([]), 422),
        (MARIGOLD, "POST", again.replace("{registration}", &one), again, Value::Null, 200),
    ];
    followed.follow(&province, steps).await;
}

async fn follow_papers(followed: &mut Followed) {
    let province = Province::start("described-papers").await;
    let panel = province.accepted(3).await.panel;
    province.emr(ADD, &PATIENTS[1..2]).await;
    let compared = province.compare(JUNIPER, panel, list_of_everything()).await;
    followed.check("post", CLEAN_UP, &compared);
    let refused = province.compare(JUNIPER, panel, "no table").await;
    followed.check("post", CLEAN_UP, &refused);
    let clover = PATIENTS[2];
    let new = json!({"phn": clover.phn, "given": clover.given, "family": clover.family, "birthDate": clover.birth});
    let changes = "/api/panels/{panel}/clean-up/changes";
    for choice in [json!({"add": [new], "remove": [PATIENTS[1].phn]}), json!({})] {
        followed.check("post", changes, &province.clean(JUNIPER, panel, &choice).await);
    }
    for described in ["/api/panels/{panel}/records", "/api/panels/{panel}/records.csv"] {
        let path = described.replace("{panel}", &panel.to_string());
        let period = format!("{path}?from=2020-01-01&to=2099-01-01");
        for path in [period, path] {
            followed.check("get", described, &province.get(JUNIPER, &path).await);
        }
    }
}

fn list_of_everything() -> String {
    format!("{}1,a,b,c\n9876500012,,,\n{}", list(&PATIENTS[1..3]), row(&PATIENTS[1]))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_a_registration_are_those_that_are_taken() {
    use pas::workflow::{Channel, Looking, RegisteredBy};
    let province = Province::start("described-words").await;
    let whole = description(&province).await;
    let family = &whole["components"]["schemas"]["Registering"]["properties"];
    let words = |all: Vec<&str>| json!(all);
    let channels = Channel::ALL.iter().map(|one| one.word()).collect();
    let by = RegisteredBy::ALL.iter().map(|one| one.word()).collect();
    let looking = Looking::ALL.iter().map(|one| one.word()).collect();
    assert_eq!(family["channel"]["enum"], words(channels));
    assert_eq!(family["registeredBy"]["enum"], words(by));
    assert_eq!(family["members"]["items"]["properties"]["looking"]["enum"], words(looking));
    let sound = crate::attachment::family(&PATIENTS[..2]);
    let schema = json!({"$ref": "#/components/schemas/Registering"});
    assert_eq!(unlike(&sound, &schema, &whole, "family"), [""; 0]);
}
