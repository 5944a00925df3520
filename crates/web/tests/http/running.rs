//! A node with records, and clients that ask it. Not here: what it must answer.

use bytes::Bytes;
use engine::question::creation;
use engine::{Date, Question};
use model::admin::{Admin, AdminPermissions};
use model::vlist::ValueList;
use model::{Identifier, Permissions, Reference, Value};
use node::config::HttpConfig;
use node::founding::{self, Keys, Listening};
use node::{Config, Node};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use store::{Options, Store};
use tempfile::TempDir;
use ureq::Agent;
use ureq::http::{Request, Response};
use ureq::tls::{ClientCert, TlsConfig};
use wire::{OpFlags, ResponseCode};

/// Longer than anything here takes, and short enough that a test that hangs is noticed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Running {
    node: Node,
    folder: TempDir,
    config: Config,
}

/// An answer, whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    head: ureq::http::HeaderMap,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.head
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A node on free ports with the defaults.
pub(crate) fn start() -> Running {
    start_with(HttpConfig::default())
}

pub(crate) fn start_with(http: HttpConfig) -> Running {
    start_configured(Config {
        http,
        ..Config::default()
    })
}

pub(crate) fn start_configured(mut config: Config) -> Running {
    config.listen = vec![(Ipv4Addr::LOCALHOST, 0).into()];
    config.http.listen.clone_from(&config.listen);
    start_in(TempDir::new().unwrap(), config)
}

/// A node that is a server of a site, and signs as one: with it the public key that its site tells.
pub(crate) fn start_founded() -> (Running, Bytes) {
    let mut config = Config {
        listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
        ..Config::default()
    };
    config.http.listen.clone_from(&config.listen);
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), &Options::default()).unwrap();
    let keys = Keys::open(folder.path(), None).unwrap();
    let bound = Node::bind(&config).unwrap();
    let listening = Listening {
        native: bound.addresses().to_vec(),
        http: bound.http_addresses().to_vec(),
    };
    let founded = founding::found(folder.path(), &keys, &store, &config, &listening).unwrap();
    let front = |handle| web::Web::new(handle, &config.http);
    let node = bound.start(store, Some(&founded), Some(&front)).unwrap();
    let key = founded.site.servers[founded.server_index]
        .public_key
        .clone();
    let running = Running {
        node,
        folder,
        config,
    };
    (running, key)
}

fn start_in(folder: TempDir, config: Config) -> Running {
    let store = Store::open(folder.path(), &Options::default()).unwrap();
    let front = |handle| web::Web::new(handle, &config.http);
    let node = Node::start_with(&config, store, &front).unwrap();
    Running {
        node,
        folder,
        config,
    }
}

impl Running {
    pub(crate) fn address(&self) -> SocketAddr {
        self.node.http_addresses()[0]
    }

    pub(crate) fn register(&self, identifier: &str, values: &[Value]) {
        let identifier: Identifier = identifier.parse().unwrap();
        let request = creation(&identifier, values, OpFlags(0), 1, Date(1_795_000_000));
        let answer = self.node.answer_locally(&request).unwrap();
        assert_eq!(answer.header.response_code, ResponseCode::SUCCESS);
    }

    /// Registers one value of type `URL` or whatever it is.
    pub(crate) fn register_one(&self, identifier: &str, value_type: &str, data: &str) {
        let value = Value::public(1, value_type.to_owned(), data.to_owned());
        self.register(identifier, &[value]);
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", "http", path, headers, "")
    }

    /// Asks anything over either scheme; no redirect is followed, no certificate checked.
    pub(crate) fn ask(
        &self,
        method: &str,
        scheme: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.ask_as(&agent(None), method, scheme, path, (headers, body))
    }

    /// Asks as a client that may have a certificate: a head and a body.
    pub(crate) fn ask_as(
        &self,
        agent: &Agent,
        method: &str,
        scheme: &str,
        path: &str,
        (headers, body): (&[(&str, &str)], &str),
    ) -> Answer {
        let url = format!("{scheme}://{}{path}", self.address());
        let mut request = Request::builder().method(method).uri(url);
        for &(name, value) in headers {
            request = request.header(name, value);
        }
        let answer = agent.run(request.body(body.to_owned()).unwrap()).unwrap();
        let answer = whole(answer);
        check_described(method, path, answer.status);
        answer
    }

