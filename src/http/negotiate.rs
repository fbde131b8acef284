//! What a request says of itself: media types, encoding, FHIR version, and what it asks for that we refuse.

use axum::extract::Query;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};

use crate::fault::Code;

/// How the body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Gzip,
}

/// Checks everything that can be told without the body.
pub(super) fn negotiate(parts: &Parts) -> Result<Encoding, Code> {
    let query = query(parts)?;
    let is_async = |(key, value): &(String, String)| match key.as_str() {
        "async" => value != "false",
        "response-url" => true,
        _ => false,
    };
    if query.iter().any(is_async) {
        return Err(Code::AsyncNotSupported);
    }
    accepted(&query, &parts.headers)?;
    let content_type = text(&parts.headers, header::CONTENT_TYPE).unwrap_or_default();
    if !matches!(media_type(content_type), Some("application/json" | "application/fhir+json"))
        || !utf8(content_type)
        || !r4(content_type)
    {
        return Err(Code::UnsupportedMediaType);
    }
    match text(&parts.headers, header::CONTENT_ENCODING).map(str::trim) {
        None | Some("") => Ok(Encoding::Plain),
        Some(plain) if plain.eq_ignore_ascii_case("identity") => Ok(Encoding::Plain),
        Some(gzip) if gzip.eq_ignore_ascii_case("gzip") || gzip.eq_ignore_ascii_case("x-gzip") => {
            Ok(Encoding::Gzip)
        }
        Some(_) => Err(Code::UnsupportedEncoding),
    }
}

/// The parameters of a request, decoded.
pub(super) fn query(parts: &Parts) -> Result<Vec<(String, String)>, Code> {
    let Query(query) = Query::try_from_uri(&parts.uri).map_err(|_| Code::NotAcceptable)?;
    Ok(query)
}

/// Whether the sender takes JSON: by `_format`, else by Accept.
pub(super) fn accepted(query: &[(String, String)], headers: &HeaderMap) -> Result<(), Code> {
    let acceptable = match query.iter().find(|(key, _)| key == "_format") {
        // A bare `+` in a query is read as a space.
        Some((_, format)) => matches!(
            media_type(&format.replace(' ', "+")),
            Some("json" | "text/json" | "application/json" | "application/fhir+json")
        ),
        None => accepts_json(headers),
    };
    if acceptable { Ok(()) } else { Err(Code::NotAcceptable) }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// The type without its parameters; `None` for types that are not written in lower case letters we know.
fn media_type(text: &str) -> Option<&'static str> {
    const KNOWN: [&str; 7] = [
        "json",
        "text/json",
        "application/json",
        "application/fhir+json",
        "application/*",
        "*/*",
        "*",
    ];
    let bare = text.split(';').next().unwrap_or_default().trim();
    KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(bare))
}

fn parameter<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

fn utf8(text: &str) -> bool {
    parameter(text, "charset")
        .is_none_or(|set| ["utf-8", "utf8"].iter().any(|utf8| set.eq_ignore_ascii_case(utf8)))
}

/// `fhirVersion`, where it is given, must be R4's (R4 §3.1.0.1.10).
fn r4(text: &str) -> bool {
    parameter(text, "fhirVersion").is_none_or(|version| matches!(version, "4.0" | "4.0.1"))
}

/// Whether an Accept header, or its absence, leaves room for JSON.
fn accepts_json(headers: &HeaderMap) -> bool {
    let mut ranges = headers
        .get_all(header::ACCEPT)
        .iter()
        .flat_map(|value| value.to_str().unwrap_or("?").split(','))
        .filter(|range| !range.trim().is_empty())
        .peekable();
    if ranges.peek().is_none() {
        return true;
    }
    ranges.any(|range| {
        let refused = parameter(range, "q").and_then(|q| q.parse::<f32>().ok()) == Some(0.0);
        let known = matches!(
            media_type(range),
            Some("*/*" | "*" | "application/*" | "application/json" | "application/fhir+json")
        );
        known && !refused && r4(range)
    })
}

