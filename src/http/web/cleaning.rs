//! Cleaning up a panel for good: who was chosen is changed batch by batch, and the page grows as they are.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::attachment::{Became, Ground};
use crate::panel::PanelId;
use crate::workflow::{BATCH, Cleaning, Newcomer, Picking, Refusal};

use super::super::{App, cleaning::batch};
use super::asked::{Fields, panel_id};
use super::growing::Growing;
use super::layout::Page;
use super::refused::shown;
use super::visitor::{Form, Visitor};
use super::words;

/// What everybody who was chosen is called in the provider's own list, by number.
type Called = HashMap<String, String>;

/// What the boxes of the dry run say.
fn picked(fields: Fields) -> Result<(Picking, Called), Refusal> {
    let (mut picking, mut called) = (Picking::default(), Called::new());
    for (name, value) in fields {
        match name.as_str() {
            "add" => {
                let new: Newcomer = serde_json::from_str(&value).map_err(|_| {
                    Refusal::Invalid(
                        Ground::Shape,
                        "Somebody to be added is not as the page had them.".into(),
                    )
                })?;
                called.insert(new.phn.clone(), format!("{} {}", new.given, new.family));
                picking.add.push(new);
            }
            "confirm" | "remove" => {
                let (phn, rest) = value.split_once(' ').unwrap_or((&value, ""));
                called.insert(phn.to_owned(), rest.to_owned());
                let numbers =
                    if name == "confirm" { &mut picking.confirm } else { &mut picking.remove };
                numbers.push(phn.to_owned());
            }
            _ => {}
        }
    }
    Ok((picking, called))
}

/// `POST /my/panels/{panel}/clean-up/changes`
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Path(panel): Path<String>,
    Form(visitor, fields): Form<Fields>,
) -> Response {
    let begun = async {
        let panel = panel_id(&panel)?;
        let (picking, called) = picked(fields)?;
        Ok((visitor.desk(&app).cleaning(panel, &picking).await?, called))
    };
    match begun.await {
        Err(refusal) => shown(&visitor, Err(refusal)),
        Ok((cleaning, called)) => {
            let (response, page) = Page::of(&visitor, "Clean up the panel").begin();
            // Goes on when the visitor goes away: what was chosen holds.
            tokio::spawn(carry_out(app, visitor, cleaning, called, page));
            response
        }
    }
}

#[derive(Template)]
#[template(
    source = "<h1>Clean up the panel</h1>\n<p>{{ all }} to be changed. Whatever is done stays done, whether or not you wait for the rest.</p>\n",
    ext = "html"
)]
struct Beginning {
    all: String,
}

#[derive(Template)]
#[template(source = "<p>{{ done }} of {{ all }} done.</p>\n", ext = "html")]
struct Progress {
    done: String,
    all: String,
}

#[derive(Template)]
#[template(path = "web/cleaned.html")]
struct Ending {
    panel: PanelId,
    changed: String,
    already: usize,
    refused: Vec<RefusedShown>,
}

struct RefusedShown {
    name: String,
    phn: String,
    why: &'static str,
}

async fn carry_out(
    app: Arc<App>,
    visitor: Visitor,
    cleaning: Cleaning,
    called: Called,
    page: Growing,
) {
    let (desk, client) = (visitor.desk(&app), visitor.counted());
    let people = &cleaning.people;
    page.add(&Beginning { all: counted(people.len()) }).await;
    let (mut all, mut done): (Vec<Became>, usize) = (Vec::new(), 0);
    for part in people.chunks(BATCH) {
        let became = batch(&app, &desk, client.as_ref(), (&cleaning.side, part)).await;
        match became {
            Ok(became) => {
                done += part.len();
                all.extend(became);
            }
            Err(why) => all.extend(why.of_all(part)),
        }
        let (done, all) = (words::thousands(done), words::thousands(people.len()));
        page.add(&Progress { done, all }).await;
    }
    let of = |wanted: Became| all.iter().filter(|became| **became == wanted).count();
    let changed = [
        (Became::Confirmed, "confirmed"),
        (Became::Added, "added"),
        (Became::Removed, "taken off"),
    ];
    let changed = changed.map(|(became, word)| format!("{} {word}", words::thousands(of(became))));
    let refused = people.iter().zip(&all).filter(|(_, became)| !became.is_so());
    let refused = refused.map(|(one, became)| RefusedShown {
        name: called.get(one.phn.as_str()).cloned().unwrap_or_default(),
        phn: one.phn.as_str().to_owned(),
        why: words::not_cleaned(*became),
    });
    let (panel, already, refused) = (cleaning.side.id, of(Became::AlreadySo), refused.collect());
    page.end(&Ending { panel, changed: changed.join(", "), already, refused }).await;
}

fn counted(people: usize) -> String {
    format!("{} {}", words::thousands(people), if people == 1 { "person" } else { "people" })
}
