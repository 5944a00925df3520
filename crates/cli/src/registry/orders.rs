//! What can be ordered of the registry, and asked of it: members, rights, data sets.

use super::asking::{Asking, OrderArguments, SitesArguments};
use super::told;
use crate::login::{Failure, IdentityText, Outcome};
use crate::output::say;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use model::Reference;
use node::config::Role;
use quorum::reading::{Kind, Thing};
use quorum::{Command, DataSetName, MemberId, Ownership, Rights, Time};
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What stands below the flags of commands that only ask.
pub(super) const READ_CODES: &str = "\
Exit codes: 0 told, 1 there is no such thing, 2 wrong usage, 3 no answer, 4 any other answer.";

/// The name of a data set, from a prefix or the name itself.
pub(crate) fn data_set_name(text: &str) -> Result<DataSetName, String> {
    let named = if text.starts_with("records:") {
        text.parse()
    } else {
        text.parse().map(|prefix| DataSetName::of(&prefix))
    };
    named.map_err(|error| error.to_string())
}

/// An identity in the form in which the registry keeps it.
pub(crate) fn reference(identity: &IdentityText) -> Result<Reference, Failure> {
    let spelled = Reference {
        identifier: identity.identifier.spelling().clone(),
        index: identity.index,
    };
    quorum::canonical(&spelled).map_err(|error| Failure::Usage(format!("{identity}: {error}")))
}

#[derive(Args)]
pub(super) struct RightsArguments {
    #[command(flatten)]
    sites: SitesArguments,
}

impl RightsArguments {
    pub(super) fn tell(&self) -> Result<Outcome, Failure> {
        let json = self.sites.json;
        self.sites.asking()?.read(Kind::Rights, b"", |_, thing| {
            let Thing::Rights { admin, rights } = thing else {
                return;
            };
            let (identity, rights) = (told::identity(&admin), told::rights(rights));
            if json {
                say(json!({ "identity": identity, "rights": rights }));
            } else {
                say(format_args!("{identity}: {}", rights.join(", ")));
            }
        })?;
        Ok(Outcome::Done)
    }
}

#[derive(Args)]
pub(super) struct GrantRightsArguments {
    /// Who gets them.
    #[arg(value_name = "INDEX:ID")]
    admin: IdentityText,
    /// What they may ask for; `all` for everything.
    #[arg(value_name = "RIGHT", required = true, value_parser = right_names())]
    rights: Vec<String>,
    #[command(flatten)]
    order: OrderArguments,
}

fn right_names() -> PossibleValuesParser {
    let names = told::RIGHTS.map(|(name, _)| name);
    PossibleValuesParser::new(names.into_iter().chain(["all"]))
}

/// What names stand for.
fn rights(names: &[String]) -> Rights {
    let all = names.iter().map(|name| {
        let right = told::RIGHTS.iter().find(|(known, _)| known == name);
        // The only other name that is taken is "all".
        right.map_or(Rights::ALL, |(_, right)| *right)
    });
    all.fold(Rights::default(), |all, right| all | right)
}

impl GrantRightsArguments {
    pub(super) fn carry_out(&self) -> Result<Outcome, Failure> {
        let admin = reference(&self.admin)?;
        let subject = told::identity(&admin);
        let rights = rights(&self.rights);
        let done = format!("may ask for {}", told::rights(rights).join(", "));
        let command = Command::PutAdmin { admin, rights };
        carry_out(&self.order, &command, &subject, &done)
    }
}

#[derive(Args)]
pub(super) struct RevokeRightsArguments {
    /// Who loses them.
    #[arg(value_name = "INDEX:ID")]
    admin: IdentityText,
    #[command(flatten)]
    order: OrderArguments,
}

impl RevokeRightsArguments {
    pub(super) fn carry_out(&self) -> Result<Outcome, Failure> {
        let admin = reference(&self.admin)?;
        let subject = told::identity(&admin);
        let command = Command::RemoveAdmin { admin };
        carry_out(&self.order, &command, &subject, "has no rights any more")
    }
}

