//! What an answerer is told: from the configuration, and from how the node was founded.

use crate::config::{Config, ParseError, TemplatesError};
use crate::elsewhere::Elsewhere;
use crate::founding::{self, Founded, OldKey};
use crate::registry::Registry;
use crate::replication::ReplicationSettings;
use bytes::Bytes;
use crypto::SigningKey;
use engine::AllowanceLimits;
use engine::authority::{AdministrationSettings, OwnSite, Settings};
use engine::challenges::ChallengeLimits;
use engine::logins::LoginLimits;
use engine::sessions::SessionLimits;
use model::Reference;
use std::sync::Arc;
use std::time::Duration;

/// What an answerer is told; everything has a default.
#[derive(Debug)]
pub(crate) struct AnswererSettings {
    /// What is answered. The case of suffixes is taken from the store instead.
    pub(crate) authority: Settings,
    /// The key of this server in its site, which signs answers for those who ask; without one
    /// nothing is signed.
    pub(crate) signing_key: Option<Arc<SigningKey>>,
    /// The key before it, for those who know no other yet.
    pub(crate) old_key: Option<OldKey>,
    /// How much may be signed.
    pub(crate) signatures: AllowanceLimits,
    /// How many challenges may wait.
    pub(crate) challenges: ChallengeLimits,
    /// How many sessions there may be for how long.
    pub(crate) sessions: SessionLimits,
    /// Whether somebody may log in on a connection.
    pub(crate) offers_logins: bool,
    /// How many logins there may be for how long.
    pub(crate) logins: LoginLimits,
    /// How many proofs of secrets may be checked.
    pub(crate) secrets: AllowanceLimits,
    /// Who else can be asked. Default: nobody.
    pub(crate) elsewhere: Elsewhere,
    /// Who copies the node. Default: nobody.
    pub(crate) replication: ReplicationSettings,
    /// The registry that the node is a member of. Default: none.
    pub(crate) registry: Option<Arc<Registry>>,
}

impl Default for AnswererSettings {
    fn default() -> Self {
        let config = Config::default();
        Self {
            authority: Settings::default(),
            signing_key: None,
            old_key: None,
            signatures: AllowanceLimits::default(),
            challenges: ChallengeLimits::default(),
            sessions: SessionLimits::default(),
            offers_logins: config.administration.logins,
            logins: LoginLimits::default(),
            secrets: secrets(&config),
            elsewhere: Elsewhere::default(),
            replication: ReplicationSettings::default(),
            registry: None,
        }
    }
}

impl AnswererSettings {
    pub(super) fn of(
        config: &Config,
        founded: Option<&Founded>,
        elsewhere: Elsewhere,
    ) -> Result<Self, TemplatesError> {
        let root_admin = founded
            .filter(|founded| founded.is_own_root)
            .map(|_| Reference {
                identifier: Bytes::from_static(founding::ROOT.as_bytes()),
                index: founding::ADMIN_INDEX,
            });
        let limits = &config.limits;
        let administration = administration(config, root_admin).expect(CHECKED);
        Ok(Self {
            authority: Settings {
                site: own_site(config, founded),
                templates: Arc::new(config.templates.settings()?),
                administration: Arc::new(administration),
                is_strict: config.strict,
                refers_old_peers: config.site.refers_old_peers,
                ..Settings::default()
            },
            signing_key: founded.map(|founded| Arc::clone(&founded.signing_key)),
            old_key: founded.and_then(|founded| founded.old_key.clone()),
            signatures: AllowanceLimits {
                per_second: limits.signatures_per_second,
                per_source_and_second: limits.signatures_per_source_and_second,
            },
            challenges: ChallengeLimits {
                life: Duration::from_secs(limits.challenge_seconds_max),
                count_max: limits.challenges_count_max,
                octets_max: limits.challenges_octets_max,
                count_per_source_max: limits.challenges_per_source_max,
                octets_per_source_max: limits.challenges_octets_per_source_max,
            },
            sessions: SessionLimits::default(),
            offers_logins: config.administration.logins,
            logins: LoginLimits {
                life: Duration::from_secs(config.administration.login_seconds_max),
                ..LoginLimits::default()
            },
            secrets: secrets(config),
            elsewhere,
            replication: ReplicationSettings::of(config, founded).expect(CHECKED),
            registry: Registry::of(config),
        })
    }
}

const CHECKED: &str = "checked when the configuration was read";

fn administration(
    config: &Config,
    root_admin: Option<Reference>,
) -> Result<AdministrationSettings, ParseError> {
    Ok(AdministrationSettings {
        replication_admins: config.replication.allowed()?,
        replication_name: config.replication.name.clone(),
        ..config.administration.settings(root_admin)?
    })
}

/// How many proofs of secrets may be checked.
pub(super) fn secrets(config: &Config) -> AllowanceLimits {
    AllowanceLimits {
        per_second: config.limits.secrets_per_second,
        per_source_and_second: config.limits.secrets_per_source_and_second,
    }
}

/// The site as the node was founded in it; without a record for one that was not founded.
fn own_site(config: &Config, founded: Option<&Founded>) -> OwnSite {
    let is_primary = config.is_primary();
    let Some(founded) = founded else {
        return OwnSite::without_record(1, is_primary);
    };
    let Founded {
        site, server_index, ..
    } = founded;
    OwnSite::from_record(site.encode(), *server_index)
        .unwrap_or_else(|_| OwnSite::without_record(site.serial, is_primary))
}
