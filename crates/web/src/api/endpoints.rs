//! The ways to ask the API: paths, methods, parameters and statuses, in one table. Requests are led
//! by it, parameters are read by its names, and the description is made of it
//! ([`super::description`]).
//!
//! Not here: what is answered.

use hyper::Method;

/// Who answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Read,
    Put,
    Delete,
    List,
    ListPrefixes,
    Home,
    Unhome,
    Verify,
    BeginSession,
    ShowSession,
    Prove,
    EndSession,
    Bulk,
    Site,
    Description,
    Health,
    Readiness,
    Metrics,
}

/// A path, and what can be done there.
pub(crate) struct Endpoint {
    /// With its last part in braces, if that is the asker's: it may have slashes.
    pub(super) path: &'static str,
    /// The part in braces, if there is one.
    pub(super) part: Option<&'static Parameter>,
    pub(super) operations: &'static [Operation],
}

/// What can be done at a path.
pub(super) struct Operation {
    pub(super) route: Route,
    pub(super) methods: Methods,
    /// The operation's name, for programs that are made of the description.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    /// Whether nobody may without showing who they are.
    pub(super) is_secured: bool,
    pub(super) parameters: &'static [&'static Parameter],
    pub(super) body: Option<&'static str>,
    /// Statuses, and what comes with them: a name among the responses of the description.
    pub(super) responses: &'static [(u16, &'static str)],
}

/// The methods with which an operation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Methods {
    /// GET, HEAD, and POST with the parameters in a form, where they are too long for an address.
    Question,
    /// GET and HEAD.
    Read,
    /// These.
    Of(&'static [&'static str]),
}

impl Methods {
    pub(super) fn all(self) -> &'static [&'static str] {
        match self {
            Self::Question => &["GET", "HEAD", "POST"],
            Self::Read => &["GET", "HEAD"],
            Self::Of(methods) => methods,
        }
    }
}

/// A parameter of a request.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(super) place: Place,
    pub(super) description: &'static str,
    /// In JSON, as are the other members that the description has of it.
    pub(super) schema: &'static str,
    pub(super) others: &'static str,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

/// What leads to an answer: who gives it, and the asker's part of the path.
pub(crate) fn find<'p>(method: &Method, path: &'p str) -> Option<(Route, &'p str)> {
    let (endpoint, part) = ENDPOINTS.iter().find_map(|endpoint| {
        let part = endpoint.part_of(path)?;
        Some((endpoint, part))
    })?;
    let asks = |operation: &&Operation| operation.methods.all().contains(&method.as_str());
    let operation = endpoint.operations.iter().find(asks)?;
    Some((operation.route, part))
}

impl Endpoint {
    /// The asker's part of a path, empty if there is none; `None` for other paths.
    fn part_of<'p>(&self, path: &'p str) -> Option<&'p str> {
        match self.path.split_once('{') {
            Some((start, _)) => path.strip_prefix(start),
            None => (path == self.path).then_some(""),
        }
    }
}

/// A yes or no in a query.
const FLAG: &str = r#"{ "type": "boolean", "default": false }"#;
const TEXT: &str = r#"{ "type": "string" }"#;

macro_rules! parameters {
    ($(
        $ident:ident $name:literal $place:ident $schema:expr, $others:expr, $description:expr;
    )*) => {
        $(pub(crate) static $ident: Parameter = Parameter {
            name: $name,
            place: Place::$place,
            description: $description,
            schema: $schema,
            others: $others,
        };)*
        /// All of them.
        pub(super) static PARAMETERS: &[&Parameter] = &[$(&$ident),*];
    };
}

