//! One measurement: a load on the server, or on the bare handler, beside the same Postgres.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use super::args::Args;
use super::data::{Data, Population};
use super::fault::{Done, told};
use super::figure::{Cpu, Figure};
use super::load::{Next, Pace, Seen, drive};
use super::machine::{cpu, family_cpu, own_cpu};
use super::message::{Event, Writer};
use super::server::{Server, Setup};

/// Messages that the fastest side may manage in a second; so many people are laid ready.
const FASTEST: u64 = 12_000;
/// Below so many people who can be added a side ends when all are, and hardly warms up.
const FEW: u64 = 20_000;
/// Where messages are counted, time does not end it.
const LONG: Duration = Duration::from_secs(6 * 3_600);

/// What every good answer to a message says.
pub(crate) const GOOD: &[u8] = b"\"code\":\"ok\"";

/// A load on the server.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// Which message.
    pub(crate) event: Event,
    /// Patients in each.
    pub(crate) members: usize,
    /// Senders at once.
    pub(crate) connections: usize,
    /// Further flags of the server.
    pub(crate) flags: Vec<String>,
    /// So many messages, all counted, rather than for some time.
    pub(crate) messages: Option<u64>,
}

impl Load {
    /// One patient a message, as the server is by itself.
    pub(crate) fn new(event: Event, connections: usize) -> Self {
        Load { event, members: 1, connections, flags: Vec::new(), messages: None }
    }
}

/// What measurements are made with.
pub(crate) struct Bench {
    /// How.
    pub(crate) args: Args,
    /// On what.
    pub(crate) data: Data,
    writer: Rc<RefCell<Writer>>,
    /// Whether the server can be told how many messages may share a transaction.
    shares: bool,
}

/// Processor time at a moment: driver, server, Postgres.
type Moment = [f64; 3];

impl Bench {
    /// Opens the province of so many people.
    pub(crate) fn open(args: &Args, people: u64) -> Done<Bench> {
        Self::of(args, people, Population::Attached)
    }

    /// Opens the province of so many people, of whom some are on panels and some so.
    pub(crate) fn of(args: &Args, people: u64, population: Population) -> Done<Bench> {
        let data = Data::open(args, people, population)?;
        let writer = Rc::new(RefCell::new(Writer::new(data.province)));
        let help = std::process::Command::new(env!("CARGO_BIN_EXE_pas"))
            .args(["serve", "--help"])
            .output()?;
        let shares = String::from_utf8_lossy(&help.stdout).contains("--share ");
        Ok(Bench { args: args.clone(), data, writer, shares })
    }

    /// Stops its Postgres.
    pub(crate) fn close(self) -> Done {
        self.data.postgres.stop()
    }

    /// The modes of the server: a name for each, and its flags. The first has a transaction for every message.
    pub(crate) fn modes(&self) -> Vec<(&'static str, Vec<String>)> {
        if self.shares {
            let alone = vec!["--share".to_owned(), "1".to_owned()];
            vec![("ours, one a transaction", alone), ("ours, shared", Vec::new())]
        } else {
            vec![("ours", Vec::new())]
        }
    }

    /// The flags of the mode in which every message has a transaction of its own.
    pub(crate) fn alone(&self) -> Vec<String> {
        self.modes().swap_remove(0).1
    }

    /// How a server is started here.
    pub(crate) fn setup(&self, flags: &[String], counted: bool) -> Setup {
        let flags = flags.iter().chain(&self.args.server_flag).cloned().collect();
        Setup {
            url: self.data.postgres.url(),
            pool: self.args.pool,
            flags,
            folder: self.data.folder.clone(),
            counted,
        }
    }

    /// How long a side runs: what is not counted, what is.
    pub(crate) fn times(&self) -> (Duration, Duration) {
        let warm = if self.few() { 0.3 } else { self.args.warm() as f64 };
        (Duration::from_secs_f64(warm), Duration::from_secs(self.args.seconds()))
    }

    /// How many people can be added in one go, if time does not end it before.
    pub(crate) fn enough(&self) -> u64 {
        FASTEST * (self.args.warm() + self.args.seconds())
    }

    /// Whether a limit must be told when to end, since people run out before time does.
    pub(crate) fn few(&self) -> bool {
        self.data.free() < FEW
    }

    /// Starts a server, and asks it about every provider once: what it keeps of them is kept in any server that has run for a while.
    pub(crate) fn server(&mut self, flags: &[String], counted: bool) -> Done<Server> {
        let server = Server::start(&self.setup(flags, counted))?;
        let people = self.data.one_of_each()?;
        let messages = Some(people.len() as u64);
        let load = Load { messages, ..Load::new(Event::Query, 32) };
        let next = self.messages(&server, &load, people, Rc::default());
        self.drive(server.address, &load, next, || [0.0; 3])?;
        Ok(server)
    }

