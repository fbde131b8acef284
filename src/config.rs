//! From settings to the values that the modules work with.

mod door;
mod mail;
mod pages;

pub use door::{Admission, DoorFault, admission, claims, door};
pub use mail::{mail, notice_pages};
pub use pages::{PagesFault, pages};

use chrono::FixedOffset;
use tokio::sync::Semaphore;

use crate::access::Turnstile;
use crate::attachment;
use crate::cli::{
    AttachmentCodeArg, LimitArgs, MrpElsewhereArg, NamingArgs, NotOnPanelArg, PhnCheckArg,
    PolicyArgs, PoolerArg, RegistryArg, ServeArgs,
};
use crate::clock::Clock;
use crate::fhir::JsonLimits;
use crate::http::{BodyRoom, EdgeLimits, ListenLimits};
use crate::message::{self, Limits, Naming, PhnCheck};
use crate::panel::{self, MrpElsewhere, NotOnPanel};
use crate::process::Service;
use crate::registry::{self, NamePolicy};
use crate::reply::Origin;
use crate::store::{Pooler, Registry, SERVER_ROLE, Store, StoreOptions};

/// Connections for what is done beside messages: recording, sealing, turning months.
const CHORES: u32 = 2;
/// How many large bodies are worked on at once.
const BULKY: usize = 4;

/// Built-in naming systems and the further ones of the settings.
pub fn naming(args: &NamingArgs) -> Naming {
    let mut naming = Naming::default();
    naming.phn.extend(args.phn_systems.iter().cloned());
    naming.practitioner.extend(args.practitioner_systems.iter().cloned());
    naming.facility.extend(args.facility_systems.iter().cloned());
    naming
}

/// How the store connects that messages are processed with.
pub fn store_options(url: &str, limits: &LimitArgs) -> StoreOptions {
    StoreOptions {
        url: url.to_owned(),
        replica: limits.replica_url.clone().filter(|url| !url.is_empty()),
        connections: limits.connections,
        acquire_timeout: limits.acquire_timeout,
        statement_timeout: limits.statement_timeout,
        lock_timeout: limits.lock_timeout,
        share: usize::from(limits.share),
        pooler: match limits.pooler {
            PoolerArg::None => Pooler::None,
            PoolerArg::Transaction => Pooler::Transaction,
        },
        role: Some(SERVER_ROLE),
    }
}

/// How the store connects that works beside messages: on connections of its own, so that it never takes one of theirs.
pub fn chores_options(url: &str, limits: &LimitArgs) -> StoreOptions {
    StoreOptions { connections: CHORES, replica: None, ..store_options(url, limits) }
}

/// Bounds at the edge.
pub fn edge_limits(limits: &LimitArgs) -> EdgeLimits {
    EdgeLimits { body: limits.max_body_bytes, body_timeout: limits.body_timeout }
}

/// The memory for bodies: a single one, packed and unpacked, always has room when it comes alone.
pub fn body_room(args: &ServeArgs) -> BodyRoom {
    let alone = args.limits.max_body_bytes.saturating_mul(2);
    BodyRoom::new(args.listen.max_bodies_bytes.max(alone))
}

/// Bounds on connections.
pub fn listen_limits(args: &ServeArgs) -> ListenLimits {
    ListenLimits {
        connections: args.listen.max_connections,
        head_timeout: args.listen.head_timeout,
        answer_timeout: args.limits.body_timeout,
    }
}

/// Everything that messages are processed with; `endpoint` is where this server can be reached.
pub fn service(args: &ServeArgs, store: Store, endpoint: String) -> Service {
    Service {
        store,
        clock: Clock::System,
        origin: Origin { canonical: args.canonical.trim_end_matches('/').to_owned(), endpoint },
        json: JsonLimits { depth: args.limits.max_json_depth, ..JsonLimits::default() },
        reading: reading(args),
        judging: registry::Policy { names: NamePolicy { ignore_marks: args.policy.ignore_marks } },
        deciding: deciding(&args.policy),
        attaching: attaching(&args.policy),
        attempts: Turnstile::of_attempts(args.access.failed_attempts_per_hour),
        bulky: Semaphore::new(BULKY),
        deadline: args.limits.acquire_timeout + 2 * args.limits.statement_timeout,
        offset: offset(args.policy.utc_offset),
    }
}

fn reading(args: &ServeArgs) -> message::Policy {
    message::Policy {
        naming: naming(&args.policy.naming),
        phn: match args.policy.phn_check {
            PhnCheckArg::Digit => PhnCheck::Digit,
            PhnCheckArg::Form => PhnCheck::Form,
        },
        limits: Limits { members: args.limits.max_members },
    }
}

fn attaching(args: &PolicyArgs) -> attachment::Policy {
    let code = match args.attachment_code {
        AttachmentCodeArg::Guide => "98890",
        AttachmentCodeArg::Alias => "98990",
    };
    attachment::Policy { code, ..attachment::Policy::default() }
}

fn deciding(args: &PolicyArgs) -> panel::Policy {
    panel::Policy {
        mrp_elsewhere: match args.mrp_elsewhere {
            MrpElsewhereArg::Transfer => MrpElsewhere::Transfer,
            MrpElsewhereArg::Reject => MrpElsewhere::Reject,
        },
        not_on_panel: match args.not_on_panel {
            NotOnPanelArg::Accept => NotOnPanel::Accept,
            NotOnPanelArg::Reject => NotOnPanel::Reject,
        },
    }
}

/// Whole hours ahead of UTC; the command line takes none that there is not.
pub fn offset(hours: i32) -> FixedOffset {
    FixedOffset::east_opt(hours * 3_600)
        .unwrap_or(FixedOffset::east_opt(0).unwrap_or_else(|| unreachable!()))
}

/// The registry of a setting.
pub fn registry(arg: RegistryArg) -> Registry {
    match arg {
        RegistryArg::Plr => Registry::Plr,
        RegistryArg::Pas => Registry::Pas,
        RegistryArg::ClientRegistry => Registry::ClientRegistry,
    }
}
