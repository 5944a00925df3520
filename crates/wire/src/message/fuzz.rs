//! The fuzz bodies of messages: whatever the octets, decoding never panics and is exact.
//!
//! Ordinary functions, so that a fuzzer and the tests run the same.

use crate::credential::{mac_covered, signed_octets};
use crate::datagram::{Assembly, Datagram, fragments};
use crate::message::NO_CREDENTIAL;
use crate::stream::PacketStream;
use crate::{
    Credential, Envelope, EnvelopeFlags, Header, Message, OpFlags, Opcode, Packet, Request,
    Response, ResponseCode, Version,
};
use bytes::Bytes;

/// Reads octets in every way a stranger's octets are read here.
pub fn messages(octets: &[u8]) {
    let octets = Bytes::copy_from_slice(octets);
    if let Ok(packet) = Packet::decode(octets.clone()) {
        assert_eq!(
            packet.encode(),
            octets,
            "a packet encodes to what it was decoded from"
        );
        travels_in_datagrams(&packet);
    }
    let _ = Datagram::decode(octets.clone());
    if let Ok(message) = Message::decode(octets.clone()) {
        assert_eq!(
            message.encode(),
            octets,
            "a message encodes to what it was decoded from"
        );
        parts(&message);
    }
    let mut stream = PacketStream::default();
    stream.push(&octets);
    while let Ok(Some(_)) = stream.next_packet() {}
}

/// What [`bodies`] reads bodies as: every operation with a body of its own.
const OPCODES: [Opcode; 23] = [
    Opcode::RESOLUTION,
    Opcode::GET_SITE_INFO,
    Opcode::CREATE_HANDLE,
    Opcode::DELETE_HANDLE,
    Opcode::ADD_VALUE,
    Opcode::REMOVE_VALUE,
    Opcode::MODIFY_VALUE,
    Opcode::LIST_HANDLES,
    Opcode::LIST_DERIVED,
    Opcode::CHALLENGE_RESPONSE,
    Opcode::VERIFY_CHALLENGE,
    Opcode::HOME_PREFIX,
    Opcode::UNHOME_PREFIX,
    Opcode::LIST_HOMED,
    Opcode::SESSION_SETUP,
    Opcode(401),
    Opcode(402),
    Opcode(1000),
    Opcode::RETRIEVE_TXN_LOG,
    Opcode(1002),
    Opcode(999),
    Opcode::REGISTRY_ORDER,
    Opcode::REGISTRY_READING,
];

/// Reads octets as a body under any header: the first four choose version, operation, response
/// code and flags.
pub fn bodies(octets: &[u8]) {
    let Some((&[minor, operation, code, flags], body)) = octets.split_first_chunk::<4>() else {
        return;
    };
    let version = Version::new(2, minor % 13);
    let operation = usize::from(operation) % OPCODES.len();
    let message = Message {
        envelope: Envelope {
            version,
            flags: EnvelopeFlags::NONE,
            suggested: version,
            session_id: 0,
            request_id: 1,
            sequence: 0,
            message_length: 0,
        },
        header: Header {
            opcode: OPCODES
                .get(operation)
                .copied()
                .unwrap_or(Opcode::RESOLUTION),
            // Even codes up to 510; among them every one with a body of its own, but success.
            response_code: ResponseCode(u32::from(code) * 2),
            flags: OpFlags(u32::from(flags) << 24),
            site_serial: 1,
            recursion_count: 0,
            reserved: 0,
            expiration: 0,
        },
        body: Bytes::copy_from_slice(body),
        tail: Bytes::from_static(NO_CREDENTIAL),
    };
    parts(&message);
    let success = Header {
        response_code: ResponseCode::SUCCESS,
        ..message.header
    };
    parts(&Message {
        header: success,
        ..message
    });
}

/// Checks that the body and the credential, whatever the message says they are, encode to what
/// they were decoded from. The body is read both as a request's and as a response's.
pub fn parts(message: &Message) {
    if let Ok(request) = Request::decode(message) {
        let body = request.encode();
        assert_eq!(body, message.body, "a request is exact: {request:?}");
        proofs(&request, message);
    }
    if let Ok(response) = Response::decode(message) {
        let body = response.encode();
        assert_eq!(body, message.body, "a response is exact: {response:?}");
    }
    if let Ok(Some(credential)) = Credential::of(message) {
        assert_eq!(credential.encode(), message.tail, "a credential is exact");
        signed_octets(message, credential.counter);
        mac_covered(message, credential.counter, &credential.octets);
    }
}

/// Checks that a proof encodes to what it was decoded from.
fn proofs(request: &Request, message: &Message) {
    let version = message.envelope.version;
    let (octets, proof) = match request {
        Request::ChallengeResponse(body) => (&body.proof, body.proof(version)),
        Request::Verification(body) => (&body.proof, body.proof(version)),
        _ => return,
    };
    if let Ok(proof) = proof {
        assert_eq!(proof.encode(), *octets, "a proof is exact");
    }
}

/// Checks that cutting and putting together gives back the packet (whose marks of a fragment the
/// cutting sets itself).
fn travels_in_datagrams(packet: &Packet) {
    let mut assembly: Option<Assembly> = None;
    for octets in fragments(packet) {
        match Datagram::decode(octets).expect("what is sent can be read") {
            Datagram::Whole(whole) => assert_eq!(whole.payload, packet.payload),
            Datagram::Fragment(fragment) => match &mut assembly {
                None => assembly = Some(Assembly::new(fragment)),
                Some(assembly) => {
                    assembly
                        .add(fragment)
                        .expect("fragments of one packet agree");
                }
            },
        }
    }
    if let Some(assembly) = assembly {
        let whole = assembly.packet().expect("every fragment was added");
        assert_eq!(whole.payload, packet.payload);
    }
}
