//! Tests of the client against peers that lose, lie and close.

use super::*;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use wire::ResponseCode;
use wire::message::NO_CREDENTIAL;
use wire::outcome::Failure;
use wire::response::{Answer, Response};

fn question() -> Question {
    Question::about("88.156.1/x".parse().unwrap())
}

/// An answer to the question in `octets`: not found.
fn answer_to(octets: &[u8]) -> Message {
    let mut message = Message::decode(octets.to_vec().into()).unwrap();
    message.header.response_code = ResponseCode::HANDLE_NOT_FOUND;
    let answer = Answer::Failure(Failure::new("none"));
    message.body = Response::new(None, answer).encode();
    message.tail = NO_CREDENTIAL.into();
    message
}

fn check_not_found(reply: &Reply, transport: Transport) {
    let code = reply.answered.message.header.response_code;
    assert_eq!(
        (code, reply.transport),
        (ResponseCode::HANDLE_NOT_FOUND, transport)
    );
}

/// A node that loses the first datagram, sends noise and another's answer, and then answers.
#[test]
fn a_lost_datagram_is_sent_again_and_noise_is_ignored() {
    let node = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let server = node.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 600];
        node.recv_from(&mut buffer).unwrap();
        let (octets, asker) = node.recv_from(&mut buffer).unwrap();
        let answer = answer_to(&buffer[..octets]);
        let mut other = answer.clone();
        other.envelope.request_id ^= 1;
        for octets in [&b"noise"[..], &other.encode(), &answer.encode()] {
            node.send_to(octets, asker).unwrap();
        }
    });
    let reply = Client::new(server).unwrap().ask(&question()).unwrap();
    check_not_found(&reply, Transport::Udp);
    assert!(
        reply.took >= Duration::from_millis(500),
        "took {:?}",
        reply.took
    );
}

#[test]
fn where_udp_is_refused_tcp_is_asked_at_once() {
    let node = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let server = node.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = node.accept().unwrap();
        let mut buffer = [0; 600];
        let octets = stream.read(&mut buffer).unwrap();
        stream
            .write_all(&answer_to(&buffer[..octets]).encode())
            .unwrap();
    });
    let reply = Client::new(server).unwrap().ask(&question()).unwrap();
    check_not_found(&reply, Transport::Tcp);
    assert!(
        reply.took < Duration::from_millis(400),
        "took {:?}",
        reply.took
    );
}

/// A node of the field closes after each answer; the next question gets a new connection.
#[test]
fn a_connection_that_was_closed_is_opened_anew() {
    let node = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut client = Client::new(node.local_addr().unwrap()).unwrap();
    thread::spawn(move || {
        for stream in node.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 600];
            let octets = stream.read(&mut buffer).unwrap();
            stream
                .write_all(&answer_to(&buffer[..octets]).encode())
                .unwrap();
        }
    });
    for _ in 0..3 {
        let reply = client.ask_over(Transport::Tcp, &question()).unwrap();
        check_not_found(&reply, Transport::Tcp);
    }
}

#[test]
fn nobody_there_is_an_error_that_says_so() {
    let port = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap();
    let error = Client::new(port).unwrap().ask(&question()).unwrap_err();
    assert!(error.to_string().starts_with("cannot connect: "), "{error}");
}

#[test]
fn over_tcp_another_questions_answer_is_an_error() {
    let node = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let server = node.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = node.accept().unwrap();
        let mut buffer = [0; 600];
        let octets = stream.read(&mut buffer).unwrap();
        let mut answer = answer_to(&buffer[..octets]);
        answer.envelope.request_id ^= 1;
        stream.write_all(&answer.encode()).unwrap();
    });
    let result = Client::new(server)
        .unwrap()
        .ask_over(Transport::Tcp, &question());
    assert!(matches!(result, Err(Error::Disbelief(_))));
}

/// A node behind an HTTP server, which begins its body with an empty line as some do.
#[test]
fn a_question_travels_in_the_body_of_an_http_request() {
    let node = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let server = node.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = node.accept().unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 600];
        let body_at = loop {
            let octets = stream.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..octets]);
            let end = request.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end
                && request.len() > end + 4 + 20
            {
                break end + 4;
            }
        };
        let head = String::from_utf8_lossy(&request[..body_at]).to_ascii_lowercase();
        assert!(head.starts_with("post /"), "{head}");
        assert!(head.contains("content-type: application/x-hdl-message"));
        let answer = answer_to(&request[body_at..]).encode();
        let length = answer.len() + 2;
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n\r\n"
        )
        .unwrap();
        stream.write_all(&answer).unwrap();
    });
    let target = |url: String| HttpTarget {
        url,
        is_insecure: false,
    };
    let client = Client::new(server).unwrap();
    let mut client = client.with_http(target(format!("http://{server}/")));
    let reply = client.ask_over(Transport::Http, &question()).unwrap();
    check_not_found(&reply, Transport::Http);
    let trace = client.take_trace();
    assert!(matches!(
        trace.events(),
        [(_, Event::Sent { .. }), (_, Event::Received { .. })]
    ));

    let mut client = client.with_http(target(format!("https://{server}/")));
    let error = client.ask_over(Transport::Http, &question()).unwrap_err();
    assert!(
        error.to_string().contains("certificate cannot be checked"),
        "{error}"
    );
}
