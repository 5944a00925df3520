//! A node with a few records of every kind that an asker can meet, in a process of its own.
//!
//! Not here: what is asked of it (`mutations`, `clients`).

use crate::program::{ServingNode, path, run, told};
use serde_json::{Value as Json, json};
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use tempfile::TempDir;

/// A node that serves [`records`], and what it says on standard error.
pub(crate) struct Served {
    pub(crate) node: ServingNode,
    /// Where it answers HTTP and HTTPS, address and port.
    pub(crate) http: String,
    said: JoinHandle<String>,
    folder: TempDir,
}

impl Served {
    pub(crate) fn start() -> Self {
        Self::start_with(&records())
    }

    /// A node that serves other records.
    pub(crate) fn start_with(records: &[Json]) -> Self {
        let folder = TempDir::new().unwrap();
        let (file, data) = (folder.path().join("r.jsonl"), folder.path().join("data"));
        let lines: Vec<String> = records.iter().map(Json::to_string).collect();
        fs::write(&file, lines.join("\n")).unwrap();
        let import = ["import", path(&file), "--data", path(&data)];
        let (code, out, err) = told(&run(import));
        assert_eq!(code, 0, "{out}{err}");
        let mut node = ServingNode::start(&data);
        let http = node.http();
        let mut err = node.take_stderr();
        // A pipe that nobody empties would stop the node.
        let said = thread::spawn(move || {
            let mut said = String::new();
            err.read_to_string(&mut said).unwrap();
            said
        });
        Self {
            node,
            http,
            said,
            folder,
        }
    }

    /// The file with the key that it signs with.
    pub(crate) fn site_key(&self) -> PathBuf {
        self.folder.path().join("data/pubkey.bin")
    }

    /// Stops the node in good order; gives what it said on standard error.
    pub(crate) fn stop(self) -> String {
        let (code, said) = self.node.terminate();
        assert_eq!(code, Some(0), "{said}");
        self.said.join().unwrap()
    }
}

/// Public and private values, administrators, a site, another name, locations, templates, and data
/// that is no text. The captured packets ask for the first three.
fn records() -> Vec<Json> {
    let templates = "<namespace><template delimiter=\"@\">\
        <value index=\"1\" type=\"URL\" data=\"https://example.org/${extension}\"/>\
        </template></namespace>";
    let locations = "<locations><location href=\"https://example.org/here\" weight=\"1\"/>\
        </locations>";
    vec![
        json!({"handle": "20.500.99999/cap-1", "values": [
            text(1, "URL", "https://example.org/1"),
            {"index": 2, "type": "HS_SECKEY", "permissions": "1100", "data": "secret"},
            text(3, "X", "<&\"泵"),
            dated(4, "X", &json!({"format": "base64", "value": "AP8Q"})),
            dated(100, "HS_ADMIN", &json!({"format": "admin", "value":
                {"handle": "0.NA/20.500.99999", "index": 200, "permissions": "011111110011"}})),
        ]}),
        json!({"handle": "20.500.99999/mixed", "values": [
            text(1, "URL", "https://example.org/mixed"),
            {"index": 2, "type": "SECRET", "permissions": "1100", "data": "x"},
        ]}),
        json!({"handle": "0.NA/86.1000", "values": [text(1, "HS_NAMESPACE", templates)]}),
        json!({"handle": "86.1000/base", "values": [text(1, "URL", "https://example.org/base")]}),
        json!({"handle": "20.500.99999/alias", "values": [
            text(1, "HS_ALIAS", "20.500.99999/cap-1"),
        ]}),
        json!({"handle": "20.500.99999/loc", "values": [text(1, "10320/loc", locations)]}),
        json!({"handle": "20.500.99999/list", "values": [
            {"index": 8, "type": "HS_VLIST", "data": {"format": "vlist", "value":
                [{"handle": "0.NA/20.500.99999", "index": 300}]}},
        ]}),
    ]
}

fn text(index: u32, value_type: &str, data: &str) -> Json {
    dated(
        index,
        value_type,
        &json!({"format": "string", "value": data}),
    )
}

/// A value with a date that is always the same.
fn dated(index: u32, value_type: &str, data: &Json) -> Json {
    json!({
        "index": index, "type": value_type, "data": data, "timestamp": "2026-11-22T08:00:00Z",
    })
}
