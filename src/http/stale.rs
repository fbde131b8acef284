//! Whether a sender accepts an answer that is behind: HTTP's own word for it, `Cache-Control: max-stale` (RFC 9111 §5.2.1.2).

use std::time::Duration;

use axum::http::{HeaderMap, header};

/// How far behind an answer may be. `None`: not at all, or it cannot be told.
///
/// Without a number: however far. Of several the smallest holds; `no-cache` and `no-store` beside it, or what is no number,
/// void it.
pub(super) fn max_stale(headers: &HeaderMap) -> Option<Duration> {
    let mut accepted: Option<Duration> = None;
    for value in headers.get_all(header::CACHE_CONTROL) {
        for directive in value.to_str().ok()?.split(',') {
            let (name, argument) = match directive.split_once('=') {
                Some((name, argument)) => (name.trim(), Some(argument.trim())),
                None => (directive.trim(), None),
            };
            if ["no-cache", "no-store"].iter().any(|word| name.eq_ignore_ascii_case(word)) {
                return None;
            }
            if name.eq_ignore_ascii_case("max-stale") {
                let given = argument.map_or(Some(Duration::MAX), seconds)?;
                accepted = Some(accepted.map_or(given, |accepted| accepted.min(given)));
            }
        }
    }
    accepted
}

/// Digits, in quotes or not (RFC 9111 §5.2). More of them than there is time is for ever.
fn seconds(text: &str) -> Option<Duration> {
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let digits = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| bare.parse().map_or(Duration::MAX, Duration::from_secs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(values: &[&str]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::CACHE_CONTROL, value.parse().unwrap());
        }
        max_stale(&headers)
    }

    #[test]
    fn what_is_accepted_is_read_in_every_spelling() {
        let some = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(accepted(&["max-stale=5"]), some(5));
        assert_eq!(accepted(&["Max-Stale = \"60\" , no-transform"]), some(60));
        assert_eq!(accepted(&["max-stale=0"]), some(0));
        assert_eq!(accepted(&["max-stale=60", "max-age=0, max-stale=7"]), some(7));
        assert_eq!(accepted(&["max-stale, max-stale=9"]), some(9));
        assert_eq!(accepted(&["max-stale"]), Some(Duration::MAX));
        assert_eq!(accepted(&["max-stale=99999999999999999999999"]), Some(Duration::MAX));
    }

    #[test]
    fn whatever_is_not_said_clearly_accepts_nothing() {
        assert_eq!(accepted(&[]), None);
        for value in [
            "max-age=60",
            "max-stale=",
            "max-stale=-1",
            "max-stale=1.5",
            "max-stale=+5",
            "max-stale=\"5",
            "max-stale=5, max-stale=soon",
            "max-stale=5, no-cache",
            "no-store, max-stale",
            "stale-max=5",
        ] {
            assert_eq!(accepted(&[value]), None, "{value}");
        }
    }
}
