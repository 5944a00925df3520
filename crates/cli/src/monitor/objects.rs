//! How people name objects on the command line. Not here: what they are called (`folder`).

use codes::{CreditCode, Industry, Region};
use facts::Object;

/// A region by its digits, an industry by its letter, an enterprise by its credit code.
pub(super) fn object(written: &str) -> Result<Object, String> {
    let trimmed = written.trim();
    let is_digits = trimmed.bytes().all(|octet| octet.is_ascii_digit());
    let of = |error: codes::Error| format!("'{trimmed}': {error}");
    if trimmed.chars().count() == 18 {
        let code: CreditCode = trimmed.parse().map_err(of)?;
        Ok(Object::enterprise(code))
    } else if is_digits {
        let region: Region = trimmed.parse().map_err(of)?;
        Ok(Object::region(region))
    } else {
        let industry: Industry = trimmed.parse().map_err(of)?;
        Ok(Object::industry(industry))
    }
}
