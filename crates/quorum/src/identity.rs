//! The one form in which identities stand in the registry, so that equal ones are equal octets:
//! rights and data sets are somebody's however they spell their name.
//!
//! Whoever takes a request makes its identities so before it is agreed on. Not here: who somebody
//! is (rooms `engine` and `node`).

use crate::Command;
use model::{Error, Identifier, Reference, SuffixCase};

/// An identity in canonical form. Suffixes stay as they are, for elsewhere they may depend on case;
/// those of `0.NA/` never do.
///
/// ```
/// use model::Reference;
///
/// let spelled = |text: &str| Reference { identifier: text.to_owned().into(), index: 300 };
/// let canonical = quorum::canonical(&spelled("0.na/88.1a"))?;
/// assert_eq!(canonical, spelled("0.NA/88.1A"));
/// # Ok::<(), model::Error>(())
/// ```
///
/// # Errors
/// [`Error`] if it is no identifier, or too long.
pub fn canonical(identity: &Reference) -> Result<Reference, Error> {
    let identifier = Identifier::from_octets(identity.identifier.clone())?;
    // One without a slash grows.
    let canonical = Identifier::from_octets(identifier.canonical(SuffixCase::Sensitive).into())?;
    Ok(Reference {
        identifier: canonical.spelling().clone(),
        index: identity.index,
    })
}

impl Command {
    /// The same command, all of whose identities are canonical.
    ///
    /// # Errors
    /// As of [`canonical`].
    pub fn canonical(mut self) -> Result<Self, Error> {
        let (Self::PutAdmin { admin: named, .. }
        | Self::RemoveAdmin { admin: named }
        | Self::CreateDataSet { holder: named, .. }
        | Self::Grant { holder: named, .. }
        | Self::ProposeTakeOver { to: named, .. }) = &mut self
        else {
            return Ok(self);
        };
        *named = canonical(named)?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rights;

    #[test]
    fn spellings_of_one_identity_are_one_and_others_are_not() {
        let of = |text: &str, index| {
            let identifier = text.to_owned().into();
            canonical(&Reference { identifier, index }).unwrap()
        };
        assert_eq!(of("0.na/88.1a", 300), of("0.NA/88.1A", 300));
        assert_eq!(of("88.1a/Writer", 300), of("88.1A/Writer", 300));
        assert_ne!(of("88.1/Writer", 300), of("88.1/WRITER", 300));
        assert_ne!(of("88.1/Writer", 300), of("88.1/Writer", 301));
        let long = [b"88/".as_slice(), &[b'x'; 2100]].concat();
        let long = Reference {
            identifier: long.into(),
            index: 1,
        };
        assert!(canonical(&long).is_err());
        let wrong = Reference {
            identifier: b"\xff/x".as_slice().into(),
            index: 1,
        };
        assert!(canonical(&wrong).is_err());
    }

    #[test]
    fn identities_within_commands_become_canonical() {
        let spelled = Reference {
            identifier: "0.na/88".into(),
            index: 300,
        };
        let command = Command::PutAdmin {
            admin: spelled.clone(),
            rights: Rights::ALL,
        };
        let Ok(Command::PutAdmin { admin, .. }) = command.canonical() else {
            panic!("it is the same command");
        };
        assert_eq!(&admin.identifier[..], b"0.NA/88");
        let name = "records:88".parse().unwrap();
        let renewal = Command::Renew { name, epoch: 1 };
        assert_eq!(renewal.clone().canonical(), Ok(renewal));
    }
}