/// What a site is for.
#[derive(Clone, Copy, ValueEnum)]
enum RoleText {
    TopLevel,
    Recovery,
    Root,
}

impl RoleText {
    fn role(self) -> Role {
        match self {
            Self::TopLevel => Role::TopLevel,
            Self::Recovery => Role::Recovery,
            Self::Root => Role::Root,
        }
    }
}

#[derive(Args)]
pub(super) struct AddMemberArguments {
    /// Its number, never used before.
    #[arg(value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    number: u64,
    /// What its site is for.
    #[arg(long, value_enum)]
    role: RoleText,
    /// Where the other members connect.
    #[arg(long, value_name = "ADDR")]
    address: SocketAddr,
    /// Its `siteinfo.json`, with the key that proves who it is.
    #[arg(long, value_name = "FILE")]
    site: PathBuf,
    #[command(flatten)]
    order: OrderArguments,
}

impl AddMemberArguments {
    pub(super) fn carry_out(&self) -> Result<Outcome, Failure> {
        let described = node::registry::describe(self.role.role(), self.address, &self.site);
        let octets = described.map_err(|error| Failure::Usage(error.to_string()))?;
        let command = Command::AddMember {
            member: MemberId(self.number),
            octets,
        };
        let subject = format!("member {}", self.number);
        carry_out(
            &self.order,
            &command,
            &subject,
            "agrees with the others now",
        )
    }
}

#[derive(Args)]
pub(super) struct RemoveMemberArguments {
    /// Its number.
    #[arg(value_name = "NUMBER")]
    number: u64,
    #[command(flatten)]
    order: OrderArguments,
}

impl RemoveMemberArguments {
    pub(super) fn carry_out(&self) -> Result<Outcome, Failure> {
        let member = MemberId(self.number);
        let command = Command::RemoveMember { member };
        let subject = format!("member {}", self.number);
        carry_out(&self.order, &command, &subject, "is no member any more")
    }
}

#[derive(Args)]
pub(super) struct DataSetsArguments {
    /// The prefix of the only one to be told, or its name `records:PREFIX`.
    #[arg(value_name = "PREFIX", value_parser = data_set_name)]
    name: Option<DataSetName>,
    #[command(flatten)]
    sites: SitesArguments,
}

impl DataSetsArguments {
    pub(super) fn tell(&self) -> Result<Outcome, Failure> {
        let asking = self.sites.asking()?;
        if let Some(name) = &self.name {
            asking.data_set(name)?;
        }
        let only = self.name.as_ref().map(|name| name.octets().clone());
        tell_data_sets(&asking, &only.unwrap_or_default(), self.sites.json, |_| {
            true
        })
    }
}

/// Tells of the data sets that shall be told of.
pub(crate) fn tell_data_sets(
    asking: &Asking,
    only: &[u8],
    json: bool,
    is_wanted: impl Fn(&quorum::DataSet) -> bool,
) -> Result<Outcome, Failure> {
    asking.read(Kind::DataSets, only, |as_told, thing| {
        let Thing::DataSet { name, set } = thing else {
            return;
        };
        let now = Time(as_told.time_us);
        if !is_wanted(&set) {
            return;
        }
        if json {
            say(told::data_set_as_json(&name, &set, now));
        } else {
            say(told::data_set(&name, &set, now));
        }
    })?;
    Ok(Outcome::Done)
}

