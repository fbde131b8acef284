//! Attachment records, to bill by.

use super::*;
use crate::access::Guarded;
use crate::attachment::BASIL;
use crate::server::Setup;

const YEARS: &str = "from=2020-01-01&to=2099-12-31";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_accepted_is_on_the_records_with_everything_that_is_billed() {
    let province = Province::start("records").await;
    let panel = province.accepted(3).await.panel;
    let path = format!("/api/panels/{panel}/records?{YEARS}");
    let answer = province.get(JUNIPER, &path).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    let records = answer.json["records"].as_array().expect("records");
    let day = text(&records[0]["date"]);
    let expected = json!([{
        "code": "98890", "phn": PATIENTS[0].phn, "facility": "F0101", "provider": "90101", "date": day,
    }]);
    assert_eq!(answer.json["records"], expected);

    let only = format!("/api/panels/{panel}/records?from={day}&to={day}");
    let same_day = province.get(JUNIPER, &only).await;
    assert_eq!(same_day.json["records"], expected, "both days are part of the period");
    let before = format!("/api/panels/{panel}/records?from=2020-01-01&to=2020-12-31");
    assert_eq!(province.get(JUNIPER, &before).await.json["records"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_is_the_same_records_by_either_way_of_asking() {
    let province = Province::start("records-csv").await;
    let panel = province.accepted(3).await.panel;
    let json = province.get(JUNIPER, &format!("/api/panels/{panel}/records?{YEARS}")).await.json;
    let day = text(&json["records"][0]["date"]);
    let table = format!(
        "code,PHN,facility,provider,date\r\n98890,{},F0101,90101,{day}\r\n",
        PATIENTS[0].phn
    );
    let by_name = format!("/api/panels/{panel}/records.csv?{YEARS}");
    let by_kind = format!("/api/panels/{panel}/records?{YEARS}");
    for (path, accept) in [(by_name, "*/*"), (by_kind, "text/csv;q=0.9, application/json;q=0.1")] {
        let answer = province.paper(JUNIPER, "GET", &path, &[("accept", accept)], "").await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").starts_with("text/csv; charset=utf-8"));
        assert!(answer.header("content-disposition").starts_with("attachment; filename="));
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(String::from_utf8_lossy(&answer.bytes), table);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_refused_by_its_weight_is_not_sent_and_the_kind_varies_with_what_is_accepted()
 {
    let province = Province::start("records-weight").await;
    let panel = province.panel_of(JUNIPER).await;
    let path = format!("/api/panels/{panel}/records?{YEARS}");
    for (accept, kind) in [
        ("application/json, text/csv;q=0", "application/json"),
        ("text/csv;q=0.2, application/json;q=0.8", "application/json"),
        ("text/csv, */*;q=0.1", "text/csv; charset=utf-8; header=present"),
    ] {
        let answer = province.paper(JUNIPER, "GET", &path, &[("accept", accept)], "").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{accept}");
        assert_eq!(answer.header("vary").to_lowercase(), "accept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_for_the_provider_and_their_delegate_and_seeing_them_is_recorded() {
    let province = Province::start("records-rights").await;
    let panel = province.accepted(3).await.panel;
    for path in ["records", "records.csv"] {
        let path = format!("/api/panels/{panel}/{path}?{YEARS}");
        assert_eq!(allowed(&province, "GET", &path, "").await, [JUNIPER, DAHLIA]);
    }
    let seen =
        "SELECT count(*) FROM audit.event WHERE event = 'see-records' AND on_behalf_of = '{prov-1}'
                AND subject IN ('juniper.testwell', 'dahlia.deskworth')";
    assert_eq!(province.count(seen).await, 4);
    assert_eq!(
        province.count("SELECT count(*) FROM audit.event WHERE event = 'see-records'").await,
        4
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_that_is_none_is_refused() {
    let province = Province::start("records-period").await;
    let panel = province.panel_of(JUNIPER).await;
    for (query, status) in [
        ("", 400),
        ("?from=2026-01-01", 400),
        ("?from=yesterday&to=2026-01-01", 400),
        ("?from=2026-02-30&to=2026-03-01", 400),
        ("?from=2026-02-01&to=2026-01-01", 422),
    ] {
        let answer = province.get(JUNIPER, &format!("/api/panels/{panel}/records{query}")).await;
        assert_eq!(answer.status, status, "{query}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_that_is_in_force_is_recorded_and_earlier_ones_stay() {
    let province = Province::start("records-code").await;
    let panel = province.accepted(3).await.panel;
    let database = province.guarded.server.stop().await;
    let setup = Setup { database: Some(database), ..Setup::default() };
    let guarded = Guarded::with("records-alias", "--attachment-code 98990", setup).await;
    let province = Province { guarded };
    let (family, _) = province.register(BASIL, &PATIENTS[1..2]).await;
    let list = province.send(panel, &[&family]).await.json;
    let answers = json!({"answers": [{"proposal": proposals(&list)[0], "answer": "accepted"}]});
    let path = format!("/api/lists/{}/answers", text(&list["id"]));
    assert_eq!(province.post(JUNIPER, &path, answers).await.status, 200);
    let records = province.get(JUNIPER, &format!("/api/panels/{panel}/records?{YEARS}")).await;
    let records = records.json["records"].as_array().expect("records").clone();
    let codes: Vec<_> = records.iter().map(|one| (text(&one["code"]), text(&one["phn"]))).collect();
    let of = |code: &str, place: usize| (code.to_owned(), PATIENTS[place].phn.to_owned());
    assert_eq!(codes, [of("98890", 0), of("98990", 1)]);
}
