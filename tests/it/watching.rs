//! Dashboard, alert rules and the operating guide speak of metrics that there are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pas::fault::Code;
use pas::http::{Kind, METRICS};
use serde_json::Value;

use crate::metrics::family;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every metric that a text names.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "_:-".contains(c)));
    words.filter(|word| word.starts_with("pas_")).collect()
}

/// Every query of the dashboard.
fn queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value.as_str()) {
                    ("expr" | "query" | "definition", Some(text)) => found.push(text.to_owned()),
                    _ => queries(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| queries(item, found)),
        _ => {}
    }
}

const FILES: [&str; 2] = ["deploy/prometheus/alerts.yml", "deploy/prometheus/alerts_test.yml"];

#[test]
fn dashboard_and_alerts_name_only_metrics_that_there_are_and_the_dashboard_every_one() {
    let known: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    let dashboard: Value =
        serde_json::from_str(&read("deploy/grafana/pas.json")).expect("the dashboard is JSON");
    let mut asked = Vec::new();
    queries(&dashboard, &mut asked);
    assert!(asked.len() > 15, "{} queries", asked.len());
    let asked = asked.join("\n");
    let shown: BTreeSet<&str> = named(&asked).into_iter().map(family).collect();
    assert_eq!(shown, known);
    for file in FILES {
        let text = read(file);
        let named: BTreeSet<&str> = named(&text).into_iter().map(family).collect();
        assert!(named.len() > 5 && named.is_subset(&known), "{file}: {named:?}");
    }
}

#[test]
fn dashboard_and_alerts_name_only_labels_and_fault_codes_that_there_are() {
    let labels: BTreeSet<&str> = METRICS
        .iter()
        .flat_map(|metric| metric.labels)
        .copied()
        .chain(["le", "job", "instance"])
        .collect();
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.row().code).collect();
    let mut texts = Vec::new();
    let dashboard = serde_json::from_str(&read("deploy/grafana/pas.json")).expect("JSON");
    queries(&dashboard, &mut texts);
    texts.extend(FILES.map(read));
    let (mut matchers, mut named) = (0, 0);
    for text in &texts {
        for selector in text.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
            for matcher in selector.split("\",").flat_map(|part| part.split("\", ")) {
                let Some((label, value)) = matcher.split_once(['=', '!']) else { continue };
                assert!(labels.contains(label.trim()), "{label} of {{{selector}}}");
                matchers += 1;
                if label.trim() == "code" {
                    for code in value.trim_matches(['=', '~', '"']).split('|') {
                        assert!(codes.contains(code), "{code} of {{{selector}}}");
                        named += 1;
                    }
                }
            }
        }
    }
    assert!(matchers > 10 && named > 3, "{matchers} matchers, {named} codes");
}

#[test]
fn every_alert_has_a_test_and_tells_what_to_do() {
    let (rules, tests) =
        (read("deploy/prometheus/alerts.yml"), read("deploy/prometheus/alerts_test.yml"));
    let alerts: Vec<&str> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 7, "{alerts:?}");
    for alert in &alerts {
        assert!(tests.contains(&format!("alertname: {alert}\n")), "{alert} is not tested");
    }
    for part in ["severity: ", "summary: ", "description: "] {
        assert_eq!(rules.matches(part).count(), alerts.len(), "{part}");
    }
}

#[test]
fn the_table_of_metrics_in_the_operating_guide_is_the_codes() {
    let page = read("docs/OPERATING.md");
    let (_, section) = page.split_once("\n## Metrics\n").expect("a section on metrics");
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut documented = BTreeMap::new();
    for row in section.lines().filter(|line| line.starts_with("| `pas_")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 6, "{row}");
        let told = (cells[2].to_owned(), cells[3].replace('`', ""), cells[4].to_owned());
        documented.insert(cells[1].trim_matches('`').to_owned(), told);
    }
    let defined = METRICS.iter().map(|metric| {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        let told = (kind.to_owned(), metric.labels.join(", "), metric.help.to_owned());
        (metric.name.to_owned(), told)
    });
    assert_eq!(documented, defined.collect());
}
