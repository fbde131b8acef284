//! Keeps a verifier's keys fresh, and outlives the issuer's outages.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::access::{
    Asked as AskedFor, Authenticated, Identity, IdentityFault, TokenFault, Verifier,
};
use crate::outgoing::Address;

use super::IssuerFault;
use super::source::{Endpoints, KeySource, discover};

/// How often the issuer is asked.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// After an answer: how long until it is asked for its keys again.
    pub refresh: Duration,
    /// However many tokens name unknown keys: not more often than this.
    pub unknown_key: Duration,
    /// After a failure: at first after this, then after twice as long each time, until it is [`Pace::refresh`] or a minute.
    pub retry: Duration,
    /// How long it may take over one document.
    pub patience: Duration,
}

impl Pace {
    /// The longest pause between two attempts while the issuer is away.
    const LONGEST_RETRY: Duration = Duration::from_secs(60);

    /// Half a minute for unknown keys, a second until the first retry, five seconds for a document.
    pub fn every(refresh: Duration) -> Self {
        Pace {
            refresh,
            unknown_key: Duration::from_secs(30),
            retry: Duration::from_secs(1),
            patience: Duration::from_secs(5),
        }
    }
}

/// The issuer of tokens as we know it: a verifier with its keys, and where newer ones are.
#[derive(Debug)]
pub struct Issuer {
    verifier: Verifier,
    /// `None`: the verifier has all the keys that there will ever be.
    source: Option<KeySource>,
    pace: Pace,
    endpoints: RwLock<Option<Endpoints>>,
    /// When the keys last came.
    fetched: RwLock<Option<Instant>>,
    /// Held while the issuer is asked, so that one does and the others wait for what it learns.
    asked: Mutex<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    /// When a token last made us ask.
    for_a_token: Option<Instant>,
    /// Since the issuer failed, until it answers.
    away: bool,
}

impl Issuer {
    /// An issuer of which nothing is known but where its keys are. Until [`Issuer::watch`] or [`Issuer::refresh`] has them,
    /// every token is refused with [`TokenFault::NoKeys`].
    pub fn new(verifier: Verifier, source: KeySource, pace: Pace) -> Self {
        Issuer::of(verifier, Some(source), pace)
    }

    /// An issuer whose keys the verifier has, for good: the sandbox's.
    pub fn known(verifier: Verifier) -> Self {
        Issuer::of(verifier, None, Pace::every(Duration::from_secs(600)))
    }

    fn of(verifier: Verifier, source: Option<KeySource>, pace: Pace) -> Self {
        let (endpoints, fetched, asked) = (RwLock::default(), RwLock::default(), Mutex::default());
        Issuer { verifier, source, pace, endpoints, fetched, asked }
    }

    /// How long ago the keys came; `None` when they never did, or were there from the beginning.
    pub fn keys_age(&self) -> Option<Duration> {
        let fetched = *self.fetched.read().unwrap_or_else(PoisonError::into_inner);
        fetched.map(|then| then.elapsed())
    }

    /// What checks tokens.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// What its metadata told, once it was discovered.
    pub fn endpoints(&self) -> Option<Endpoints> {
        self.endpoints.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same, and asked for now where it was not: keys may come from elsewhere.
    pub(super) async fn found(&self) -> Result<Endpoints, IssuerFault> {
        if let Some(known) = self.endpoints() {
            return Ok(known);
        }
        let issuer = Address::parse(&self.verifier.expected().issuer);
        let issuer = issuer.map_err(|_| IssuerFault::NotSecure)?;
        let found = discover(&issuer, self.pace.patience).await?;
        *self.endpoints.write().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok(found)
    }

    /// How long it may take over one answer.
    pub(super) fn patience(&self) -> Duration {
        self.pace.patience
    }

    /// Whom this ID token is about, as of `now`. An unknown key makes us ask, as for any token.
    ///
    /// # Errors
    /// Why the token is refused.
    pub async fn identify(
        &self,
        token: &str,
        asked: &AskedFor<'_>,
        now: DateTime<Utc>,
    ) -> Result<Identity, IdentityFault> {
        match self.verifier.identify(token, asked, now) {
            Err(IdentityFault::Token(TokenFault::UnknownKey)) if self.source.is_some() => {
                self.ask_for_a_token().await;
                self.verifier.identify(token, asked, now)
            }
            known => known,
        }
    }

    /// Who sent this token, as of `now`. A token that names an unknown key makes us ask the issuer for its keys: it may have
    /// changed them a moment ago.
    ///
    /// # Errors
    /// Why the token is refused.
    pub async fn verify(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Authenticated, TokenFault> {
        match self.verifier.verify(token, now) {
            Err(TokenFault::UnknownKey) if self.source.is_some() => {
                self.ask_for_a_token().await;
                self.verifier.verify(token, now)
            }
            known => known,
        }
    }

    /// Asks, unless a token made us ask a moment ago; those who come meanwhile wait for the answer.
    async fn ask_for_a_token(&self) {
        let mut asked = self.asked.lock().await;
        if asked.for_a_token.is_some_and(|then| then.elapsed() < self.pace.unknown_key) {
            return;
        }
        asked.for_a_token = Some(Instant::now());
        // An issuer's endpoints change seldom, and this is on a sender's time.
        let known = self.endpoints();
        let _ = self.ask(&mut asked, known.as_ref()).await;
        // Not counted from when the issuer was asked: it may have taken its time.
        asked.for_a_token = Some(Instant::now());
    }

    /// Asks the issuer for its keys, now. The old ones stay when it fails.
    ///
    /// # Errors
    /// Why it failed. The log has been told, once for an outage.
    pub async fn refresh(&self) -> Result<(), IssuerFault> {
        let mut asked = self.asked.lock().await;
        self.ask(&mut asked, None).await
    }

    async fn ask(&self, asked: &mut Asked, known: Option<&Endpoints>) -> Result<(), IssuerFault> {
        let Some(source) = &self.source else { return Ok(()) };
        let place = source.place();
        match source.fetch(known, self.pace.patience).await {
            Ok((keys, found)) => {
                let (count, first) = (keys.count(), !self.verifier.has_keys());
                self.verifier.replace(keys);
                *self.fetched.write().unwrap_or_else(PoisonError::into_inner) =
                    Some(Instant::now());
                if found.is_some() {
                    *self.endpoints.write().unwrap_or_else(PoisonError::into_inner) = found;
                }
                if asked.away || first {
                    info!(place, count, "the issuer's keys are here");
                }
                asked.away = false;
                Ok(())
            }
            Err(why) => {
                if !asked.away {
                    let keys = if self.verifier.has_keys() { "the last ones" } else { "none yet" };
                    warn!(place, %why, keys, "the issuer's keys could not be fetched");
                }
                asked.away = true;
                Err(why)
            }
        }
    }

    /// Keeps the keys fresh for as long as it runs: it never ends, so spawn it.
    pub async fn watch(self: Arc<Self>) {
        if self.source.is_none() {
            return;
        }
        let mut retry = self.pace.retry;
        loop {
            match self.refresh().await {
                Ok(()) => {
                    retry = self.pace.retry;
                    tokio::time::sleep(self.pace.refresh).await;
                }
                Err(_) => {
                    let most = self.pace.refresh.min(Pace::LONGEST_RETRY);
                    tokio::time::sleep(retry.min(most)).await;
                    retry = retry.saturating_mul(2).min(most);
                }
            }
        }
    }
}
