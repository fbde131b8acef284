//! An answer, and what tests ask of it.

use hyper::HeaderMap;
use hyper::body::Bytes;
use pas::attachment::Ground;
use serde_json::Value;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Bytes,
    pub json: Value,
}

impl Answer {
    pub fn new(status: u16, headers: HeaderMap, bytes: Bytes) -> Self {
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let answer = Answer { status, headers, bytes, json };
        // Whichever test provokes it: a problem has a code, and one that is described.
        if answer.header("content-type") == "application/problem+json" {
            let code = answer.json["code"].as_str().and_then(Ground::of);
            assert!(code.is_some(), "no code: {}", answer.json);
        }
        answer
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The resources of a type in the response message.
    pub fn resources(&self, kind: &str) -> Vec<&Value> {
        let entries = self.json["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
        entries
            .iter()
            .map(|entry| &entry["resource"])
            .filter(|resource| resource["resourceType"] == kind)
            .collect()
    }

    /// `MessageHeader.response.code`
    pub fn response(&self) -> &str {
        self.resources("MessageHeader")
            .first()
            .and_then(|header| header["response"]["code"].as_str())
            .unwrap_or("-")
    }

    pub fn issues(&self) -> Vec<&Value> {
        let outcome = if self.json["resourceType"] == "OperationOutcome" {
            Some(&self.json)
        } else {
            self.resources("OperationOutcome").first().copied()
        };
        outcome
            .and_then(|outcome| outcome["issue"].as_array())
            .map(|all| all.iter().collect())
            .unwrap_or_default()
    }

    /// The fault codes of all issues, in order.
    pub fn codes(&self) -> Vec<&str> {
        self.issues()
            .iter()
            .filter_map(|issue| issue["details"]["coding"][0]["code"].as_str())
            .collect()
    }

    /// The status words of the members, in order.
    pub fn statuses(&self) -> Vec<&str> {
        let groups = self.resources("Group");
        let members = groups
            .first()
            .and_then(|group| group["member"].as_array())
            .map(Vec::as_slice)
            .unwrap_or_default();
        members
            .iter()
            .filter_map(|member| member["extension"][0]["valueCoding"]["code"].as_str())
            .collect()
    }

    /// The MSP numbers of the providers who are MRP, one a patient; `-` for nobody.
    pub fn mrps(&self) -> Vec<&str> {
        let number = |patient: &Value| {
            let reference = patient["generalPractitioner"][0]["reference"].as_str()?;
            let entries = self.json["entry"].as_array()?;
            let role = entries.iter().find(|entry| entry["fullUrl"] == reference)?;
            role["resource"]["practitioner"]["identifier"]["value"].as_str()
        };
        self.resources("Patient")
            .into_iter()
            .map(|patient| number(patient).unwrap_or("-"))
            .collect()
    }
}
