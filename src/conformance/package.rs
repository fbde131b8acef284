//! All definitions in FHIR's npm form: a tar of JSON files below `package/`, packed with gzip.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use super::{Artifact, Claims, PUBLISHER, VERSION, written};

/// The package, the same bytes every time: nothing in it has a date.
pub fn package(claims: &Claims, artifacts: &[Artifact]) -> Vec<u8> {
    // Written to memory, which does not fail; a test unpacks it.
    pack(claims, artifacts).unwrap_or_default()
}

fn pack(claims: &Claims, artifacts: &[Artifact]) -> std::io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    let mut put = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(u64::try_from(bytes.len()).unwrap_or_default());
        header.set_mode(0o644);
        header.set_mtime(0);
        tar.append_data(&mut header, format!("package/{name}"), bytes)
    };
    put("package.json", &written(&manifest(claims)))?;
    put(".index.json", &written(&index(artifacts)))?;
    for artifact in artifacts {
        put(&file(artifact), &artifact.bytes)?;
    }
    let mut packed = tar.into_inner()?;
    packed.flush()?;
    packed.finish()
}

fn file(artifact: &Artifact) -> String {
    format!("{}-{}.json", artifact.kind(), artifact.id())
}

fn manifest(claims: &Claims) -> Value {
    json!({
        "name": "ca.bc.pas",
        "version": VERSION,
        "type": "Conformance",
        "title": "Provincial Attachment System",
        "description": "Profiles, messages and code systems of the Provincial Attachment System.",
        "author": PUBLISHER,
        "license": "Apache-2.0",
        "canonical": claims.canonical,
        "url": format!("{}{}", claims.base(), super::PACKAGE),
        "fhirVersions": ["4.0.1"],
        "dependencies": {"hl7.fhir.r4.core": "4.0.1"},
    })
}

fn index(artifacts: &[Artifact]) -> Value {
    let files = artifacts.iter().map(|artifact| {
        let mut file = json!({
            "filename": file(artifact),
            "resourceType": artifact.kind(),
            "id": artifact.id(),
            "url": artifact.url(),
            "version": VERSION,
        });
        for key in ["kind", "type"] {
            if let Some(value) = artifact.resource.get(key).filter(|value| value.is_string()) {
                file[key] = value.clone();
            }
        }
        file
    });
    json!({"index-version": 1, "files": files.collect::<Vec<_>>()})
}