parameters! {
    HANDLE "handle" Path r#"{ "type": "string", "maxLength": 2048 }"#,
        r#"{ "required": true, "example": "88.156.1/pump-0007" }"#,
        "The identifier, percent-encoded; its slashes may stay as they are.";
    PREFIX_RECORD "prefix" Path r#"{ "type": "string", "maxLength": 2048 }"#,
        r#"{ "required": true, "example": "0.NA/88.156.1" }"#,
        "The prefix as `0.NA/PREFIX`.";
    IDENTITY "identity" Path r#"{ "type": "string", "maxLength": 2060 }"#,
        r#"{ "required": true, "example": "301:0.NA/88.156.1" }"#,
        "`INDEX:HANDLE` of a secret that this node has.";
    TYPE "type" Query r#"{ "type": "array", "items": { "type": "string" } }"#,
        r#"{ "explode": true }"#,
        "Only values of these types; one that ends in a dot stands for its subtypes too.";
    INDEX "index" Query
        concat!(
            r#"{ "type": "array", "items": { "type": "integer", "#,
            r#""minimum": 0, "maximum": 4294967295 } }"#
        ),
        r#"{ "explode": true }"#,
        "Only values with these indexes, together with those of the types.";
    INDEX_OF_BODY "index" Query
        r#"{ "type": "array", "items": { "type": "string", "pattern": "^([0-9]+|various)$" } }"#,
        r#"{ "explode": true }"#,
        "Adds or replaces only these values: the indexes of the body, or `various` for any.";
    PUBLIC_ONLY "publicOnly" Query r#"{ "type": "boolean" }"#, "{}",
        "`false` asks for values too that only some may read; these need authentication. Without \
         it: true for who has not shown who they are; else all that they may read.";
    AUTH "auth" Query FLAG, "{}", "Only a primary may answer.";
    CERT "cert" Query FLAG, "{}", "Asks for a signed answer.";
    DO_NOT_REFER "doNotRefer" Query FLAG, "{}",
        "Answer as if there were no referral to other nodes.";
    OVERWRITE "overwrite" Query r#"{ "type": "boolean", "default": true }"#, "{}",
        "Whether what is there is replaced; if not, the answer is 409.";
    MINT "mintNewSuffix" Query FLAG, "{}",
        "The path is only the beginning; the node adds a random UUID and answers with the whole.";
    PREFIX "prefix" Query TEXT, r#"{ "required": true }"#, "With or without `0.NA/`.";
    PAGE "page" Query r#"{ "type": "integer", "minimum": 0, "default": 0 }"#, "{}",
        "Which page, from 0.";
    PAGE_SIZE "pageSize" Query r#"{ "type": "integer", "minimum": 0, "maximum": 100000 }"#, "{}",
        "How many names a page has; 0 for the count alone. Without it all are answered, up to \
         100,000.";
    NONCE "nonce" Query TEXT, "{}", "Base64.";
    CLIENT_NONCE "cnonce" Query TEXT, "{}", "Base64.";
    ALGORITHM "alg" Query
        r#"{ "enum": ["SHA256", "HMAC-SHA256", "PBKDF2-HMAC-SHA1", "SHA1", "HMAC-SHA1", "MD5"] }"#,
        "{}", "Of the proof; weak ones only where the node takes them.";
    SIGNATURE "signature" Query TEXT, "{}", "Base64.";
    SALT "salt" Query TEXT, "{}", "Base64; of a derived key.";
    ITERATIONS "iterations" Query r#"{ "type": "integer", "maximum": 100000 }"#, "{}",
        "Of a derived key.";
    LENGTH "length" Query r#"{ "type": "integer", "maximum": 512 }"#, "{}",
        "Of a derived key, in bits.";
    REQUEST_ID "Idempotency-Key" Header r#"{ "type": "string", "maxLength": 128 }"#, "{}",
        "The request id.";
    PRETTY "pretty" Query FLAG, "{}", "Indents the answer.";
    CALLBACK "callback" Query r#"{ "type": "string", "maxLength": 256 }"#, "{}",
        "Wraps the answer into a call of this function; whatever is no letter of ASCII, digit, `_` \
         or `$` becomes `_`. Refused with 403 to who has shown who they are.";
}

/// What every answer in JSON reads besides.
pub(super) static OF_EVERY_ANSWER: &[&Parameter] = &[&PRETTY, &CALLBACK];

/// What every request to the API may be answered with besides: bodies that are too long or late,
/// proofs that are not believed, and that there is no room now.
pub(super) static OF_EVERY_REQUEST: &[(u16, &str)] = &[
    (400, "Failure"),
    (401, "Challenge"),
    (403, "Failure"),
    (408, "Text"),
    (413, "Text"),
    (429, "Text"),
    (431, "Text"),
    (500, "Failure"),
    (503, "Failure"),
];

