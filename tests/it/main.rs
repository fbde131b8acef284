//! Every test of the whole: a real server on a real socket on a real Postgres.
//!
//! One binary, so that there is one link and one Postgres: started on first use, one database a test, copied from a
//! template that holds schema and cast. The vocabulary is small: [`server::Server`], `post`, [`answer::Answer`].

#![expect(unreachable_pub, reason = "a test binary exports nothing")]
#![expect(clippy::expect_used, reason = "a test that fails may panic")]

mod answer;
mod cluster;
mod message;
mod proxy;
mod server;

mod crash;
mod deliveries;
mod docs;
mod edge;
mod exchanges;
mod house;
mod import;
mod invariants;
mod malformed;
mod model;
mod privacy;
mod races;
mod round_trips;
mod sandbox;
mod validators;
