//! Papers about a panel: attachment records to bill by, and its clean-up.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::attachment::{
    CleanUp, EmrList, Ground, Numbering, Unlisted, Unreadable, read_bundle, read_table,
};
use crate::fault::Issue;
use crate::fhir::decode;
use crate::message::PhnFault;
use crate::panel::PanelId;
use crate::process::{LIGHT, beside};
use crate::workflow::{Records, Refusal};

use super::super::negotiate::{Encoding, prefers};
use super::super::{App, body};
use super::Shared;
use super::problem::Problem;
use super::shown::Json;
use super::signed::{At, Reading, Signed};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/panels/{panel}/records", get(records))
        .route("/api/panels/{panel}/records.csv", get(records_table))
        .route("/api/panels/{panel}/clean-up", post(clean_up))
}

/// The first and the last day.
#[derive(Debug, Deserialize)]
struct Period {
    from: NaiveDate,
    to: NaiveDate,
}

type Asked = Result<Query<Period>, QueryRejection>;

async fn found(app: &App, signed: &Signed, id: i64, period: Asked) -> Result<Records, Problem> {
    let told = "Say which days: from=YYYY-MM-DD&to=YYYY-MM-DD.";
    let Query(period) =
        period.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, Ground::Address, told))?;
    Ok(signed.desk(app).records(PanelId(id), period.from, period.to).await?)
}

/// `GET /api/panels/{panel}/records`: JSON, or a table for whoever would rather have that.
async fn records(
    State(app): Shared,
    Reading(signed): Reading,
    At(id): At<i64>,
    headers: HeaderMap,
    period: Asked,
) -> Result<Response, Problem> {
    let found = found(&app, &signed, id, period).await?;
    let vary = [(header::VARY, "Accept")];
    if prefers("text/csv", "application/json", &headers) {
        return Ok((vary, table(&found)).into_response());
    }
    let rows = found.rows.iter().map(|row| {
        json!({
            "code": row.code,
            "phn": row.phn,
            "facility": found.facility,
            "provider": found.provider,
            "date": row.day,
        })
    });
    let rows: Vec<Value> = rows.collect();
    let told = Json(json!({ "from": found.from, "to": found.to, "records": rows }));
    Ok((vary, told).into_response())
}

/// `GET /api/panels/{panel}/records.csv`
async fn records_table(
    State(app): Shared,
    Reading(signed): Reading,
    At(id): At<i64>,
    period: Asked,
) -> Result<Response, Problem> {
    Ok(table(&found(&app, &signed, id, period).await?))
}

/// The records as RFC 4180 has a table.
pub(in crate::http) fn table(records: &Records) -> Response {
    let mut text = "code,PHN,facility,provider,date\r\n".to_owned();
    for row in &records.rows {
        let fields = [&row.code, &row.phn, &records.facility, &records.provider];
        let fields: Vec<String> = fields.into_iter().map(|text| field(text)).collect();
        // Writing to a String cannot fail.
        let _ = write!(text, "{},{}\r\n", fields.join(","), row.day);
    }
    let name = format!("attachment; filename=\"records-{}-{}.csv\"", records.from, records.to);
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, text).into_response()
}

/// A field of a table. What a spreadsheet would take for a formula, it is to take for text.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let safe = if formula { format!("'{text}") } else { text.to_owned() };
    if safe.contains([',', '"', '\r', '\n']) {
        return format!("\"{}\"", safe.replace('"', "\"\""));
    }
    safe
}

fn media_type(text: &str) -> &str {
    text.split(';').next().unwrap_or_default().trim()
}

/// How a list is written.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) enum Kind {
    /// CSV.
    Table,
    /// FHIR.
    Bundle,
}

impl Kind {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let packed = text(header::CONTENT_ENCODING).unwrap_or("identity");
        let kind = media_type(text(header::CONTENT_TYPE).unwrap_or_default()).to_ascii_lowercase();
        match kind.as_str() {
            "text/csv" if packed == "identity" => Ok(Kind::Table),
            "application/fhir+json" if packed == "identity" => Ok(Kind::Bundle),
            _ => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Ground::MediaType,
                "Send text/csv or application/fhir+json, not packed.",
            )),
        }
    }
}

