//! `nameplate keys explain`: may somebody do something, and which rule says so?
//!
//! The plan of the operation itself is run on the folder of a stopped node, with a request that is
//! made up; nothing is written. Beside it: `keys/trial.rs` how, `keys/expiring.rs` what runs out,
//! `keys/rotate.rs` another key for the site. Not here: making keys (`keygen.rs`), the rules (room
//! `engine`).

mod expiring;
mod rotate;
mod trial;

use crate::login::{IdentityText, name_text};
use crate::output::say;
use clap::{Args, Subcommand, ValueEnum};
use engine::authority::{Granted, Rule};
use model::admin::AdminPermissions;
use model::{Admin, Reference};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use trial::{Seen, Trial, Verdict};

#[derive(Args)]
pub(crate) struct KeysArguments {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Say whether an identity may do something, and which rule says so. (解释权限)
    #[command(
        after_help = "Nothing is changed, and whether the identity's key is the right one is not \
                      asked.\n\nExit codes: 0 permitted, 1 not, or the folder cannot be read, \
                      2 wrong usage."
    )]
    Explain(ExplainArguments),
    /// Say which keys, certificates and signed statements run out, also of a running node.
    /// (到期检查)
    #[command(
        after_help = "A key runs out if the ttl of its value is a date, a signed statement \
                      (HS_CERT, HS_SIGNATURE) if it says so. Of a running node the certificate \
                      for HTTPS is looked at too.\n\nExit codes: 0 nothing runs out within the \
                      days, 1 something does, or the folder cannot be read, 2 wrong usage."
    )]
    Expiring(expiring::ExpiringArguments),
    /// Replace the key of the site, with which the node signs its answers. (更换站点密钥)
    #[command(
        after_help = "The new key takes effect when the node is started again. The old one still \
                      signs for those who state that they know the site record before; two days \
                      later nobody does, and --finish removes it. A key that somebody else may \
                      have is replaced with --at-once: it signs nothing after the next \
                      start.\n\nExit codes: 0 done, 1 not done, 2 wrong usage."
    )]
    Rotate(rotate::RotateArguments),
}

#[derive(Args)]
pub(crate) struct ExplainArguments {
    /// Whoever asks: the index of a key and the identifier it is in, such as 300:0.NA/88.156.
    #[arg(value_name = "INDEX:ID")]
    identity: IdentityText,
    /// What they want to do.
    #[arg(value_enum)]
    operation: Operation,
    /// The identifier; for list, home and unhome the prefix.
    #[arg(value_name = "ID")]
    subject: String,
    /// The value it is about, for add, modify and remove. By default the first there is, or a new
    /// one.
    #[arg(long, value_name = "N")]
    index: Option<u32>,
    /// The type of the values that are written: administrators (`HS_ADMIN`) need other
    /// permissions.
    #[arg(long = "type", value_name = "TYPE", default_value = "URL")]
    value_type: String,
    /// The data folder of a stopped node, or a backup.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The configuration file. Without one, `nameplate.toml` in the data folder if it is there.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

/// An operation that needs a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Operation {
    /// Register a new identifier.
    Register,
    /// Register one that is there anew.
    Overwrite,
    /// Delete an identifier.
    Delete,
    /// Add a value.
    Add,
    /// Replace a value.
    Modify,
    /// Remove a value.
    Remove,
    /// List the identifiers under a prefix.
    List,
    /// Make the node home to a prefix.
    Home,
    /// Make it so no longer.
    Unhome,
}

pub(crate) fn run(arguments: &KeysArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        KeysCommand::Explain(arguments) => explain(arguments),
        KeysCommand::Expiring(arguments) => expiring::run(arguments),
        KeysCommand::Rotate(arguments) => rotate::run(arguments),
    }
}

