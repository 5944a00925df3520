//! `nameplate message`: octets of the protocol to JSON and back, for whoever debugs it.
//!
//! Each file beside this one turns one thing into JSON and JSON into that thing; the shape is
//! described in `docs/message.md` and `docs/message.schema.json`. Hex → JSON → hex is the identity
//! for every input that is accepted. Not here: the command line ([`command`]).

mod body;
mod capture;
pub(crate) mod command;
mod credential;
mod data;
mod encrypted;
mod fault;
mod fields;
mod form;
#[cfg(test)]
mod fuzz;
mod head;
mod jws;
mod key;
mod key_file;
mod packet;
mod proof;
mod record;
mod request;
mod response;
mod stream;
#[cfg(test)]
mod tests;
mod value;

use bytes::Bytes;
use crypto::session_cipher::BlockCipher;
use fault::Fault;
use form::Form;
use model::octets::Reader;
use model::{Admin, EncodedValue, PublicKey, Site, ValueList};
use serde_json::Value as Json;
use wire::{Quirk, quirk};

/// What the octets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// One or more packets, perhaps followed by a replication stream.
    Packet,
    /// One value of a record.
    Value,
    /// A list of values, as servers keep one in a file.
    Values,
    /// The data of an `HS_ADMIN` value.
    Admin,
    /// The data of an `HS_VLIST` value.
    Vlist,
    /// The data of an `HS_SITE` value.
    Site,
    /// A public or private key.
    Key,
    /// A file that holds a private key.
    Keyfile,
    /// A replication stream without the packets before it.
    Stream,
}

/// How packets travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Transport {
    /// Tell by the octets.
    #[default]
    Any,
    /// One datagram: nothing may follow the packet, and a piece must fit where it belongs.
    Datagrams,
}

/// What a conversion knows besides its input. `Debug` is not there: it holds secrets.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) kind: Kind,
    pub(crate) transport: Transport,
    pub(crate) session_key: Option<Vec<u8>>,
    pub(crate) session_cipher: BlockCipher,
    pub(crate) passphrase: Option<Vec<u8>>,
    /// Whether input with a quirk is refused.
    pub(crate) is_strict: bool,
}

/// Octets to JSON.
pub(crate) fn decode(octets: &Bytes, context: &Context) -> Result<Json, Fault> {
    let (json, quirks) = decode_any(octets, context)?;
    if context.is_strict && !quirks.is_empty() {
        let names = each_once(quirks.into_iter());
        let names: Vec<_> = names.iter().map(|quirk| quirk.name()).collect();
        let names = names.join(", ");
        return Err(Fault::octet(0, format_args!("strict: {names}")));
    }
    Ok(json)
}

fn decode_any(octets: &Bytes, context: &Context) -> Result<(Json, Vec<Quirk>), Fault> {
    let (json, quirks) = match context.kind {
        Kind::Packet => return capture::write(octets, context),
        Kind::Stream => (stream::write(octets, 0, None)?, Vec::new()),
        Kind::Keyfile => (key_file::write(octets, context)?, Vec::new()),
        Kind::Values => {
            let (json, values) = value::write_file(octets)?;
            let quirks = values.iter().flat_map(quirk::of_value);
            (json, each_once(quirks))
        }
        Kind::Value => {
            let mut reader = Reader::new(octets.clone());
            let value = EncodedValue::read(&mut reader)
                .and_then(|value| reader.finish("value").map(|()| value));
            let value = value.map_err(|error| Fault::of_model(&error, 0, octets.len()))?;
            ((value::VALUE.write)(&value), quirk::of_value(&value))
        }
        Kind::Admin => {
            let json = exact(octets, &data::ADMIN, Admin::decode)?;
            let value = EncodedValue::of(&model::Value::public(1, "HS_ADMIN", octets.clone()));
            (json, quirk::of_value(&value))
        }
        Kind::Vlist => (exact(octets, &data::VLIST, ValueList::decode)?, Vec::new()),
        Kind::Site => (
            exact(octets, &data::SITE, Site::decode)?,
            quirk::of_site(octets),
        ),
        Kind::Key => (
            exact(octets, &key::KEY, PublicKey::decode)?,
            quirk::of_public_key(octets),
        ),
    };
    Ok((with_quirks(json, &quirks), quirks))
}

/// A thing that must be readable and written back exactly.
fn exact<T>(
    octets: &Bytes,
    form: &Form<Bytes>,
    decode: fn(Bytes) -> Result<T, model::Error>,
) -> Result<Json, Fault> {
    let fault = |error: &model::Error| Fault::of_model(error, 0, octets.len());
    decode(octets.clone()).map_err(|error| fault(&error))?;
    let json = (form.write)(octets);
    match (form.read)(json.clone(), "") {
        Ok(same) if same == octets => Ok(json),
        _ => Err(Fault::octet(0, "cannot be written as JSON without loss")),
    }
}

fn each_once(quirks: impl Iterator<Item = Quirk>) -> Vec<Quirk> {
    quirks.fold(Vec::new(), |mut once, quirk| {
        if !once.contains(&quirk) {
            once.push(quirk);
        }
        once
    })
}

/// Adds the quirks where there are any and the thing is an object.
fn with_quirks(mut json: Json, quirks: &[Quirk]) -> Json {
    if let Json::Object(members) = &mut json
        && !quirks.is_empty()
    {
        members.insert("quirks".into(), packet::quirk_names(quirks));
    }
    json
}

/// JSON to octets.
pub(crate) fn encode(mut json: Json, context: &Context) -> Result<Bytes, Fault> {
    if context.kind != Kind::Packet
        && let Json::Object(members) = &mut json
    {
        members.shift_remove("quirks");
    }
    let octets = match context.kind {
        Kind::Packet => capture::read(json, context),
        Kind::Stream => stream::read(json, ""),
        Kind::Keyfile => key_file::read(json, context),
        Kind::Values => value::read_file(json),
        Kind::Value => (value::VALUE.read)(json, "").map(|value| value.octets().clone()),
        Kind::Admin => (data::ADMIN.read)(json, ""),
        Kind::Vlist => (data::VLIST.read)(json, ""),
        Kind::Site => (data::SITE.read)(json, ""),
        Kind::Key => (key::KEY.read)(json, ""),
    }?;
    if context.is_strict {
        decode(&octets, context).map_err(|fault| Fault::member("", fault.what))?;
    }
    Ok(octets)
}
