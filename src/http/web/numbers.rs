//! The numbers for everybody: as a page with charts, and as CSV. Nobody signs in, and nobody is in them.

use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::Router;
use axum::extract::{Extension, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex as Turn;
use tracing::error;

use crate::attachment::{Cell, CommunityNumbers, Month, Numbers, Published};
use crate::store::StoreError;
use crate::workflow::numbers;

use super::super::App;
use super::layout::{Page, told};

/// How long an answer may be kept, by whoever: the histories are not counted for everybody who asks.
const KEPT: TimeDelta = TimeDelta::minutes(5);
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Until they are so old they are shown while they are counted anew: that takes seconds in a large province, and nobody has to wait for it.
const SHOWN: TimeDelta = TimeDelta::hours(1);

/// What was counted last, and when. Whoever comes when there is none waits for whoever counts.
#[derive(Debug, Clone, Default)]
struct Counted {
    last: Arc<Mutex<Option<Count>>>,
    counting: Arc<Turn<()>>,
}

#[derive(Debug)]
struct Count {
    at: DateTime<Utc>,
    numbers: Arc<Numbers>,
}

/// Their routes.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/numbers", get(page))
        .route("/numbers.csv", get(table))
        .layer(Extension(Counted::default()))
}

impl Counted {
    async fn numbers(&self, app: &Arc<App>) -> Result<Arc<Numbers>, StoreError> {
        if let Some(fresh) = self.younger_than(KEPT, app) {
            return Ok(fresh);
        }
        if let Some(shown) = self.younger_than(SHOWN, app) {
            // Somebody counts already, or it is begun now.
            if let Ok(turn) = self.counting.clone().try_lock_owned() {
                let (counted, app) = (self.clone(), app.clone());
                tokio::spawn(async move {
                    let _turn = turn;
                    if let Err(defect) = counted.count(&app).await {
                        error!(%defect, "the numbers could not be counted anew");
                    }
                });
            }
            return Ok(shown);
        }
        let _turn = self.counting.lock().await;
        match self.younger_than(KEPT, app) {
            Some(fresh) => Ok(fresh),
            None => self.count(app).await,
        }
    }

    async fn count(&self, app: &App) -> Result<Arc<Numbers>, StoreError> {
        let at = app.service.clock.now();
        let numbers = Arc::new(numbers(&app.service).await?);
        let count = Count { at, numbers: numbers.clone() };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(count);
        Ok(numbers)
    }

    fn younger_than(&self, most: TimeDelta, app: &App) -> Option<Arc<Numbers>> {
        let now = app.service.clock.now();
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let count = last.as_ref().filter(|count| (count.at..count.at + most).contains(&now));
        count.map(|count| count.numbers.clone())
    }
}

fn away(defect: &StoreError) -> Response {
    error!(%defect, "the numbers could not be counted");
    told(StatusCode::SERVICE_UNAVAILABLE, "The numbers cannot be shown now. Try again in a moment.")
}

/// `GET /numbers`
async fn page(State(app): State<Arc<App>>, Extension(counted): Extension<Counted>) -> Response {
    let numbers = match counted.numbers(&app).await {
        Ok(numbers) => numbers,
        Err(defect) => return away(&defect),
    };
    let together =
        CommunityNumbers { name: "All communities".to_owned(), months: numbers.together.clone() };
    let places = numbers.communities.iter().chain([&together]);
    let places = places.map(|community| Place::of(community, &numbers.months)).collect();
    let page = Page::for_anybody("Waiting for a provider: the numbers");
    let mut response = page.show(&NumbersPage { places });
    response.headers_mut().insert(header::CACHE_CONTROL, CACHE);
    response
}

/// `GET /numbers.csv`
async fn table(State(app): State<Arc<App>>, Extension(counted): Extension<Counted>) -> Response {
    match counted.numbers(&app).await {
        Ok(numbers) => {
            let plain = HeaderValue::from_static;
            let headers = [
                (header::CONTENT_TYPE, plain("text/csv; charset=utf-8")),
                (header::CONTENT_DISPOSITION, plain("attachment; filename=\"numbers.csv\"")),
                (header::X_CONTENT_TYPE_OPTIONS, plain("nosniff")),
                (header::CACHE_CONTROL, CACHE),
            ];
            (headers, csv(&numbers)).into_response()
        }
        Err(defect) => away(&defect),
    }
}

