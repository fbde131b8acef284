//! Families who want to be called: their coordinators call them.

use crate::attachment::Ground;
use crate::store::{CallView, NetworkView};

use super::{About, Desk, Refusal};

/// Notices ticked off at once, at most.
const TICKED: usize = 1_000;

const CALLED: Refusal = Refusal::Conflict(
    Ground::Called,
    "Somebody else called them already, or there is nothing to call about any more. Look at the calls again.",
);

impl Desk<'_> {
    /// The families of a network that are to be called, and about what.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not coordinate it.
    pub async fn calls(&self, network: &str) -> Result<(NetworkView, Vec<CallView>), Refusal> {
        if !self.person.coordinates(network) {
            return Err(Refusal::NotFound);
        }
        let store = &self.service.store;
        let found = store.networks(&[network]).await?.pop().ok_or(Refusal::NotFound)?;
        let calls = store.calls(network).await?;
        let phns: Vec<&str> =
            calls.iter().flat_map(|call| &call.phns).map(String::as_str).collect();
        if !phns.is_empty() {
            self.seen("see-calls", &About { phns, ..About::default() }).await?;
        }
        Ok((found, calls))
    }

    /// Ticks off what families were called about.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not coordinate the network; [`Refusal::Invalid`] where nothing is named; [`Refusal::Conflict`] where
    /// one of the notices is not to be called about, or not any more.
    pub async fn called(&self, network: &str, notices: &[i64]) -> Result<(), Refusal> {
        if !self.person.coordinates(network) {
            return Err(Refusal::NotFound);
        }
        let mut notices = notices.to_vec();
        notices.sort_unstable();
        notices.dedup();
        if notices.is_empty() || notices.len() > TICKED {
            return Err((Ground::People, "Say what they were called about.").into());
        }
        let by = self.by(None);
        let mut act = self.service.store.act(by.clone()).await?;
        let phns = act.called(network, &notices).await?.ok_or(CALLED)?;
        let phns = phns.iter().map(String::as_str).collect();
        let record = self.record(&by, "call-family", &About { phns, ..About::default() });
        act.commit(&record).await?;
        Ok(())
    }
}
