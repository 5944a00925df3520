//! How people write which object they mean. Not here: what objects are called.

use codes::{CreditCode, Error, Industry, Region};
use facts::Object;

/// A region by its digits, an enterprise by the 18 characters of its credit code, an industry by
/// its letter and digits.
///
/// # Errors
/// [`Error`] of the code that it seems to be.
pub fn object_named(written: &str) -> Result<Object, Error> {
    let written = written.trim();
    if written.chars().count() == 18 {
        Ok(Object::enterprise(written.parse::<CreditCode>()?))
    } else if written.bytes().all(|octet| octet.is_ascii_digit()) {
        Ok(Object::region(written.parse::<Region>()?))
    } else {
        Ok(Object::industry(written.parse::<Industry>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::Role;

    #[test]
    fn each_kind_of_code_is_known_by_its_form() {
        let check = |written: &str, expected: Option<(Role, &str)>| {
            let found = object_named(written).ok();
            let found = found.as_ref().map(|of| (of.role(), of.id()));
            assert_eq!(found, expected, "{written}");
        };
        check(" 3501 ", Some((Role::REGION, "350100000000")));
        check("C38", Some((Role::INDUSTRY, "C38")));
        let enterprise = CreditCode::with_check("91350100MA0000001").unwrap();
        let enterprise = enterprise.to_string();
        check(&enterprise, Some((Role::ENTERPRISE, &enterprise)));
        check("913501000000000000", None);
        check("", None);
        check("Z99", None);
    }
}