/// `POST /api/panels/{panel}/clean-up`: a dry run, so whoever may look may ask for it.
async fn clean_up(State(app): Shared, At(id): At<i64>, request: Request) -> Result<Json, Response> {
    let (parts, sent) = request.into_parts();
    let signed = Signed::of(&parts, &app, false).await?;
    let kind = Kind::of(&parts.headers).map_err(IntoResponse::into_response)?;
    let held = body::read(sent, Encoding::Plain, app.limits, &app.bodies).await;
    let held = held.map_err(|code| app.alone(code).into_response())?;
    let bulky = held.bytes().len() > LIGHT;
    // Waits rather than refuses, as large messages do.
    let _permit = if bulky { app.service.bulky.acquire().await.ok() } else { None };
    let list = beside(bulky, || read(kind, held.bytes(), &app));
    let list = list.map_err(IntoResponse::into_response)?;
    let compared = signed.desk(&app).clean_up(PanelId(id), &list.patients).await;
    let compared = compared.map_err(|refusal| Problem::from(refusal).into_response())?;
    Ok(Json(beside(bulky, || shown(&list, &compared.told))))
}

/// Reads a list that an EMR wrote.
pub(in crate::http) fn read(kind: Kind, body: &[u8], app: &App) -> Result<EmrList, Problem> {
    let unreadable = |Unreadable(why)| Problem::from(Refusal::Invalid(Ground::EmrList, why));
    match kind {
        Kind::Table => read_table(body).map_err(unreadable),
        Kind::Bundle => {
            let json = decode(body, &app.service.json).map_err(|faults| {
                let told: Vec<String> =
                    faults.iter().map(|fault| Issue::from(fault).text).collect();
                Problem::new(StatusCode::BAD_REQUEST, Ground::Json, told.join(" "))
            })?;
            read_bundle(&json, &app.service.reading.naming).map_err(unreadable)
        }
    }
}

fn shown(list: &EmrList, told: &CleanUp) -> Value {
    let all = |unlisted: &[Unlisted]| -> Value {
        let one = |one: &Unlisted| {
            let mut shown = json!({ "phn": one.phn, "status": one.status.code() });
            if let Some(line) = one.line {
                shown["line"] = line.into();
            }
            shown
        };
        unlisted.iter().map(one).collect()
    };
    let only_in_emr = told.only_in_emr.iter();
    let invalid = told.invalid.iter().map(|invalid| {
        let fault = match invalid.fault {
            PhnFault::Form => "form",
            PhnFault::CheckDigit => "check-digit",
        };
        json!({ "line": invalid.line, "fault": fault })
    });
    let repeated = told.repeated.iter();
    let mismatches = told.mismatches.iter().map(|mismatch| {
        json!({ "line": mismatch.line, "phn": mismatch.phn.as_str(), "fields": mismatch.fields })
    });
    json!({
        "numbering": match list.numbering {
            Numbering::Lines => "lines",
            Numbering::Entries => "entries",
        },
        "inEmr": told.in_emr,
        "inPas": told.in_pas,
        "agreed": told.agreed,
        "onlyInEmr": only_in_emr
            .map(|one| json!({ "line": one.line, "phn": one.phn.as_str() }))
            .collect::<Vec<_>>(),
        "onlyInPas": all(&told.only_in_pas),
        "notConfirmed": all(&told.not_confirmed),
        "invalid": invalid.collect::<Vec<_>>(),
        "repeated": repeated
            .map(|one| json!({ "phn": one.phn.as_str(), "lines": one.lines }))
            .collect::<Vec<_>>(),
        "mismatches": mismatches.collect::<Vec<_>>(),
        "unreadable": list
            .faults
            .iter()
            .map(|fault| json!({ "line": fault.line, "why": fault.why }))
            .collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn a_field_is_text_to_a_spreadsheet_and_one_field_to_a_reader() {
        for (text, written) in [
            ("9876500011", "9876500011"),
            ("=1+1", "'=1+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("a,b", "\"a,b\""),
            ("say \"so\"", "\"say \"\"so\"\"\""),
            ("+\n,", "\"'+\n,\""),
        ] {
            assert_eq!(field(text), written);
        }
    }
}
