//! The one Postgres of the run.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use pas::sandbox::{Cluster, Options};
use pas::store::{Store, StoreOptions};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use tokio::sync::OnceCell;

/// A database of a test's own.
pub struct Database {
    pub name: String,
    pub url: String,
}

/// The cluster, started on first use; it ends with the process.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        crate::privacy::capture_log();
        let data_dir = folder("cluster");
        Cluster::start(&Options {
            data_dir,
            binaries: None,
            durable: false,
            max_connections: 300,
            further: Vec::new(),
        })
        .expect("the tests' Postgres starts")
    })
}

/// A fresh folder that every user may enter, named after this process; those of processes that are gone are removed.
pub fn folder(name: &str) -> PathBuf {
    let all = std::env::temp_dir();
    for old in std::fs::read_dir(&all).expect("the folder for temporary files").flatten() {
        let file_name = old.file_name();
        let pid =
            file_name.to_str().and_then(|name| name.strip_prefix("pas-it-")?.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = std::fs::remove_dir_all(old.path());
        }
    }
    let folder = all.join(format!("pas-it-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

pub async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().expect("a URL");
    let options = options.options([("search_path", "public")]).disable_statement_logging();
    options.connect().await.expect("a connection for the test")
}

/// A connection without settings of ours, which a pooler would not take.
pub async fn connect_as_it_is(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().expect("a URL");
    options.extra_float_digits(None).connect().await.expect("a connection for the test")
}

async fn admin(sql: String) {
    let mut connection = connect(&cluster().url("postgres")).await;
    connection.execute(AssertSqlSafe(sql)).await.expect("the test's administration");
    connection.close().await.expect("closes");
}

const TEMPLATE: &str = "with_cast";

/// Schema and cast, made by the role that owns them; servers work as another.
pub async fn prepare(url: &str) {
    let store = Store::open(&StoreOptions::new(url)).expect("opens");
    store.migrate().await.expect("migrates");
    pas::commands::load_cast(&store).await.expect("loads the cast");
    store.close().await;
}

/// A database with schema and cast.
pub async fn database() -> Database {
    static READY: OnceCell<()> = OnceCell::const_new();
    READY
        .get_or_init(|| async {
            admin(format!("CREATE DATABASE {TEMPLATE}")).await;
            prepare(&cluster().url(TEMPLATE)).await;
        })
        .await;
    empty(Some(TEMPLATE)).await
}

/// A database without anything, or copied from a template.
pub async fn empty(template: Option<&str>) -> Database {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let copied = template
        .map(|template| format!(" TEMPLATE {template} STRATEGY file_copy"))
        .unwrap_or_default();
    admin(format!("CREATE DATABASE {name}{copied}")).await;
    Database { url: cluster().url(&name), name }
}

impl Database {
    pub async fn drop(self) {
        admin(format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }

    /// One number out of the database.
    pub async fn count(&self, sql: &'static str) -> i64 {
        let mut connection = connect(&self.url).await;
        let count = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a count");
        connection.close().await.expect("closes");
        count
    }
}
