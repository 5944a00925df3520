//! Settings that change what is answered, tried on a running node over UDP.

use crate::program::{ServingNode, path, run, told};
use client::Clock;
use engine::Question;
use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use wire::{Message, ResponseCode};

/// Longer than any answer takes on a machine that does something else, too.
const PATIENCE: Duration = Duration::from_secs(20);

const NAMESPACE: &str = "<namespace><template delimiter=\"@\">\
    <value index=\"1\" type=\"URL\" data=\"https://example.org/${extension}\"/>\
    </template></namespace>";

/// A folder with a base, and a node that serves it with settings.
fn serve(settings: &str) -> (TempDir, ServingNode) {
    let folder = TempDir::new().unwrap();
    let (csv, data) = (folder.path().join("base.csv"), folder.path().join("data"));
    fs::write(&csv, "identifier,NAME\n86.1000/base,pump\n").unwrap();
    let (code, ..) = told(&run(["import", path(&csv), "--data", path(&data)]));
    assert_eq!(code, 0);
    let node = serve_again(&data, settings);
    (folder, node)
}

fn serve_again(data: &Path, settings: &str) -> ServingNode {
    fs::write(data.join("namespace.xml"), NAMESPACE).unwrap();
    fs::write(data.join("nameplate.toml"), settings).unwrap();
    ServingNode::start(data)
}

#[test]
fn templates_of_the_configuration_answer_for_identifiers_that_nobody_registered() {
    let check = |settings: &str, expected: (i32, &str)| {
        let (_folder, node) = serve(&format!("[templates]\n{settings}\n"));
        let server = node.server();
        let ask = |identifier| {
            let ask = [
                "resolve", identifier, "--server", &server, "--udp", "--short",
            ];
            let (code, out, _) = told(&run(ask));
            (code, out)
        };
        assert_eq!(ask("86.1000/base"), (0, "pump\n".into()), "{settings}");
        let (code, out) = expected;
        assert_eq!(ask("86.1000/base@7"), (code, out.into()), "{settings}");
        assert_eq!(ask("86.1000/none").0, 1, "{settings}");
        assert_eq!(node.terminate().0, Some(0));
    };
    check("", (1, ""));
    let made = (0, "https://example.org/7\n");
    check(&format!("namespace = '{NAMESPACE}'"), made);
    check("namespace_file = \"namespace.xml\"", made);
    check("delimiter = \"@\"", (0, "pump\n"));
    check("delimiter = \"#\"", (1, ""));
}

/// What the prefix itself says goes before the configuration, unless that overrides it.
#[test]
fn the_namespace_of_a_prefix_goes_first_unless_it_is_overridden() {
    let (folder, node) = serve("");
    assert_eq!(node.terminate().0, Some(0));
    let (records, data) = (folder.path().join("r.jsonl"), folder.path().join("data"));
    let own = NAMESPACE.replace("example.org", "own.example.org");
    let own = serde_json::json!({"handle": "0.NA/86.1000", "values": [
        {"index": 1, "type": "HS_NAMESPACE", "data": {"format": "string", "value": own}},
    ]});
    fs::write(&records, own.to_string()).unwrap();
    let (code, ..) = told(&run(["import", path(&records), "--data", path(&data)]));
    assert_eq!(code, 0);
    for (overrides, host) in [(false, "own.example.org"), (true, "example.org")] {
        let file = "namespace_file = \"namespace.xml\"";
        let node = serve_again(
            &data,
            &format!("[templates]\n{file}\noverrides = {overrides}"),
        );
        let server = node.server();
        let ask = [
            "resolve",
            "86.1000/base@7",
            "--server",
            &server,
            "--udp",
            "--short",
        ];
        assert_eq!(told(&run(ask)).1, format!("https://{host}/7\n"));
        assert_eq!(node.terminate().0, Some(0));
    }
}

/// A question that is odd, as those of some peers are: its reserved octet is set.
fn odd_question() -> Vec<u8> {
    const ENVELOPE_OCTETS: usize = 20;
    const RESERVED_AT: usize = ENVELOPE_OCTETS + 15;
    let question = Question::about("86.1000/base".parse().unwrap());
    let mut octets = question.resolution(7, Clock::date()).encode().to_vec();
    octets[RESERVED_AT] = 1;
    octets
}

fn asked_over_udp(node: &ServingNode, question: &[u8]) -> ResponseCode {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.send_to(question, node.address).unwrap();
    let mut buffer = [0; 2048];
    let octets = socket.recv(&mut buffer).unwrap();
    let answer = Message::decode(buffer[..octets].to_vec().into()).unwrap();
    assert_eq!(answer.envelope.request_id, 7);
    answer.header.response_code
}

#[test]
fn a_strict_node_refuses_what_others_understand() {
    let odd = odd_question();
    for (settings, expected) in [
        ("", ResponseCode::SUCCESS),
        ("strict = true", ResponseCode::PROTOCOL_ERROR),
    ] {
        let (_folder, node) = serve(settings);
        assert_eq!(asked_over_udp(&node, &odd), expected, "{settings}");
        let server = node.server();
        let usual = ["resolve", "86.1000/base", "--server", &server, "--udp"];
        assert_eq!(told(&run(usual)).0, 0, "{settings}");
        assert_eq!(node.terminate().0, Some(0));
    }
}
