//! What is measured, a module a suite.

pub(crate) mod add;
pub(crate) mod attachment;
pub(crate) mod batch;
pub(crate) mod cost;
pub(crate) mod flat;
pub(crate) mod import;
pub(crate) mod query;
pub(crate) mod size;
pub(crate) mod start;
