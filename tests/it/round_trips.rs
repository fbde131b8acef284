//! What a message costs, counted between server and Postgres.

use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, QUERY, REMOVE, message};
use crate::proxy::Proxy;
use crate::server::{Server, Setup};

/// A server with one connection, so that every statement is prepared after the first message of its kind.
async fn server(proxy: &Proxy) -> Server {
    let database = cluster::database().await;
    let through = Some(proxy.url(&database.name));
    let flags = "--connections 1".to_owned();
    Server::with(Setup { through, flags, database: Some(database), ..Setup::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_costs_two_round_trips_however_many_patients() {
    let proxy = Proxy::start("round-trips");
    let server = server(&proxy).await;
    for event in [ADD, QUERY, REMOVE] {
        server.post(&message(event, PANELS[1], &PATIENTS[..1])).await;
        // The first message about a provider asks who that is; it is remembered.
        server.post(&message(QUERY, PANELS[0], &PATIENTS[..1])).await;
    }
    for event in [ADD, QUERY, REMOVE] {
        for patients in [&PATIENTS[..1], &PATIENTS[..]] {
            proxy.round_trips();
            let answer = server.post(&message(event, PANELS[0], patients)).await;
            assert_eq!(
                (answer.status, answer.response()),
                (200, "ok"),
                "{event}: {:?}",
                answer.codes()
            );
            assert_eq!(proxy.round_trips(), 2, "{event} of {} patients", patients.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_repetitions_cost_no_more() {
    let proxy = Proxy::start("round-trips-refused");
    let server = server(&proxy).await;
    for event in [ADD, QUERY] {
        server.post(&message(event, PANELS[1], &PATIENTS[..1])).await;
    }
    let mut refused = message(ADD, PANELS[0], &PATIENTS);
    refused["entry"][4]["resource"]["birthDate"] = "1900-01-01".into();
    proxy.round_trips();
    assert_eq!(server.post(&refused).await.codes(), ["patient-birth-date"]);
    assert_eq!(proxy.round_trips(), 3, "and who the provider is");
    // Once before it is counted: Postgres has to learn each statement.
    server.post(&refused).await;
    proxy.round_trips();
    // One look, and the record that it was told again.
    assert_eq!(server.post(&refused).await.codes(), ["patient-birth-date"]);
    assert_eq!(proxy.round_trips(), 2);
    let query = message(QUERY, PANELS[0], &PATIENTS);
    server.post(&query).await;
    server.post(&query).await;
    proxy.round_trips();
    server.post(&query).await;
    assert_eq!(proxy.round_trips(), 2, "one look, and the record that it was told again");
    // A message that is wrong in itself costs Postgres nothing.
    let mut shapeless = message(ADD, PANELS[0], &PATIENTS);
    shapeless["entry"][4]["resource"]["birthDate"] = "1900".into();
    assert_eq!(server.post(&shapeless).await.codes(), ["birth-date-invalid"]);
    assert_eq!(proxy.round_trips(), 0);
}
