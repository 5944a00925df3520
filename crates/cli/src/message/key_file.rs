//! Key files as JSON: how the key is encrypted, and with the passphrase the key.
//!
//! ```json
//! {"encryption":4,"encryptionName":"aes","salt":"…","iterations":10000,"keyBits":128,"iv":"…",
//!  "ciphertext":"…"}
//! ```
//!
//! With the passphrase `key` stands in place of `ciphertext`, if encrypting it again gives the
//! same octets; with the wrong one `keyError` says so. Not here: keys ([`super::key`]),
//! decryption (room `crypto`).

use super::Context;
use super::data::ANY;
use super::fault::Fault;
use super::fields::{self, Fields};
use super::form::{Form, HEX, U32};
use super::key::KEY;
use bytes::Bytes;
use model::KeyFile;
use model::key_file::{Encryption, Sealed};
use serde_json::Value as Json;

/// A key file.
///
/// # Errors
/// It is cut.
pub(super) fn write(octets: &Bytes, context: &Context) -> Result<Json, Fault> {
    let file = KeyFile::decode(octets.clone());
    let mut file = file.map_err(|error| Fault::of_model(&error, 0, octets.len()))?;
    let opened = context.passphrase.as_ref().map(|passphrase| {
        let key = crypto::key_file::open(&file, passphrase).map_err(|error| error.to_string())?;
        let again = crypto::key_file::seal(&file, passphrase, &key);
        let is_same = again.is_ok_and(|again| again == file);
        is_same
            .then_some(key)
            .ok_or_else(|| "is encrypted in an unusual way".to_owned())
    });
    Ok(fields::written(|fields| {
        let encryption = file.encryption();
        fields.put(
            "encryption",
            encryption.map_or(Json::Null, |at| at.0.into()),
        );
        if let Some(name) = encryption.and_then(name) {
            fields.put("encryptionName", name);
        }
        describe(fields, &mut file)?;
        match (ciphertext(&mut file), opened) {
            (None, _) => {}
            (Some(_), Some(Ok(key))) => fields.put("key", (KEY.write)(&key)),
            (Some(ciphertext), opened) => {
                fields.usual("ciphertext", ciphertext, &HEX)?;
                if let Some(Err(error)) = opened {
                    fields.put("keyError", error);
                }
            }
        }
        Ok(())
    }))
}

/// The inverse of [`write()`].
pub(super) fn read(json: Json, context: &Context) -> Result<Bytes, Fault> {
    let mut fields = Fields::reading(json, "")?;
    let mut encryption = Json::Null;
    fields.need("encryption", &mut encryption, &ANY)?;
    let encryption = match encryption {
        Json::Null => None,
        number => Some(Encryption((U32.read)(number, "encryption")?)),
    };
    if let Some(name) = encryption.and_then(name) {
        fields.derived("encryptionName", name)?;
    }
    let mut file = empty(encryption)?;
    describe(&mut fields, &mut file)?;
    if let Some(field) = ciphertext(&mut file) {
        fields.remark("keyError", || None);
        let mut given = None;
        fields.option("ciphertext", &mut given, &HEX)?;
        match given {
            Some(given) => *field = given,
            None => file = seal(&mut fields, &file, context)?,
        }
    }
    fields.finish()?;
    Ok(file.encode())
}

fn seal(fields: &mut Fields, like: &KeyFile, context: &Context) -> Result<KeyFile, Fault> {
    let mut key = Bytes::new();
    if !fields.has("key") {
        return Err(fields.fault("ciphertext", "is missing, and so is key"));
    }
    fields.need("key", &mut key, &KEY)?;
    let passphrase = context
        .passphrase
        .as_ref()
        .ok_or_else(|| fields.fault("key", "is to be encrypted; give --passphrase-file"))?;
    let sealed = crypto::key_file::seal(like, passphrase, &key);
    sealed.map_err(|error| Fault::member("", error))
}

fn name(encryption: Encryption) -> Option<&'static str> {
    Some(match encryption {
        Encryption::DES_ECB => "des-ecb",
        Encryption::NONE => "none",
        Encryption::DES_CBC => "des-cbc",
        Encryption::TRIPLE_DES => "desede",
        Encryption::AES => "aes",
        _ => return None,
    })
}

fn empty(encryption: Option<Encryption>) -> Result<KeyFile, Fault> {
    let empty = Bytes::new;
    Ok(match encryption {
        None => KeyFile::Bare(empty()),
        Some(Encryption::NONE) => KeyFile::Plain(empty()),
        Some(Encryption::DES_ECB) => KeyFile::DesEcb {
            ciphertext: empty(),
        },
        Some(Encryption::DES_CBC) => KeyFile::DesCbc {
            iv: [0; 8],
            ciphertext: empty(),
        },
        Some(encryption @ (Encryption::TRIPLE_DES | Encryption::AES)) => KeyFile::Derived {
            encryption,
            sealed: Sealed {
                salt: empty(),
                iterations: crypto::key_file::ITERATIONS,
                key_bits: if encryption == Encryption::AES {
                    128
                } else {
                    192
                },
                iv: empty(),
                ciphertext: empty(),
            },
        },
        Some(Encryption(number)) if number < 10 => KeyFile::Other {
            encryption: Encryption(number),
            rest: empty(),
        },
        Some(_) => return Err(Fault::member("encryption", "is not below 10")),
    })
}

/// Everything but the number in front and the ciphertext.
fn describe(fields: &mut Fields, file: &mut KeyFile) -> Result<(), Fault> {
    match file {
        KeyFile::Bare(key) | KeyFile::Plain(key) => fields.need("key", key, &KEY),
        KeyFile::DesEcb { .. } => Ok(()),
        KeyFile::DesCbc { iv, .. } => fields.need("iv", iv, &DES_IV),
        KeyFile::Derived { sealed, .. } => {
            fields.need("salt", &mut sealed.salt, &HEX)?;
            fields.usual("iterations", &mut sealed.iterations, &U32)?;
            fields.usual("keyBits", &mut sealed.key_bits, &U32)?;
            fields.need("iv", &mut sealed.iv, &HEX)
        }
        KeyFile::Other { rest, .. } => fields.need("rest", rest, &HEX),
    }
}

const DES_IV: Form<[u8; 8]> = Form {
    write: |iv| hex::encode(iv).into(),
    read: |json, path| {
        let iv = (HEX.read)(json, path)?;
        let what = "has not eight octets";
        iv[..].try_into().map_err(|_| Fault::member(path, what))
    },
};

fn ciphertext(file: &mut KeyFile) -> Option<&mut Bytes> {
    match file {
        KeyFile::DesEcb { ciphertext } | KeyFile::DesCbc { ciphertext, .. } => Some(ciphertext),
        KeyFile::Derived { sealed, .. } => Some(&mut sealed.ciphertext),
        _ => None,
    }
}