    /// Sends octets as they are and reads until the node closes.
    pub(crate) fn send(&self, octets: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        // The node may refuse before it has read everything.
        let _ = stream.write_all(octets);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// The node's numbers, not asked for over HTTP.
    pub(crate) fn metrics(&self) -> String {
        self.node.handle().metrics()
    }

    pub(crate) fn stop(self) {
        self.node.stop().unwrap();
    }

    /// Stops the node, and starts it again on what it has stored.
    pub(crate) fn restarted(self) -> Self {
        self.node.stop().unwrap();
        start_in(self.folder, self.config)
    }
}

/// Checks that the description of the API names the status of an answer, if it names the path and
/// the method: no test can meet what the description does not tell.
fn check_described(method: &str, path: &str, status: u16) {
    static DESCRIPTION: LazyLock<serde_json::Value> =
        LazyLock::new(|| serde_json::from_str(web::openapi()).unwrap());
    let path = path.split('?').next().unwrap();
    let is_meant = |template: &str| match template.split_once('{') {
        Some((start, _)) => path.strip_prefix(start).is_some(),
        None => path == template,
    };
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    let operations = paths.iter().find(|(template, _)| is_meant(template));
    let operation = operations.map(|(_, operations)| &operations[method.to_lowercase()]);
    if let Some(responses) = operation.and_then(|it| it["responses"].as_object()) {
        let said = format!("{method} {path} is answered with {status}, which is not described");
        assert!(responses.contains_key(&status.to_string()), "{said}");
    }
}

/// A client that follows no redirect and checks no certificate.
pub(crate) fn agent(certificate: Option<ClientCert>) -> Agent {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(provider)
        .disable_verification(true)
        .client_cert(certificate)
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

fn whole(mut answer: Response<ureq::Body>) -> Answer {
    let body = answer.body_mut().read_to_vec().unwrap();
    Answer {
        status: answer.status().as_u16(),
        body: String::from_utf8_lossy(&body).into_owned(),
        head: answer.headers().clone(),
    }
}

/// What the captured exchanges asked for.
pub(crate) fn with_captured_records() -> Running {
    let running = start();
    register_captured(&running);
    register_places(&running);
    running
}

pub(crate) fn register_captured(running: &Running) {
    let admin = Admin {
        identifier: "0.NA/20.500.99999".into(),
        index: 200,
        permissions: AdminPermissions(0x07f3),
        has_legacy_end: false,
    };
    let list = ValueList(vec![Reference {
        identifier: "0.NA/20.500.99999".into(),
        index: 300,
    }]);
    let secret = Value {
        permissions: Permissions(0b1100),
        ..Value::public(6, "HS_SECKEY", "secret")
    };
    running.register(
        "20.500.99999/rest-1",
        &[
            Value::public(1, "URL", "https://example.org/a"),
            Value::public(100, "HS_ADMIN", admin.encode()),
            Value::public(5, "X", &b"\0\xff\x10"[..]),
            Value::public(8, "HS_VLIST", list.encode()),
            secret,
        ],
    );
    running.register(
        "20.500.99999/px",
        &[
            Value::public(1, "URL", "https://example.org/landing"),
            Value::public(2, "EMAIL", "a@example.org"),
        ],
    );
}

fn register_places(running: &Running) {
    let locations = "<locations><location id=\"0\" href=\"http://uk.example.com/\" \
        country=\"gb\" weight=\"0\"/><location id=\"1\" href=\"http://www1.example.com/\" \
        weight=\"1\"/></locations>";
    running.register_one("20.500.99999/loc", "10320/loc", locations);
    running.register_one("20.500.99999/al", "HS_ALIAS", "20.500.99999/px");
}

/// A question for all public values, as octets.
pub(crate) fn question(identifier: &str) -> Vec<u8> {
    let question = Question::about(identifier.parse().unwrap());
    question
        .resolution(7, Date(1_795_000_000))
        .encode()
        .to_vec()
}