/// How much an Accept header wants a type: by its weight, in thousandths, then by how closely it is named (RFC 9110 §12.5.1).
fn wanted(kind: &str, headers: &HeaderMap) -> (u16, u8) {
    let group = kind.split('/').next().unwrap_or_default();
    let ranges = headers.get_all(header::ACCEPT).iter();
    let ranges = ranges.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let named = |range: &str| {
        let bare = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let close = match bare.split_once('/') {
            _ if bare == kind => 3,
            Some((of, "*")) if of == group => 2,
            Some(("*", "*")) => 1,
            _ => return None,
        };
        let weight = parameter(range, "q").map_or(Ok(1.0), str::parse::<f32>).unwrap_or(0.0);
        // Between 0 and 1, so that it is a small whole number.
        Some((close, (weight.clamp(0.0, 1.0) * 1_000.0).round() as u16))
    };
    // The closest range says how much, whatever a wider one says.
    let closest = ranges.filter_map(named).max();
    closest.map_or((0, 0), |(close, weight)| (weight, close))
}

/// Whether one type is wanted more than another.
pub(super) fn prefers(one: &str, other: &str, headers: &HeaderMap) -> bool {
    wanted(one, headers) > wanted(other, headers) && wanted(one, headers).0 > 0
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn ask(uri: &str, headers: &[(&str, &str)]) -> Result<Encoding, Code> {
        let mut request = Request::post(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        negotiate(&request.body(()).unwrap().into_parts().0)
    }

    const JSON: (&str, &str) =
        ("content-type", "application/fhir+json; charset=UTF-8; fhirVersion=4.0");

    #[test]
    fn json_in_every_spelling_is_taken() {
        for accept in [
            "*/*",
            "application/fhir+json",
            "text/html, application/json;q=0.5",
            "application/fhir+xml, */*;q=0.1",
        ] {
            assert_eq!(ask("/", &[JSON, ("accept", accept)]), Ok(Encoding::Plain), "{accept}");
        }
        for format in
            ["json", "application/json", "application/fhir%2Bjson", "application/fhir+json"]
        {
            assert_eq!(
                ask(&format!("/?_format={format}"), &[JSON, ("accept", "text/html")]),
                Ok(Encoding::Plain)
            );
        }
        assert_eq!(
            ask("/", &[("content-type", "Application/JSON"), ("content-encoding", "GZIP")]),
            Ok(Encoding::Gzip)
        );
    }

    #[test]
    fn of_two_types_the_one_with_more_weight_is_preferred_and_then_the_one_that_is_named() {
        for (accept, table) in [
            ("text/csv", true),
            ("TEXT/CSV; header=present", true),
            ("text/csv, */*", true),
            ("text/*", true),
            ("application/json;q=0.5, text/csv", true),
            ("application/json, text/csv;q=0", false),
            ("text/csv;q=0", false),
            ("text/csv;q=0, text/*", false),
            ("application/json, text/csv", false),
            ("application/json, text/csv;q=0.9", false),
            ("*/*", false),
            ("text/html", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("accept", accept.parse().unwrap());
            assert_eq!(prefers("text/csv", "application/json", &headers), table, "{accept}");
        }
        assert!(!prefers("text/csv", "application/json", &HeaderMap::new()));
    }

    #[test]
    fn what_cannot_be_served_is_refused_by_name() {
        for accept in [
            "application/fhir+xml",
            "text/html",
            "application/json;q=0",
            "application/fhir+json; fhirVersion=5.0",
        ] {
            assert_eq!(ask("/", &[JSON, ("accept", accept)]), Err(Code::NotAcceptable), "{accept}");
        }
        assert_eq!(ask("/?_format=xml", &[JSON]), Err(Code::NotAcceptable));
        for content in [
            "application/fhir+xml",
            "text/plain",
            "application/json; charset=latin1",
            "application/fhir+json; fhirVersion=3.0",
        ] {
            assert_eq!(
                ask("/", &[("content-type", content)]),
                Err(Code::UnsupportedMediaType),
                "{content}"
            );
        }
        assert_eq!(ask("/", &[]), Err(Code::UnsupportedMediaType));
        assert_eq!(ask("/", &[JSON, ("content-encoding", "br")]), Err(Code::UnsupportedEncoding));
        assert_eq!(ask("/?async=true", &[JSON]), Err(Code::AsyncNotSupported));
        assert_eq!(
            ask("/?response-url=https://emr.example", &[JSON]),
            Err(Code::AsyncNotSupported)
        );
        assert_eq!(ask("/?async=false", &[JSON]), Ok(Encoding::Plain));
    }
}
