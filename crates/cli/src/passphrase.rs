//! Passphrases of key files: always from a file, for a command line is seen by everybody on the
//! machine.
//!
//! Not here: what is encrypted with them (room `crypto`).

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The longest passphrase that is read: whoever gives a device does not wait for ever.
const PASSPHRASE_OCTETS_MAX: u64 = 4096;

/// The passphrase in a file; a line end at its end does not count.
///
/// # Errors
/// The file and what is wrong with it.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut passphrase = Vec::new();
    let limit = PASSPHRASE_OCTETS_MAX + 1;
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut passphrase));
    let name = path.display();
    match read {
        Err(error) => return Err(format!("{name}: {error}")),
        Ok(octets) if octets as u64 > PASSPHRASE_OCTETS_MAX => {
            let most = PASSPHRASE_OCTETS_MAX;
            return Err(format!("{name}: a passphrase has {most} octets or fewer"));
        }
        Ok(_) => (),
    }
    for end in [b'\n', b'\r'] {
        if passphrase.last() == Some(&end) {
            passphrase.pop();
        }
    }
    if passphrase.is_empty() {
        return Err(format!("{name}: there is no passphrase in it"));
    }
    Ok(passphrase)
}
