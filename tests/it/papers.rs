//! Papers about a panel, through the API: attachment records, clean-up, the whole panel, and what is published of it.

use serde_json::{Value, json};

use crate::access::USER;
use crate::answer::Answer;
use crate::attachment::{BASIL, COSMO, DAHLIA, JUNIPER, MARIGOLD, Province, proposals, text};
use crate::message::{ADD, PATIENTS, Patient, QUERY, REMOVE};

mod clean_up;
pub mod cleaning;
mod described;
mod panel;
mod records;

const BARNABY: &str = "barnaby.sampleworth";
const EVERYBODY: [&str; 7] =
    [JUNIPER, DAHLIA, COSMO, BARNABY, "iris.ledgerly", MARIGOLD, "somebody.unknown"];

impl Province {
    /// What somebody sends or fetches, with these headers.
    pub async fn paper(
        &self,
        who: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let token = self.guarded.token("emr-lantern", who, USER);
        let mut ask = self.guarded.server.request(path).method(method).body(body.into());
        for (name, value) in headers {
            ask = ask.header(name, value);
        }
        self.guarded.server.send(ask.header("authorization", &format!("Bearer {token}"))).await
    }

    /// Somebody has a list compared with a panel.
    pub async fn compare(&self, who: &str, panel: i64, list: impl Into<Vec<u8>>) -> Answer {
        let path = format!("/api/panels/{panel}/clean-up");
        self.paper(who, "POST", &path, &[("content-type", "text/csv")], list).await
    }

    async fn count(&self, sql: &'static str) -> i64 {
        self.guarded.server.database.count(sql).await
    }
}

/// A row of a list as an EMR writes it.
fn row(patient: &Patient) -> String {
    format!("{},{},{},{}\n", patient.phn, patient.given, patient.family, patient.birth)
}

/// A list with a header.
fn list(patients: &[Patient]) -> String {
    let rows: String = patients.iter().map(row).collect();
    format!("PHN,Given,Family,Birth date\n{rows}")
}

/// Who gets something else than what there is for those whose panel it is not.
async fn allowed(province: &Province, method: &str, path: &str, body: &str) -> Vec<&'static str> {
    let mut allowed = Vec::new();
    for who in EVERYBODY {
        let headers = [("content-type", "text/csv")];
        let answer = province.paper(who, method, path, &headers, body).await;
        if answer.status == 404 {
            assert_eq!(answer.json["detail"], "There is no such thing, or it is not yours.");
        } else {
            assert_eq!(answer.status, 200, "{who}: {:?}", answer.json);
            allowed.push(who);
        }
    }
    allowed
}
