//! Pages that everybody can use: labels, headings, tables, nothing that runs but what its policy names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::attachment::{COSMO, JUNIPER, MARIGOLD};
use crate::browser::attribute;
use crate::message::PATIENTS;

const IRIS: &str = "iris.ledgerly";

/// Every tag of a page, without its brackets.
fn tags(page: &str) -> impl Iterator<Item = &str> {
    page.split('<').skip(1).filter_map(|tag| tag.split('>').next())
}

/// The scripts of a page, each of which its policy must name by digest.
fn scripts<'p>(path: &str, page: &'p Shown) -> Vec<&'p str> {
    let scripts =
        page.text.split("<script").skip(1).filter_map(|rest| rest.split("</script>").next());
    let scripts: Vec<&str> = scripts.filter_map(|script| script.strip_prefix('>')).collect();
    assert_eq!(scripts.len(), page.text.matches("<script").count(), "{path}: none is fetched");
    let named = scripts.iter().map(|script| STANDARD.encode(Sha256::digest(script)));
    let named: Vec<String> = named.map(|digest| format!("'sha256-{digest}'")).collect();
    let runs = page.policy.split("; ").find_map(|rule| rule.strip_prefix("script-src "));
    assert_eq!(runs.unwrap_or_default(), named.join(" "), "{path}");
    scripts
}

fn is_sound(path: &str, page: &Shown) {
    let text = &page.text;
    assert_eq!(page.status, 200, "{path}: {text}");
    assert!(page.policy.contains("default-src 'none'"), "{path}: {}", page.policy);
    scripts(path, page);
    assert_eq!(text.matches("<h1").count(), 1, "{path}");
    let mut level = 1;
    for tag in tags(text) {
        let name = tag.split(' ').next().unwrap_or_default();
        assert!(!tag.contains(" style=\"") && !tag.contains(" onclick="), "{path}: {tag}");
        if let Some(next) = name.strip_prefix('h').and_then(|n| n.parse::<u8>().ok()) {
            assert!(next <= level + 1, "{path}: h{next} after h{level}");
            level = next;
        }
        if name == "th" {
            assert!(attribute(tag, "scope").is_some(), "{path}: {tag}");
        }
        let hidden = attribute(tag, "type").as_deref() == Some("hidden");
        let boxed = matches!(attribute(tag, "type").as_deref(), Some("radio" | "checkbox"));
        if (name == "input" && !hidden && !boxed) || name == "select" {
            let id = attribute(tag, "id").unwrap_or_else(|| panic!("{path}: {tag}"));
            assert_eq!(text.matches(&format!(" id=\"{id}\"")).count(), 1, "{path}: {id}");
            assert!(text.contains(&format!("<label for=\"{id}\"")), "{path}: {id} has no label");
        }
        if boxed {
            assert!(text.contains(&format!("<label class=\"choice\"><{tag}>")), "{path}: {tag}");
        }
    }
    for fieldset in text.split("<fieldset").skip(1) {
        let inside = fieldset.split_once('>').map_or("", |(_, inside)| inside);
        assert!(inside.starts_with("<legend>"), "{path}: {fieldset}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_has_labels_headings_in_order_and_runs_nothing_that_is_not_named() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..2]).await;
    let panel = town.room_for(2).await;
    let (candidates, targets) = (format!("{panel}/candidates"), format!("{panel}/targets"));
    let mut cosmo = town.sign_in(COSMO).await;
    let calls = "/my/networks/lantern-coast/calls";
    for path in ["/my", "/my/networks/lantern-coast", calls, &candidates, &targets] {
        is_sound(path, &cosmo.get(path).await);
    }
    is_sound("the list", &town.send_all(&panel).await);
    let mut juniper = town.sign_in(JUNIPER).await;
    let members = format!("{panel}/members");
    for path in ["/my", "/my/notices", &panel, &members, "/my/delegates"] {
        is_sound(path, &juniper.get(path).await);
    }
    town.employ(IRIS, "clinic-1", "rue.clipworth", "Rue Clipworth").await;
    let mut iris = town.sign_in(IRIS).await;
    for path in ["/my", "/my/clinics/clinic-1"] {
        is_sound(path, &iris.get(path).await);
    }
    is_sound("delegates", &juniper.get("/my/delegates").await);
    let mut opal = town.sign_in("opal.ringwell").await;
    for path in ["/my", "/my/families"] {
        is_sound(path, &opal.get(path).await);
    }
    let review = juniper.get(&panel).await;
    assert_eq!(scripts("the review", &review).len(), 1, "one key for each answer");
    let review = review.form_to("/answers");
    let accepted =
        review.names("answer-").iter().fold(review, |form, name| form.with(name, "accepted"));
    is_sound("accepted", &juniper.click(&accepted).await);
}
