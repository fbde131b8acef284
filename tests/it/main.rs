//! Every test of the whole: a real server on a real socket on a real Postgres.
//!
//! One binary, so that there is one link and one Postgres: started on first use, one database a test, copied from a
//! template that holds schema and cast. The vocabulary is small: [`server::Server`], `post`, [`answer::Answer`].

#![expect(unreachable_pub, reason = "a test binary exports nothing")]
#![expect(clippy::expect_used, reason = "a test that fails may panic")]

mod answer;
mod attachment;
mod cluster;
mod message;
mod patience;
mod proxy;
mod server;
mod upgrade;

mod access;
mod audit;
mod crash;
mod deliveries;
mod docs;
mod edge;
mod exchanges;
mod faults;
mod generate;
mod history;
mod house;
mod import;
mod invariants;
mod issuer;
mod listen;
mod malformed;
mod metrics;
mod model;
mod pages;
mod outgoing;
mod panics;
mod papers;
mod patients;
mod pooler;
mod privacy;
mod profiles;
mod published;
mod races;
mod replica;
mod retention;
mod round_trips;
mod sandbox;
mod sharing;
mod sign_in;
mod spans;
mod token;
mod validators;
mod watching;