pub(super) static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        path: "/api/handles/{handle}",
        part: Some(&HANDLE),
        operations: &[
            Operation {
                route: Route::Read,
                methods: Methods::Question,
                id: "resolve",
                summary: "The values of an identifier",
                description: "",
                is_secured: false,
                parameters: &[&TYPE, &INDEX, &PUBLIC_ONLY, &AUTH, &CERT, &DO_NOT_REFER],
                body: None,
                responses: &[
                    (200, "Resolution"),
                    (300, "Failure"),
                    (404, "Failure"),
                    (501, "Failure"),
                ],
            },
            Operation {
                route: Route::Put,
                methods: Methods::Of(&["PUT"]),
                id: "register",
                summary: "Registers an identifier, or replaces its values; with `index` adds or \
                          replaces only these",
                description: "Of four digits of `permissions` the first counts as 1, as with the \
                              reference software; of five the last four count.",
                is_secured: true,
                parameters: &[&OVERWRITE, &MINT, &INDEX_OF_BODY],
                body: Some("Values"),
                responses: &[
                    (200, "Written"),
                    (201, "Written"),
                    (404, "Failure"),
                    (409, "Failure"),
                    (501, "Failure"),
                ],
            },
            Operation {
                route: Route::Delete,
                methods: Methods::Of(&["DELETE"]),
                id: "delete",
                summary: "Deletes an identifier; with `index` only these values",
                description: "",
                is_secured: true,
                parameters: &[&INDEX],
                body: None,
                responses: &[(200, "Written"), (404, "Failure"), (501, "Failure")],
            },
        ],
    },
    Endpoint {
        path: "/api/handles",
        part: None,
        operations: &[Operation {
            route: Route::List,
            methods: Methods::Question,
            id: "list",
            summary: "The identifiers under a prefix",
            description: "",
            is_secured: true,
            parameters: &[&PREFIX, &PAGE, &PAGE_SIZE],
            body: None,
            responses: &[(200, "List"), (501, "Failure")],
        }],
    },
    Endpoint {
        path: "/api/prefixes",
        part: None,
        operations: &[Operation {
            route: Route::ListPrefixes,
            methods: Methods::Question,
            id: "listPrefixes",
            summary: "The prefixes that this node is home to",
            description: "",
            is_secured: true,
            parameters: &[&PAGE, &PAGE_SIZE],
            body: None,
            responses: &[(200, "List"), (501, "Failure")],
        }],
    },
    Endpoint {
        path: "/api/prefixes/{prefix}",
        part: Some(&PREFIX_RECORD),
        operations: &[
            Operation {
                route: Route::Home,
                methods: Methods::Of(&["POST"]),
                id: "home",
                summary: "Makes this node home to a prefix",
                description: "",
                is_secured: true,
                parameters: &[],
                body: None,
                responses: &[(200, "Written"), (501, "Failure")],
            },
            Operation {
                route: Route::Unhome,
                methods: Methods::Of(&["DELETE"]),
                id: "unhome",
                summary: "Ends that",
                description: "",
                is_secured: true,
                parameters: &[],
                body: None,
                responses: &[(200, "Written"), (501, "Failure")],
            },
        ],
    },
    Endpoint {
        path: "/api/verifications/{identity}",
        part: Some(&IDENTITY),
        operations: &[Operation {
            route: Route::Verify,
            methods: Methods::Question,
            id: "verify",
            summary: "Whether a proof over two nonces was made with a secret",
            description: "",
            is_secured: false,
            parameters: &[
                &NONCE,
                &CLIENT_NONCE,
                &ALGORITHM,
                &SIGNATURE,
                &SALT,
                &ITERATIONS,
                &LENGTH,
            ],
            body: None,
            responses: &[(200, "Verdict")],
        }],
    },
    Endpoint {
        path: "/api/sessions",
        part: None,
        operations: &[Operation {
            route: Route::BeginSession,
            methods: Methods::Of(&["POST"]),
            id: "beginSession",
            summary: "Begins a session; over HTTPS only",
            description: "Without a body over plain HTTP (403), and where there is no room (503).",
            is_secured: false,
            parameters: &[],
            body: Some("Proof"),
            responses: &[(201, "Session")],
        }],
    },
    Endpoint {
        path: "/api/sessions/this",
        part: None,
        operations: &[
            Operation {
                route: Route::ShowSession,
                methods: Methods::Read,
                id: "showSession",
                summary: "The session that the header names",
                description: "403 without a body where there is no such session.",
                is_secured: true,
                parameters: &[],
                body: None,
                responses: &[(200, "Session")],
            },
            Operation {
                route: Route::Prove,
                methods: Methods::Of(&["PUT", "POST"]),
                id: "authenticate",
                summary: "Proves who the session's client is, until it ends",
                description: "403 without a body where there is no such session.",
                is_secured: false,
                parameters: &[],
                body: Some("Proof"),
                responses: &[(200, "Session"), (401, "Session")],
            },
            Operation {
                route: Route::EndSession,
                methods: Methods::Of(&["DELETE"]),
                id: "endSession",
                summary: "Ends the session",
                description: "403 without a body where there is no such session.",
                is_secured: true,
                parameters: &[],
                body: None,
                responses: &[(204, "Ended")],
            },
        ],
    },
    Endpoint {
        path: "/api/bulk",
        part: None,
        operations: &[Operation {
            route: Route::Bulk,
            methods: Methods::Of(&["POST"]),
            id: "bulk",
            summary: "Up to 100,000 operations, one on each line",
            description: "Each line is done or refused by itself, and answered by a line in the \
                same place, once it is durable. A line sees what those before it did to the same \
                identifier and to records of prefixes. `put` creates or replaces (`overwrite`, \
                default true; `mint`), `add` and `modify` take `values` (`add` has `overwrite`, \
                default false), `remove` takes `indexes`. A call with a request id, as \
                `Idempotency-Key` or as `{\"requestId\":\"…\"}` in its first line, that comes \
                again with the same body from the same identity is given the same answers, and \
                nothing is done twice: for twelve hours at least, also after a restart or a \
                crash, when what was not done yet is done. A call that changed nothing is \
                remembered only while the process lives. 409 where the call is under way, or the \
                id was used for another body; 413 where there are too \
                many lines or octets, and nothing was done.",
            is_secured: true,
            parameters: &[&REQUEST_ID],
            body: Some("Lines"),
            responses: &[(200, "Lines"), (409, "Failure"), (413, "Failure")],
        }],
    },
    Endpoint {
        path: "/api/site",
        part: None,
        operations: &[Operation {
            route: Route::Site,
            methods: Methods::Question,
            id: "site",
            summary: "What this node says of its site: servers, keys, interfaces",
            description: "",
            is_secured: false,
            parameters: &[],
            body: None,
            responses: &[(200, "Site"), (501, "Failure")],
        }],
    },
    Endpoint {
        path: "/api/openapi.json",
        part: None,
        operations: &[Operation {
            route: Route::Description,
            methods: Methods::Read,
            id: "description",
            summary: "This document",
            description: "",
            is_secured: false,
            parameters: &[],
            body: None,
            responses: &[(200, "Description")],
        }],
    },
    Endpoint {
        path: "/healthz",
        part: None,
        operations: &[Operation {
            route: Route::Health,
            methods: Methods::Read,
            id: "health",
            summary: "Whether the process answers at all",
            description: "",
            is_secured: false,
            parameters: &[],
            body: None,
            responses: &[(200, "Text")],
        }],
    },
    Endpoint {
        path: "/readyz",
        part: None,
        operations: &[Operation {
            route: Route::Readiness,
            methods: Methods::Read,
            id: "readiness",
            summary: "Whether requests should be sent here",
            description: "503 while the node is stopping.",
            is_secured: false,
            parameters: &[],
            body: None,
            responses: &[(200, "Text"), (503, "Text")],
        }],
    },
    Endpoint {
        path: "/metrics",
        part: None,
        operations: &[Operation {
            route: Route::Metrics,
            methods: Methods::Read,
            id: "metrics",
            summary: "Numbers about the node's work, for Prometheus",
            description: "",
            is_secured: false,
            parameters: &[],
            body: None,
            responses: &[(200, "Text")],
        }],
    },
];