fn explain(arguments: &ExplainArguments) -> Result<ExitCode, Box<dyn Error>> {
    let trial = Trial::of(arguments)?;
    let verdict = trial.run()?;
    if arguments.json {
        say(as_json(arguments, &verdict));
    } else {
        tell(arguments, &verdict);
    }
    Ok(if verdict.is_permitted() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn tell(arguments: &ExplainArguments, verdict: &Verdict) {
    let (identity, subject) = (&arguments.identity, &arguments.subject);
    let what = name_of(arguments.operation);
    let decision = if verdict.is_permitted() {
        "may"
    } else if verdict.is_about_permission() {
        "may not"
    } else {
        "does not come to"
    };
    say(format_args!("{identity} {decision} {what} {subject}"));
    for granted in &verdict.granted {
        say(format_args!("  {}", in_words(granted)));
    }
    if !verdict.is_permitted() {
        say(format_args!("  {}", verdict.said));
    } else if !verdict.is_success {
        say(format_args!("  but it would not be done: {}", verdict.said));
    }
    for seen in &verdict.seen {
        say(format_args!("looked at {}", seen.record));
        match &seen.admins {
            None => say("  it is not registered here"),
            Some(admins) if admins.is_empty() => say("  it names no administrator"),
            Some(admins) => {
                for (index, admin) in admins {
                    say(format_args!("  {index} HS_ADMIN {}", admin_text(admin)));
                }
            }
        }
    }
    for reference in &verdict.server_admins {
        say(format_args!(
            "the configuration names {} an administrator of the server",
            reference_text(reference)
        ));
    }
    for asked in &verdict.not_asked {
        say(format_args!(
            "{asked} is with another node, which is not asked here"
        ));
    }
}

fn in_words(granted: &Granted) -> String {
    let rule = match &granted.rule {
        Rule::Administrator { record, index } => {
            format!("value {index} (HS_ADMIN) of {record} says so")
        }
        Rule::ServerAdministrator => {
            "an administrator of the server may (administration.server_admins)".into()
        }
        Rule::HomeAdministrator => {
            "whoever may say what the node is home to may (administration.home_admins)".into()
        }
        Rule::ReplicationAdministrator => {
            "whoever may copy everything may (replication.admins)".into()
        }
        Rule::PublicWrite => "the value may be written by everybody with a name".into(),
        Rule::Operator => "whoever runs the node may".into(),
    };
    let lists: Vec<String> = granted.lists.iter().map(reference_text).collect();
    let lists = if lists.is_empty() {
        String::new()
    } else {
        format!(", by way of {}", lists.join(", then "))
    };
    let permissions = permission_names(granted.permissions);
    if permissions.is_empty() {
        format!("{rule}{lists}")
    } else {
        format!("{}: {rule}{lists}", permissions.join(", "))
    }
}

fn name_of(operation: Operation) -> &'static str {
    match operation {
        Operation::Register => "register",
        Operation::Overwrite => "overwrite",
        Operation::Delete => "delete",
        Operation::Add => "add a value to",
        Operation::Modify => "modify a value of",
        Operation::Remove => "remove a value of",
        Operation::List => "list",
        Operation::Home => "make the node home to",
        Operation::Unhome => "make the node home no longer to",
    }
}

fn reference_text(reference: &Reference) -> String {
    format!("{}:{}", reference.index, name_text(&reference.identifier))
}

fn admin_text(admin: &Admin) -> String {
    let names = permission_names(admin.permissions).join(" ");
    let (index, identifier) = (admin.index, name_text(&admin.identifier));
    format!("{index}:{identifier} may {names}")
}

/// Permissions by the names that `resolve` shows them with.
fn permission_names(permissions: AdminPermissions) -> Vec<&'static str> {
    let names = [
        (AdminPermissions::ADD_HANDLE, "add-handle"),
        (AdminPermissions::DELETE_HANDLE, "delete-handle"),
        (AdminPermissions::ADD_DERIVED_PREFIX, "add-derived-prefix"),
        (
            AdminPermissions::DELETE_DERIVED_PREFIX,
            "delete-derived-prefix",
        ),
        (AdminPermissions::MODIFY_VALUE, "modify-value"),
        (AdminPermissions::REMOVE_VALUE, "remove-value"),
        (AdminPermissions::ADD_VALUE, "add-value"),
        (AdminPermissions::MODIFY_ADMIN, "modify-admin"),
        (AdminPermissions::REMOVE_ADMIN, "remove-admin"),
        (AdminPermissions::ADD_ADMIN, "add-admin"),
        (AdminPermissions::READ_VALUE, "read-value"),
        (AdminPermissions::LIST_HANDLES, "list-handles"),
    ];
    let set = names.iter().filter(|(bit, _)| permissions.contains(*bit));
    set.map(|(_, name)| *name).collect()
}

fn as_json(arguments: &ExplainArguments, verdict: &Verdict) -> Json {
    let granted = verdict.granted.iter().map(|granted| {
        let mut rule = match &granted.rule {
            Rule::Administrator { record, index } => {
                json!({ "rule": "administrator", "handle": record, "index": index })
            }
            Rule::ServerAdministrator => json!({ "rule": "serverAdministrator" }),
            Rule::HomeAdministrator => json!({ "rule": "homeAdministrator" }),
            Rule::ReplicationAdministrator => json!({ "rule": "replicationAdministrator" }),
            Rule::PublicWrite => json!({ "rule": "publicWrite" }),
            Rule::Operator => json!({ "rule": "operator" }),
        };
        rule["permissions"] = permission_names(granted.permissions).into();
        rule["lists"] = granted.lists.iter().map(reference_text).collect();
        rule
    });
    json!({
        "identity": arguments.identity.to_string(),
        "operation": arguments.operation.to_possible_value().map(|it| it.get_name().to_owned()),
        "handle": arguments.subject,
        "permitted": verdict.is_permitted(),
        "isAboutPermission": verdict.is_about_permission(),
        "responseCode": verdict.code.0,
        "message": verdict.said,
        "granted": granted.collect::<Vec<_>>(),
        "lookedAt": verdict.seen.iter().map(seen_json).collect::<Vec<_>>(),
        "notAsked": verdict.not_asked,
    })
}

fn seen_json(seen: &Seen) -> Json {
    let admins = seen.admins.as_ref().map(|admins| {
        let admins = admins.iter().map(|(index, admin)| {
            json!({
                "index": index,
                "administrator": format!("{}:{}", admin.index, name_text(&admin.identifier)),
                "permissions": permission_names(admin.permissions),
            })
        });
        admins.collect::<Vec<_>>()
    });
    json!({ "handle": seen.record, "administrators": admins })
}