#[derive(Args)]
pub(super) struct CreateArguments {
    /// The prefix whose records it is of.
    #[arg(value_name = "PREFIX", value_parser = data_set_name)]
    name: DataSetName,
    /// Who writes it: the identity with which the node asks.
    #[arg(long, value_name = "INDEX:ID")]
    holder: IdentityText,
    /// The writer needs a lease, and another may have the data set whole when that is over.
    #[arg(long, conflicts_with_all = ["sovereign", "reserved"],
          required_unless_present = "sovereign")]
    strict: bool,
    /// The writer needs nobody.
    #[arg(long)]
    sovereign: bool,
    /// How suffixes begin that others may register in an emergency, and the writer never does.
    #[arg(long, value_name = "TEXT", requires = "sovereign")]
    reserved: Option<String>,
    /// A proposal to take over is as good as an operator's word.
    #[arg(long)]
    auto: bool,
    #[command(flatten)]
    order: OrderArguments,
}

impl CreateArguments {
    pub(super) fn carry_out(&self) -> Result<Outcome, Failure> {
        let ownership = if self.strict {
            Ownership::Strict
        } else {
            let reserved = self
                .reserved
                .clone()
                .unwrap_or_default()
                .into_bytes()
                .into();
            Ownership::Sovereign { reserved }
        };
        let command = Command::CreateDataSet {
            name: self.name.clone(),
            ownership,
            is_automatic: self.auto,
            holder: reference(&self.holder)?,
        };
        carry_out(&self.order, &command, &self.name.to_string(), "created")
    }
}

#[derive(Args)]
pub(super) struct GrantArguments {
    /// The prefix of the data set, or its name `records:PREFIX`.
    #[arg(value_name = "PREFIX", value_parser = data_set_name)]
    name: DataSetName,
    /// Who writes it next.
    #[arg(long, value_name = "INDEX:ID")]
    to: IdentityText,
    /// Which epoch is granted; by default the one after that in force.
    #[arg(long, value_name = "NUMBER")]
    epoch: Option<u64>,
    #[command(flatten)]
    order: OrderArguments,
}

impl GrantArguments {
    pub(super) fn carry_out(&self, by_force: bool) -> Result<Outcome, Failure> {
        let asking = self.order.sites.asking()?;
        let epoch = match self.epoch {
            Some(epoch) => epoch,
            None => asking.data_set(&self.name)?.epoch.saturating_add(1),
        };
        let command = Command::Grant {
            name: self.name.clone(),
            epoch,
            holder: reference(&self.to)?,
            by_force,
        };
        asking.order(&self.order, &command, &self.name.to_string(), "granted")
    }
}

#[derive(Args)]
pub(super) struct HandBackArguments {
    /// The prefix of the data set, or its name `records:PREFIX`.
    #[arg(value_name = "PREFIX", value_parser = data_set_name)]
    name: DataSetName,
    /// Which epoch; by default the one in force.
    #[arg(long, value_name = "NUMBER")]
    epoch: Option<u64>,
    #[command(flatten)]
    order: OrderArguments,
}

impl HandBackArguments {
    pub(super) fn carry_out(&self) -> Result<Outcome, Failure> {
        let asking = self.order.sites.asking()?;
        let epoch = match self.epoch {
            Some(epoch) => epoch,
            None => asking.data_set(&self.name)?.epoch,
        };
        let command = Command::HandBack {
            name: self.name.clone(),
            epoch,
        };
        asking.order(&self.order, &command, &self.name.to_string(), "handed back")
    }
}

fn carry_out(
    order: &OrderArguments,
    command: &Command,
    subject: &str,
    done: &str,
) -> Result<Outcome, Failure> {
    order.sites.asking()?.order(order, command, subject, done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_set_is_named_by_its_prefix_or_its_name() {
        for text in ["88.1a", "records:88.1A", "records:88.1a"] {
            let name = data_set_name(text).unwrap();
            assert_eq!(name.to_string(), "records:88.1A");
        }
        for wrong in ["", "88/1", "records:", "records:8/8"] {
            assert!(data_set_name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rights_are_put_together() {
        let of =
            |names: &[&str]| rights(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(
            of(&["propose", "confirm"]),
            Rights::PROPOSE | Rights::CONFIRM
        );
        assert_eq!(of(&["all"]), Rights::ALL);
    }
}
