//! PAS: an open implementation of British Columbia's Provincial Attachment System.
//!
//! EMRs post FHIR R4 message Bundles to `/$process-message`; each adds patients to a provider's panel, removes them, or asks
//! who a patient's most responsible provider (MRP) is. A message flows through the modules in this order, and each
//! module names only what stands before it (a test reads the sources and proves it):
//!
//! ```text
//!            http      axum: limits, media types, one log line a request
//!              │
//!          process     the story of one message, in eleven steps
//!              │
//!   ┌──────────┼──────────────┬───────────────┬──────────────┬────────────┐
//!  fhir     message        registry         panel          store        reply
//!  JSON,    what the       the province's   what becomes   Postgres:    the response
//!  paths,   sender means,  records, the     of a panel;    all SQL      Bundle
//!  refs     or all faults  guide's rules    pure                │
//!                                                             fault: every failure, one table
//! ```
//!
//! Reading order for a newcomer: [`process`], then [`message`], [`registry`], [`panel`], then [`store`].

pub mod clock;
pub mod fhir;
pub mod message;
pub mod registry;
pub mod province;
pub mod panel;
pub mod attachment;
pub mod access;
pub mod audit;
pub mod store;
pub mod fault;
pub mod reply;
pub mod conformance;
pub mod process;
pub mod workflow;
pub mod outgoing;
pub mod mail;
pub mod issuer;
pub mod http;

pub mod sandbox;
pub mod cli;
pub mod config;
pub mod telemetry;
pub mod commands;