/// A number as it is read.
fn text(cell: Cell) -> String {
    match cell {
        Cell::Number(count) => count.to_string(),
        Cell::Few => "<5".to_owned(),
        Cell::Withheld => "withheld".to_owned(),
    }
}

/// What is told of a month, in the order of the table.
fn cells(month: &Published) -> [Cell; 7] {
    let Published { registered, attached, came_back, withdrew, waiting, median, ninetieth } =
        *month;
    [registered, attached, came_back, withdrew, waiting, median, ninetieth]
}

const HEADINGS: &str = "community,month,registered,attached,came_back,withdrew,waiting_at_end,median_months_waited,ninetieth_percentile_months_waited";

/// RFC 4180: a line each for a community and a month, with a line of headings before them.
fn csv(numbers: &Numbers) -> String {
    let mut lines = format!("{HEADINGS}\r\n");
    let communities = numbers.communities.iter().map(|one| (one.name.as_str(), &one.months));
    for (name, months) in communities.chain([("All communities", &numbers.together)]) {
        for (month, told) in numbers.months.iter().zip(months) {
            let month = month.first().format("%Y-%m").to_string();
            let told = cells(told).map(text).join(",");
            lines += &format!("{},{month},{told}\r\n", quoted(name));
        }
    }
    lines
}

/// A name as a cell. One that a spreadsheet would take for a formula is told to be text by an apostrophe.
fn quoted(name: &str) -> String {
    let formula = name.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let name = if formula { format!("'{name}") } else { name.to_owned() };
    if name.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", name.replace('"', "\"\""));
    }
    name
}

#[derive(Template)]
#[template(path = "web/numbers.html")]
struct NumbersPage {
    places: Vec<Place>,
}

/// A community, or all of them.
struct Place {
    name: String,
    charts: [Chart; 2],
    rows: Vec<(String, [String; 7])>,
}

/// Bars, a month each.
struct Chart {
    title: &'static str,
    /// The same in words.
    told: String,
    bars: Vec<Bar>,
    most: u32,
}

/// One bar in a box of [`HEIGHT`].
struct Bar {
    x: usize,
    y: u32,
    height: u32,
    /// What stands for its number: a bar, a dash for few, an outline for one that is withheld.
    look: &'static str,
    month: String,
}

const HEIGHT: u32 = 100;
/// From one bar to the next.
const STEP: usize = 26;

impl Place {
    fn of(community: &CommunityNumbers, months: &[Month]) -> Self {
        let row = |(month, told): (&Month, &Published)| {
            (month.first().format("%b %Y").to_string(), cells(told).map(text))
        };
        Place {
            name: community.name.clone(),
            charts: [
                Chart::of("Waiting when the month ended", community, months, |told| told.waiting),
                Chart::of("Found a provider", community, months, |told| told.attached),
            ],
            rows: months.iter().zip(&community.months).map(row).collect(),
        }
    }
}

impl Chart {
    fn of(
        title: &'static str,
        community: &CommunityNumbers,
        months: &[Month],
        cell: fn(&Published) -> Cell,
    ) -> Self {
        let counts: Vec<Cell> = community.months.iter().map(cell).collect();
        let most = counts.iter().map(|cell| count(*cell).unwrap_or(0)).max().unwrap_or(0);
        let bar = |(place, (cell, month)): (usize, (&Cell, &Month))| {
            let share = |count: u32| u64::from(count) * u64::from(HEIGHT) / u64::from(most.max(1));
            let (height, look) = match *cell {
                Cell::Number(count) => (u32::try_from(share(count)).unwrap_or(HEIGHT), "count"),
                Cell::Few => (2, "few"),
                Cell::Withheld => (HEIGHT, "withheld"),
            };
            Bar {
                x: place * STEP,
                y: HEIGHT - height,
                height,
                look,
                month: month.first().format("%b").to_string(),
            }
        };
        let told = counts
            .iter()
            .zip(months)
            .map(|(cell, month)| format!("{} {}", month.first().format("%b %Y"), text(*cell)));
        Chart {
            title,
            told: told.collect::<Vec<_>>().join(", "),
            bars: counts.iter().zip(months).enumerate().map(bar).collect(),
            most,
        }
    }
}

fn count(cell: Cell) -> Option<u32> {
    match cell {
        Cell::Number(count) => Some(count),
        Cell::Few | Cell::Withheld => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_a_formula_and_is_quoted_where_it_must_be() {
        assert_eq!(quoted("Cedar Lantern"), "Cedar Lantern");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("@here, \"there\""), "\"'@here, \"\"there\"\"\"");
    }
}
