//! What is published, over a real socket: definitions that others can read, that lead to each other, and that say
//! what the code does.

use std::collections::BTreeSet;
use std::io::Read as _;

use pas::conformance::{Claims, KINDS, Security, openapi};
use pas::fault::{Alone, Code};
use pas::message::{Event, Limits, Naming};
use serde_json::Value;

use crate::answer::Answer;
use crate::server::Server;

pub const CANONICAL: &str = "https://api.healthcarebc.ca/fhir";

impl Server {
    /// Asks for a path.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(path).method("GET")).await
    }

    /// Every definition of a type.
    pub async fn all(&self, kind: &str) -> Vec<Value> {
        let found = self.get(&format!("/{kind}")).await;
        let entries = found.json["entry"].as_array().expect("entries").iter();
        entries.map(|entry| entry["resource"].clone()).collect()
    }

    /// Every definition.
    async fn definitions(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for kind in KINDS {
            all.extend(self.all(kind).await);
        }
        all
    }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value}"))
}

/// Reads a resource with a decoder that is not ours.
fn problems(resource: &Value) -> Vec<String> {
    let read = fhirkit::from_json::<fhirkit::r4::Resource>(&resource.to_string());
    match read {
        Ok((_, issues)) => issues.iter().map(ToString::to_string).collect(),
        Err(error) => vec![error.to_string()],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_definition_is_read_by_an_independent_r4_decoder() {
    let server = Server::start().await;
    let mut all = server.definitions().await;
    all.push(server.get("/metadata").await.json);
    assert!(all.len() > 25, "{} definitions", all.len());
    for one in &all {
        assert_eq!(problems(one), [""; 0], "{}", text(one, "id"));
    }
    let mut broken = all[0].clone();
    broken["status"] = Value::from(7);
    assert_ne!(problems(&broken), [""; 0], "the decoder finds faults where there are some");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_is_found_by_its_id_and_by_every_parameter() {
    let server = Server::start().await;
    for one in server.definitions().await {
        let (kind, id, url) = (text(&one, "resourceType"), text(&one, "id"), text(&one, "url"));
        for base in ["", "/fhir"] {
            let read = server.get(&format!("{base}/{kind}/{id}")).await;
            assert_eq!((read.status, &read.json), (200, &one), "{base}/{kind}/{id}");
        }
        let name = text(&one, "name").to_uppercase();
        let version = text(&one, "version");
        for query in [
            format!("url={url}"),
            format!("url=http%3A%2F%2Fnowhere.example,{url}%7C{version}&colour=blue"),
            format!("_id={id}&name={name}"),
        ] {
            let found = server.get(&format!("/{kind}?{query}")).await.json;
            let ids: Vec<&str> = found["entry"]
                .as_array()
                .map(|entries| entries.iter().map(|e| text(&e["resource"], "id")).collect())
                .unwrap_or_default();
            assert!(ids.contains(&id), "{query} finds {ids:?}");
            assert_eq!(found["total"], ids.len());
            let own = text(&found["link"][0], "url");
            assert!(own.starts_with(&format!("https://pas.example/{kind}?")), "{own}");
            assert!(!own.contains("colour"), "only what was used: {own}");
        }
    }
    let nothing = server.get("/ValueSet?url=http://nowhere.example").await;
    assert_eq!((nothing.status, &nothing.json["total"]), (200, &Value::from(0)));
    assert_eq!(nothing.json.get("entry"), None);
    let other = server.get("/StructureDefinition/pas-fault").await;
    assert_eq!((other.status, other.codes()), (404, vec!["not-found"]));
}

/// Every canonical of ours, anywhere in a resource.
fn canonicals(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with(CANONICAL) && !text.contains(' ') => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| canonicals(item, found)),
        Value::Object(members) => members.values().for_each(|value| canonicals(value, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_canonical_that_is_named_anywhere_leads_to_a_definition() {
    use crate::message::{ADD, PANELS, PATIENTS, QUERY, message};
    let server = Server::start().await;
    let mut named = BTreeSet::new();
    for one in server.definitions().await {
        canonicals(&one, &mut named);
    }
    canonicals(&server.get("/metadata").await.json, &mut named);
    for event in [ADD, QUERY, "no-event"] {
        canonicals(&server.post(&message(event, PANELS[0], &PATIENTS)).await.json, &mut named);
    }
    assert!(named.len() > 25, "{named:?}");
    for url in named {
        let kind = url.rsplit('/').nth(1).expect("a type");
        let found = server.get(&format!("/{kind}?url={url}")).await;
        assert_eq!(found.json["total"], 1, "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_it_already_is_told_so() {
    let server = Server::start().await;
    let paths = [
        "/",
        "/metadata",
        "/package.tgz",
        "/openapi.json",
        "/ValueSet?name=pas",
        "/fhir/CodeSystem/pas-fault",
    ];
    for path in paths {
        let first = server.get(path).await;
        let etag = first.header("etag").to_owned();
        assert_eq!((first.status, first.header("cache-control")), (200, "public, max-age=300"));
        assert!(etag.starts_with('"') && etag.len() > 20, "{path}: {etag}");
        for (known, status) in [(etag.as_str(), 304), ("*", 304), ("\"other\"", 200)] {
            let asked = server.request(path).method("GET").header("if-none-match", known);
            let again = server.send(asked).await;
            assert_eq!((again.status, again.header("etag")), (status, etag.as_str()), "{path}");
            assert_eq!(again.bytes.is_empty(), status == 304, "{path}");
        }
        let head = server.send(server.request(path).method("HEAD")).await;
        assert_eq!((head.status, head.bytes.len(), head.header("etag")), (200, 0, etag.as_str()));
        let post = server.send(server.request(path)).await;
        assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"), "{path}");
    }
}

/// Whoever follows the page adds, asks, removes and asks again: the last answer must be a new one.
#[tokio::test(flavor = "multi_thread")]
async fn an_example_is_another_message_each_time_it_is_fetched() {
    use crate::message::{ADD, QUERY, REMOVE};
    let server = Server::start().await;
    let mut ids = BTreeSet::new();
    for (event, status) in
        [(ADD, "confirmed"), (QUERY, "confirmed"), (REMOVE, "removed"), (QUERY, "removed")]
    {
        for base in ["", "/fhir"] {
            let example = server.get(&format!("{base}/examples/{event}.json")).await;
            assert_eq!((example.status, example.header("cache-control")), (200, "no-store"));
            let header = &example.json["entry"][0];
            assert_eq!(
                text(header, "fullUrl"),
                format!("urn:uuid:{}", text(&header["resource"], "id"))
            );
            for id in [text(&example.json, "id"), text(&header["resource"], "id")] {
                assert!(ids.insert(id.to_owned()), "{id} was there before");
            }
            let answer = server.post(&example.json).await;
            assert_eq!((answer.response(), answer.statuses()), ("ok", vec![status]), "{event}");
        }
    }
    let post = server.send(server.request(&format!("/examples/{QUERY}.json"))).await;
    assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));
}

#[tokio::test(flavor = "multi_thread")]
async fn xml_is_not_acceptable_here_either() {
    let server = Server::start().await;
    for path in ["/metadata", "/StructureDefinition", "/fhir/CodeSystem/pas-fault"] {
        for path in
            [format!("{path}?_format=xml"), format!("{path}?_format=application/fhir%2Bxml")]
        {
            let answer = server.get(&path).await;
            assert_eq!((answer.status, answer.codes()), (406, vec!["not-acceptable"]), "{path}");
        }
        let asked = server.request(path).method("GET").header("accept", "application/fhir+xml");
        assert_eq!(server.send(asked).await.status, 406);
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let asked = server.request(path).method("GET").header("accept", browser);
        assert_eq!(
            server.send(asked).await.header("content-type"),
            "application/fhir+json; charset=utf-8"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_package_holds_what_is_served() {
    let server = Server::start().await;
    let answer = server.get("/package.tgz").await;
    assert_eq!(answer.header("content-type"), "application/gzip");
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(answer.bytes.as_ref()));
    let mut files = std::collections::BTreeMap::new();
    for entry in tar.entries().expect("a tar") {
        let mut entry = entry.expect("an entry");
        assert_eq!(entry.header().mtime().expect("a time"), 0);
        let path = entry.path().expect("a path").to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("a file");
        let json: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(files.insert(path, json), None);
    }
    let manifest = files.remove("package/package.json").expect("package.json");
    assert_eq!(text(&manifest, "canonical"), CANONICAL);
    assert_eq!(manifest["dependencies"]["hl7.fhir.r4.core"], "4.0.1");
    let index = files.remove("package/.index.json").expect(".index.json");
    let listed: BTreeSet<String> = index["files"]
        .as_array()
        .expect("files")
        .iter()
        .map(|file| format!("package/{}", text(file, "filename")))
        .collect();
    assert_eq!(listed, files.keys().cloned().collect());
    let served = server.definitions().await;
    assert_eq!(served.len(), files.len());
    for one in served {
        let file = format!("package/{}-{}.json", text(&one, "resourceType"), text(&one, "id"));
        assert_eq!(files[&file], one);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_systems_are_the_codes_own_tables() {
    let server = Server::start().await;
    let concepts = async |id: &str| {
        let system = server.get(&format!("/CodeSystem/{id}")).await.json;
        system["concept"].as_array().expect("concepts").clone()
    };
    let codes = |concepts: &[Value]| -> Vec<String> {
        concepts.iter().map(|concept| text(concept, "code").to_owned()).collect()
    };
    let faults = concepts("pas-fault").await;
    let rows: Vec<&str> = Code::ALL.iter().map(|code| code.row().code).collect();
    assert_eq!(codes(&faults), rows);
    for (concept, code) in faults.iter().zip(Code::ALL) {
        assert_eq!(concept["definition"], code.row().text);
        assert_eq!(concept["property"][1]["valueCode"], code.row().severity.code());
    }
    assert_eq!(codes(&concepts("message-event-code").await), Event::ALL.map(Event::code));
    let words = pas::panel::Status::ALL.map(pas::panel::Status::code);
    assert_eq!(codes(&concepts("pas-mrp-status").await), words);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_capability_statement_keeps_r4s_conditions_and_says_what_is_so() {
    let flags = "--keep-answers 3".to_owned();
    let server = Server::with(crate::server::Setup { flags, ..Default::default() }).await;
    let claims = server.get("/fhir/metadata").await.json;
    assert_eq!(text(&claims, "kind"), "instance");
    assert_eq!(claims["implementation"]["url"], "https://pas.example");
    assert_eq!(
        claims["messaging"][0]["endpoint"][0]["address"],
        "https://pas.example/$process-message"
    );
    assert_eq!(claims["messaging"][0]["reliableCache"], 3 * 24 * 60, "--keep-answers, in minutes");
    let rest = &claims["rest"][0];
    let types: Vec<&str> =
        rest["resource"].as_array().expect("types").iter().map(|r| text(r, "type")).collect();
    assert_eq!(types, [&KINDS[..], &["Group"]].concat(), "cpb-9: each type once");
    for resource in rest["resource"].as_array().expect("types") {
        let wanted = match text(resource, "type") {
            "Group" => ["managing-entity", "facility", "_lastUpdated"],
            _ => ["_id", "url", "name"],
        };
        let names: Vec<&str> = resource["searchParam"]
            .as_array()
            .expect("parameters")
            .iter()
            .map(|p| text(p, "name"))
            .collect();
        assert_eq!(names, wanted, "cpb-12: each name once");
    }
    assert_eq!(rest["operation"][0]["name"], "process-message");
    let messages: Vec<&str> = claims["messaging"][0]["supportedMessage"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|message| text(message, "definition").rsplit('/').next().expect("an id"))
        .collect();
    assert_eq!(messages, Event::ALL.map(Event::code));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_for_people_tells_everything_and_loads_nothing() {
    let server = Server::start().await;
    let asked = [("/", "text/html"), ("/fhir/", "*/*"), ("/fhir", "text/html,*/*;q=0.8")];
    for (path, accept) in asked {
        let answer = server.send(server.request(path).method("GET").header("accept", accept)).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "text/html; charset=utf-8")
        );
    }
    let answer = server.get("/").await;
    let page = String::from_utf8(answer.bytes.to_vec()).expect("UTF-8");
    for code in Code::ALL {
        let row = code.row();
        assert_eq!(page.matches(&format!("<li id=\"{}\">", row.code)).count(), 1, "{}", row.code);
    }
    for event in Event::ALL {
        let path = format!("/examples/{}.json", event.code());
        assert!(page.contains(&path), "{path}");
        let example = server.get(&path).await;
        let answer = server.post(&example.json).await;
        assert_eq!((answer.status, answer.response()), (200, "ok"), "{path}");
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    for outside in ["<script", "src=", "<link", "style=\"", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    for id in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(page.contains(&format!("id=\"{id}\"")), "#{id} leads nowhere");
    }
    for path in page.split("href=\"/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert_eq!(server.get(&format!("/{path}")).await.status, 200, "/{path}");
    }
}

fn sandbox() -> Claims {
    Claims {
        canonical: CANONICAL.into(),
        endpoint: "https://pas.example/$process-message".into(),
        naming: Naming::default(),
        limits: Limits { members: 5_000 },
        reliable_cache: 60,
        security: Security::Tokens {
            issuer: "https://pas.example".into(),
            token_url: Some("https://pas.example/auth/token".into()),
        },
        sandbox: true,
    }
}

/// The addresses in the sources of the edge, as an OpenAPI description would have them.
fn routes() -> BTreeSet<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let mut routes = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("the edge") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(path).expect("a source");
        let own = source.split("#[cfg(test)]").next().unwrap_or_default();
        for literal in own.split('"').skip(1).step_by(2) {
            let path = literal.strip_prefix("{base}").unwrap_or(literal);
            if path.starts_with('/') && path.len() > 1 && !path.contains('{') {
                let path = path.strip_prefix("/fhir").unwrap_or(path).replace("%24", "$");
                routes.insert(path);
            }
        }
    }
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_description_and_the_routes_are_the_same() {
    let full = openapi(&sandbox());
    let described = full["paths"].as_object().expect("paths");
    let routes = routes();
    assert!(routes.contains("/$process-message") && routes.contains("/healthz"), "{routes:?}");
    for route in routes.iter().filter(|route| !route.is_empty()) {
        assert!(described.contains_key(route), "{route} is not described");
    }
    let server = Server::start().await;
    let served = server.get("/openapi.json").await;
    assert_eq!(text(&served.json, "openapi"), "3.1.0");
    for (path, item) in served.json["paths"].as_object().expect("paths") {
        let path = path.replace("{id}", "nothing").replace("{panel}", "1");
        let path = ["{list}", "{registration}"]
            .iter()
            .fold(path, |path, part| path.replace(part, "00000000-0000-0000-0000-000000000000"));
        for method in item.as_object().expect("methods").keys().filter(|key| *key != "description")
        {
            let answer = server.send(server.request(&path).method(&method.to_uppercase())).await;
            let responses = item[method]["responses"].as_object().expect("responses");
            assert!(
                responses.contains_key(&answer.status.to_string()),
                "{path}: {}",
                answer.status
            );
            assert_ne!(answer.status, 405, "{method} {path}");
            let below = format!("/fhir{path}");
            let there = server.send(server.request(&below).method(&method.to_uppercase())).await;
            let also = item["description"] == "Also below /fhir.";
            let wanted = if also { answer.status } else { 404 };
            assert_eq!(there.status, wanted, "as the description says: {below}");
            assert!(path.ends_with("nothing") || answer.status != 404, "{path}");
        }
    }
    for public in ["/numbers", "/numbers.csv"] {
        assert!(described.contains_key(public), "{public} is not described");
    }
    let post = &served.json["paths"]["/$process-message"]["post"]["responses"];
    for code in Code::ALL {
        if let Alone::Status(status) = code.row().alone
            && !matches!(status, 404 | 405)
        {
            let told = text(&post[status.to_string()], "description");
            assert!(told.contains(&format!("`{}`", code.row().code)), "{told}");
        }
    }
    // tests/it/access.rs sees them sent.
    for (status, header) in [(401, "WWW-Authenticate"), (429, "Retry-After"), (503, "Retry-After")]
    {
        assert_eq!(post[status.to_string()]["headers"][header]["required"], true, "{status}");
    }
}
