//! What can be set about administration: the table `[administration]`.
//!
//! Not here: what administrators of records may do, which their records say (room `engine`).

use super::ParseError;
use super::settings::settings;
use engine::authority::AdministrationSettings;
use engine::weak::{WeakForms, Weakness};
use model::{Identifier, Reference};

settings! {
    /// Administration over the network: registering, changing, deleting, listing. Who may do what
    /// with a record, the record and its prefix say; here is who may do more. Identities are
    /// written `INDEX:IDENTIFIER`; one may be a list of others (an `HS_VLIST` value).
    AdministrationConfig {
        /// The server's administrators, who may say which prefixes the node is home to. Without
        /// any, the administrator of the node's own root is one.
        server_admins: Vec<String> = Vec::new(), Restart;
        /// Whether they may do everything with every record too.
        server_admins_may_all: bool = true, Restart;
        /// Further identities that may only say which prefixes the node is home to.
        home_admins: Vec<String> = Vec::new(), Restart;
        /// Whether the identifiers under a prefix may be listed, by those who have the permission.
        lists: bool = true, Restart;
        /// Whether lists say identifiers as they were spelled first. The reference software says
        /// them in capitals, and so does this node without the setting.
        lists_spellings: bool = false, Restart;
        /// Whether what is registered is told, in answer to who changes something, only to those
        /// who administer it or may register it; all others are told the same whatever there is.
        /// The reference software tells everybody.
        challenge_first: bool = false, Restart;
        /// Whether somebody may log in on a connection over TCP (operation 2001), as clients of the
        /// Chinese system do: proven once, all that follows on the connection is theirs, although
        /// it bears neither proof nor MAC. Who can write into the connection of somebody who has
        /// logged in acts in their name. Logins are counted in the metrics.
        logins: bool = true, Restart;
        /// For how many seconds a login lasts, if the connection does.
        login_seconds_max: u64 = 86_400, Restart, 1..=604_800;
        /// Weak forms that are accepted all the same, of those that existing clients may still use:
        /// `md5` and `sha1` in proofs, in sessions `old_mac` of versions before 2.7 and
        /// `key_as_vector` with SM4; the last has no effect yet, for this node agrees on AES in
        /// every session. Every use is counted in the metrics, each form by itself.
        weak_forms: Vec<String> = Vec::new(), Restart;
    }
}

impl AdministrationConfig {
    /// Checks what is written.
    ///
    /// # Errors
    /// [`ParseError::Identity`], [`ParseError::WeakForm`].
    pub fn check(&self) -> Result<(), ParseError> {
        self.settings(None).map(drop)
    }

    /// What the engine is told; `root_admin` is the administrator of the node's own root, if it
    /// has one.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn settings(
        &self,
        root_admin: Option<Reference>,
    ) -> Result<AdministrationSettings, ParseError> {
        let mut server_admins = identities("administration.server_admins", &self.server_admins)?;
        if server_admins.is_empty() {
            server_admins.extend(root_admin);
        }
        Ok(AdministrationSettings {
            server_admins,
            server_admins_may_all: self.server_admins_may_all,
            home_admins: identities("administration.home_admins", &self.home_admins)?,
            replication_admins: Vec::new(),
            replication_name: String::new(),
            lists: self.lists,
            lists_spellings: self.lists_spellings,
            challenge_first: self.challenge_first,
            weak_forms: weak_forms(&self.weak_forms)?,
        })
    }
}

pub(super) fn identities(
    key: &'static str,
    texts: &[String],
) -> Result<Vec<Reference>, ParseError> {
    let parsed = texts.iter().map(|text| {
        identity(text).ok_or_else(|| ParseError::Identity {
            key,
            text: text.clone(),
        })
    });
    parsed.collect()
}

/// An identity as people write it: `300:0.NA/88.156`.
fn identity(text: &str) -> Option<Reference> {
    let (index, identifier) = text.split_once(':')?;
    let identifier: Identifier = identifier.parse().ok()?;
    Some(Reference {
        identifier: identifier.spelling().clone(),
        index: index.parse().ok()?,
    })
}

fn weak_forms(names: &[String]) -> Result<WeakForms, ParseError> {
    let mut forms = WeakForms::NONE;
    for name in names {
        let weakness = Weakness::named(name);
        forms = forms.with(weakness.ok_or_else(|| ParseError::WeakForm { name: name.clone() })?);
    }
    Ok(forms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_an_index_and_an_identifier() {
        let root = identity("300:0.NA/0.NA").unwrap();
        assert_eq!((root.index, &root.identifier[..]), (300, &b"0.NA/0.NA"[..]));
        for text in [
            "0.NA/0.NA",
            "300",
            "300:",
            "x:0.NA/1",
            "-1:0.NA/1",
            ":0.NA/1",
        ] {
            assert_eq!(identity(text), None, "{text}");
        }
    }

    #[test]
    fn the_roots_administrator_is_one_only_where_no_other_is_named() {
        let root = identity("300:0.NA/0.NA");
        let settings = AdministrationConfig::default()
            .settings(root.clone())
            .unwrap();
        assert_eq!(
            settings.server_admins,
            root.clone().into_iter().collect::<Vec<_>>()
        );
        let config = AdministrationConfig {
            server_admins: vec!["200:88/a".into()],
            ..AdministrationConfig::default()
        };
        let settings = config.settings(root).unwrap();
        assert_eq!(settings.server_admins, [identity("200:88/a").unwrap()]);
    }

    #[test]
    fn unknown_weak_forms_are_refused() {
        let config = AdministrationConfig {
            weak_forms: vec!["rot13".into()],
            ..AdministrationConfig::default()
        };
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains("rot13") && error.contains("md5"), "{error}");
    }
}
