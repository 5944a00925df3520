//! A console with a made-up province, and whoever asks it. Not here: what it must answer.

use facts::history::loaded;
use facts::ledger::Ledger;
use facts::relation::{Kind, Relation, relate};
use facts::{Instant, Object};
use monitor::collect::Task;
use monitor::province::{MARK, OUTPUT, Plan, Province};
use monitor::targets::SetTarget;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;
use store::{Options, Store};
use tempfile::TempDir;
use tokio::sync::oneshot;
use ureq::http::{HeaderMap, Request};
use web::monitor::{Access, Bureau, Console, Tables};

/// Longer than anything here takes, and short enough that a test that hangs is noticed.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) const READ: &str = "read-read-read-read-read-read-read-read";
pub(crate) const SEE: &str = "see-see-see-see-see-see-see-see-see-see";
pub(crate) const ACT: &str = "act-act-act-act-act-act-act-act-act-act";
/// Acts for one body alone.
pub(crate) const CITY: &str = "city-city-city-city-city-city-city-city";

/// The task that stands in the folder's files: all levels are called, sooner than usual.
const TASK: &str = "name = \"合成月报\"\nfrequency = \"merged-month\"\nfrom = \"2021-M02\"\n\
    due-days = 5\n[who]\nrole = \"enterprise\"\nwithin = \"99\"\n[[series]]\n\
    indicator = \"output\"\nform = \"level\"\nfrequency = \"merged-month\"\n[[chase]]\ndays = 1\n\
    level = \"county\"\n[[chase]]\ndays = 2\nlevel = \"city\"\n[[chase]]\ndays = 3\n\
    level = \"province\"\n";

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) province: Province,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: HeaderMap,
    pub(crate) octets: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.octets)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.octets)))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.head
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The word by which programs know why not.
    pub(crate) fn code(&self) -> String {
        let said = self.json();
        assert!(said["error"]["chinese"].is_string() && said["error"]["english"].is_string());
        said["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// Three cities of two counties, four divisions, so many enterprises of each in each city.
pub(crate) fn plan(enterprises: u16) -> Plan {
    Plan {
        cities: 3,
        counties: 2,
        divisions: 4,
        months: 25,
        ..Plan::new(7, enterprises)
    }
}

pub(crate) fn start(plan: Plan) -> Running {
    let file = format!("read * {READ}\nsee * {SEE}\nact * {ACT}\nact 合成甲市工信局 {CITY}\n");
    start_for(plan, Access::of_file(&file).unwrap(), false)
}

pub(crate) fn start_for(plan: Plan, access: Access, is_for_this_machine: bool) -> Running {
    let province = Province::new(plan).unwrap();
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), &Options::default()).unwrap();
    fill(&store, &province);
    let console = Console::new(bureau(store, &province), access, is_for_this_machine);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let serving = console.serve(listener, async {
            let _ = stopped.await;
        });
        runtime.block_on(serving).unwrap();
    });
    Running {
        address,
        province,
        stop: Some(stop),
        thread: Some(thread),
        _folder: folder,
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn fill(store: &Store, province: &Province) {
    for enterprise in province.enterprises() {
        let pairs = [
            (Kind::LiesIn, Object::region(enterprise.county)),
            (Kind::IsOf, Object::industry(enterprise.division)),
        ];
        for (kind, object) in pairs {
            let relation = Relation {
                kind,
                subject: enterprise.object(),
                object,
                from: codes::Date::FIRST,
                to: None,
                evidence: MARK.to_owned(),
            };
            facts::commit(store, Instant(1), |view, at| {
                Ok((relate(view, at, &relation)?, ()))
            })
            .unwrap();
        }
    }
    let periods = province.periods();
    let mut reports = Vec::new();
    for enterprise in province.enterprises() {
        reports.extend(province.reports(enterprise, &periods).unwrap());
    }
    for period in &periods {
        reports.extend(province.regional(*period).unwrap());
    }
    let newest = reports.iter().map(|(at, _)| *at).max().unwrap();
    let writes = reports
        .iter()
        .map(|(at, report)| loaded(*at, report).unwrap());
    store.load(writes.collect(), Box::new(drop));
    store.end_load().unwrap();
    facts::commit(store, newest, |view, at| {
        Ok((Ledger::read(view)?.begin(at)?, ()))
    })
    .unwrap();
}

fn bureau(store: Store, province: &Province) -> Bureau {
    let mut regions = codes::provinces();
    regions.import(&province.regions_csv()).unwrap();
    let enterprises = province.enterprises().iter();
    let enterprises: HashMap<_, _> = enterprises
        .map(|of| (of.object(), of.name.clone()))
        .collect();
    let year = province.plan().last.year_number();
    let targets = province.targets().into_iter();
    let targets = targets.map(|(object, growth)| SetTarget {
        object,
        indicator: OUTPUT.parse().unwrap(),
        year,
        growth,
        by: String::new(),
    });
    let tables = Tables {
        regions,
        industries: codes::industries(),
        enterprises,
        targets: targets.collect(),
        tasks: vec![Task::read(TASK).unwrap()],
        offices: HashMap::from([(province.region(), "合成省工信厅".to_owned())]),
    };
    let mut bureau = Bureau::new(store, province.region(), OUTPUT.to_owned(), tables);
    MARK.clone_into(&mut bureau.mark);
    bureau
}

/// What is sent: nothing, or a body of some kind.
pub(crate) enum Body<'b> {
    None,
    Of(&'b str, &'b [u8]),
}

impl Running {
    pub(crate) fn ask(
        &self,
        token: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Body<'_>,
    ) -> Answer {
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/api/monitor/v1/{path}")
        };
        let url = format!("http://{}{path}", self.address);
        let mut request = Request::builder().method(method).uri(url);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (kind, octets) = match body {
            Body::None => ("", &[][..]),
            Body::Of(kind, octets) => (*kind, *octets),
        };
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .build()
            .into();
        let mut response = match octets {
            [] => agent.run(request.body(()).unwrap()),
            octets => agent.run(request.body(octets).unwrap()),
        }
        .unwrap();
        Answer {
            status: response.status().as_u16(),
            head: response.headers().clone(),
            octets: response.body_mut().read_to_vec().unwrap(),
        }
    }

    pub(crate) fn get(&self, token: &str, path: &str) -> Answer {
        self.ask(token, "GET", path, &[], &Body::None)
    }

    /// What is told to whoever may ask; it must be told.
    pub(crate) fn told(&self, token: &str, path: &str) -> Json {
        let answer = self.get(token, path);
        let said = answer.json();
        assert_eq!(answer.status, 200, "{path}: {said}");
        assert_eq!(said["mark"], MARK, "{path}");
        said
    }
}
