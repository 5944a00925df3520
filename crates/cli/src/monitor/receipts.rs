//! `nameplate monitor receipts`: who has received a bulletin, and that somebody has.
//!
//! Not here: who somebody is who says so; whoever may write to the folder speaks for everybody.

use super::Common;
use super::folder::{Folder, now};
use crate::output::say;
use clap::Args;
use monitor::bulletin::{receipts, receive, without_receipt};
use serde_json::json;
use std::error::Error;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct ReceiptsArguments {
    /// The bulletin, as it was issued.
    #[arg(value_name = "NAME")]
    name: String,
    /// Record that this addressee has received it.
    #[arg(long, value_name = "ADDRESSEE")]
    received_by: Option<String>,
    /// Who there has taken it.
    #[arg(
        long,
        value_name = "PERSON",
        default_value = "",
        requires = "received_by"
    )]
    person: String,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &ReceiptsArguments) -> Result<ExitCode, Box<dyn Error>> {
    let common = &arguments.common;
    let folder = Folder::open(common)?;
    let (name, now) = (&arguments.name, now());
    if let Some(addressee) = &arguments.received_by {
        let of = (addressee.as_str(), arguments.person.as_str());
        // Each addressee has one receipt: the first stays, whatever the key.
        let key = format!("{:x}", now.0);
        facts::commit(&folder.store, now, |view, at| {
            receive(view, at, name, of, &key)
        })?;
    }
    let view = folder.view();
    let missing = without_receipt(&*view, name)?;
    let told = receipts(&*view, name)?;
    if common.json {
        let told = told.iter().map(|receipt| {
            json!({
                "addressee": receipt.addressee,
                "person": receipt.person,
                "at": receipt.at.to_string(),
            })
        });
        say(json!({
            "mark": folder.settings.mark,
            "name": name,
            "received": told.collect::<Vec<_>>(),
            "missing": missing,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    for receipt in &told {
        let (at, person) = (receipt.at, &receipt.person);
        say(format_args!("{at}  {}  {person}", receipt.addressee));
    }
    let not_yet = common.choose(["not yet", "未签收"]);
    for addressee in &missing {
        say(format_args!("{not_yet}  {addressee}"));
    }
    Ok(ExitCode::SUCCESS)
}