    /// A server of its own under a load.
    pub(crate) fn ours(&mut self, load: &Load) -> Done<Figure> {
        let server = self.server(&load.flags, false)?;
        let figure = self.on(&server, load)?;
        server.stop()?;
        Ok(figure)
    }

    /// A running server under a load.
    pub(crate) fn on(&mut self, server: &Server, load: &Load) -> Done<Figure> {
        let members = load.members as u64;
        let wanted = members * load.messages.unwrap_or_else(|| self.enough());
        let (people, places) = match load.event {
            Event::Query => (self.data.listed_people(wanted.clamp(2 * members, 100_000))?, None),
            Event::Add => {
                let places = self.data.take(wanted)?;
                (self.data.people(&places)?, Some(places))
            }
        };
        let (figure, used) = self.about(server, load, people)?;
        if let Some(places) = places {
            self.data.give_back(places.start + used);
        }
        Ok(figure)
    }

    /// A running server under a load that is about these people; also how many of them it was about.
    pub(crate) fn about(
        &self,
        server: &Server,
        load: &Load,
        people: Vec<u64>,
    ) -> Done<(Figure, u64)> {
        let used = Rc::new(Cell::new(0));
        let next = self.messages(server, load, people, used.clone());
        let (driven, postgres) = (server.pid(), self.data.postgres.pid());
        let moment = move || [own_cpu(), cpu(driven), family_cpu(postgres)];
        let (seen, cpu) = self.drive(server.address, load, next, moment)?;
        Ok((Figure::of(&seen, cpu, load.members), used.get()))
    }

    /// The bare handler in place of a server, under queries.
    pub(crate) fn handler(&mut self, address: SocketAddr, pid: u32, load: &Load) -> Done<Figure> {
        let people = self.data.listed_people(100_000)?;
        let next = self.bodies(load, people, Rc::default(), address, Rc::new(|_| String::new()));
        let moment = move || [own_cpu(), cpu(pid), 0.0];
        let (seen, cpu) = self.drive(address, load, next, moment)?;
        Ok(Figure::of(&seen, cpu, 1))
    }

    fn drive(
        &self,
        address: SocketAddr,
        load: &Load,
        next: Next<'static>,
        moment: impl Fn() -> Moment + 'static,
    ) -> Done<(Seen, Cpu)> {
        let (warm, counted) = match load.messages {
            Some(_) => (Duration::ZERO, LONG),
            None if load.members > 1 => (Duration::ZERO, self.times().1),
            None => self.times(),
        };
        let pace = Pace { address, connections: load.connections, warm, counted, mark: GOOD };
        let moments = Rc::new(RefCell::new(Vec::new()));
        let marks = moments.clone();
        let seen = drive(pace, next, move || marks.borrow_mut().push(moment()))?;
        let moments = moments.borrow();
        let [from, to] = moments.as_slice() else { return told("the clock was not read twice") };
        let messages = seen.latencies.count().max(1) as f64;
        let each = |at: usize| (to[at] - from[at]) * 1e6 / messages;
        Ok((seen, Cpu { driver: each(0), server: each(1), postgres: each(2) }))
    }

    /// Requests about these people: each is added once, and queries go round. `used` counts people.
    pub(crate) fn messages(
        &self,
        server: &Server,
        load: &Load,
        people: Vec<u64>,
        used: Rc<Cell<u64>>,
    ) -> Next<'static> {
        let tokens: Vec<String> = server
            .tokens
            .iter()
            .map(|token| format!("Authorization: Bearer {token}\r\n"))
            .collect();
        let bearer = move |client: u32| tokens[client as usize].clone();
        self.bodies(load, people, used, server.address, Rc::new(bearer))
    }

    fn bodies(
        &self,
        load: &Load,
        people: Vec<u64>,
        used: Rc<Cell<u64>>,
        address: SocketAddr,
        bearer: Rc<dyn Fn(u32) -> String>,
    ) -> Next<'static> {
        use std::io::Write as _;

        let (writer, event, members) = (self.writer.clone(), load.event, load.members);
        let most = load.messages.map_or(u64::MAX, |messages| messages * members as u64);
        let mut body = String::new();
        Rc::new(RefCell::new(move |request: &mut Vec<u8>| {
            let groups = people.len() / members;
            let turn = (used.get() / members as u64) as usize;
            if groups == 0 || used.get() >= most || event == Event::Add && turn >= groups {
                return false;
            }
            used.set(used.get() + members as u64);
            let group = &people[turn % groups * members..][..members];
            body.clear();
            let mut writer = writer.borrow_mut();
            writer.write(event, group, &mut body);
            let (client, length) = (bearer(writer.client(group[0])), body.len());
            // Writing into a Vec cannot fail.
            let _ = write!(
                request,
                "POST /$process-message HTTP/1.1\r\nHost: {address}\r\n{client}\
                 Content-Type: application/fhir+json\r\nContent-Length: {length}\r\n\r\n{body}"
            );
            true
        }))
    }
}
