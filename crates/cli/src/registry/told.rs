//! How what the registry says looks: to people as text, to programs as JSON.

use crate::login::name_text;
use model::Reference;
use quorum::{Answer, DataSet, DataSetName, Function, Ownership, Refusal, Rights, Time};
use serde_json::{Value as Json, json};
use std::time::Duration;
use wire::registry::Place;

/// Which right is called what.
pub(crate) const RIGHTS: [(&str, Rights); 8] = [
    ("delegations", Rights::DELEGATIONS),
    ("sites", Rights::SITES),
    ("members", Rights::MEMBERS),
    ("data-sets", Rights::DATA_SETS),
    ("force", Rights::FORCE),
    ("propose", Rights::PROPOSE),
    ("confirm", Rights::CONFIRM),
    ("admins", Rights::ADMINS),
];

/// The names of rights.
pub(crate) fn rights(rights: Rights) -> Vec<&'static str> {
    let named = RIGHTS.iter().filter(|(_, right)| rights.include(*right));
    named.map(|(name, _)| *name).collect()
}

/// An identity as people write it.
pub(crate) fn identity(reference: &Reference) -> String {
    format!("{}:{}", reference.index, name_text(&reference.identifier))
}

/// What a function is called.
pub(crate) fn function(function: Function) -> &'static str {
    match function {
        Function::Resolution => "resolution",
        Function::Registration => "registration",
    }
}

/// What came of an order that was done; `done` is said where there is nothing more.
pub(crate) fn order(answer: &Answer, done: &str) -> String {
    match answer {
        Answer::Granted { epoch, wait } if wait.is_zero() => format!("{done}, epoch {epoch}"),
        Answer::Granted { epoch, wait } => format!(
            "{done}, epoch {epoch}; it begins in {} at most, when nobody can be acknowledging \
             anything in the one before",
            seconds(*wait)
        ),
        Answer::Leased { epoch, lease } => format!("epoch {epoch}, leased for {}", seconds(*lease)),
        Answer::Proposed => "proposed; `nameplate takeover confirm` does it".to_owned(),
        Answer::Done { .. } | Answer::Refused(_) => done.to_owned(),
    }
}

/// Why an order is not done.
pub(crate) fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotPermitted => "the registry does not let you".to_owned(),
        Refusal::Absent => "there is no such thing".to_owned(),
        Refusal::Present => "it is there already, or was before".to_owned(),
        Refusal::Serial { current } => format!("serial {current} is in force"),
        Refusal::Epoch { current } => format!("epoch {current} is in force"),
        Refusal::TooEarly { wait } => {
            format!(
                "the epoch has not begun; it does in {} at most",
                seconds(*wait)
            )
        }
        Refusal::NotHolder => "you do not hold it, or have handed it back".to_owned(),
        Refusal::Held => "its holder has not handed it back".to_owned(),
        Refusal::Ownership => {
            "its ownership has no such thing: no lease, or no reserved part".to_owned()
        }
        Refusal::Last => "nobody would be left who could undo it".to_owned(),
        Refusal::Full => "the registry is full, or remembers as many orders as it can".to_owned(),
    }
}

/// What to do about it.
pub(crate) fn advice(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotPermitted => "`nameplate registry rights` says who may",
        Refusal::Absent | Refusal::Epoch { .. } => "`nameplate registry data-sets` shows what is",
        Refusal::Held => {
            "`nameplate registry hand-back`, by its holder; `declare` only if it never writes again"
        }
        _ => "",
    }
}

fn refusal_name(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotPermitted => "notPermitted",
        Refusal::Absent => "absent",
        Refusal::Present => "present",
        Refusal::Serial { .. } => "serial",
        Refusal::Epoch { .. } => "epoch",
        Refusal::TooEarly { .. } => "tooEarly",
        Refusal::NotHolder => "notHolder",
        Refusal::Held => "held",
        Refusal::Ownership => "ownership",
        Refusal::Last => "last",
        Refusal::Full => "full",
    }
}

/// What came of an order, for programs.
pub(crate) fn order_as_json(answer: &Answer, place: Place, subject: &str) -> Json {
    let mut line = json!({
        "subject": subject,
        "position": { "term": place.term, "index": place.index },
    });
    let name = match answer {
        Answer::Done { serial } => {
            line["serial"] = (*serial).into();
            "done"
        }
        Answer::Granted { epoch, wait } => {
            line["epoch"] = (*epoch).into();
            line["waitMs"] = milliseconds(*wait);
            "granted"
        }
        Answer::Leased { epoch, lease } => {
            line["epoch"] = (*epoch).into();
            line["leaseMs"] = milliseconds(*lease);
            "leased"
        }
        Answer::Proposed => "proposed",
        Answer::Refused(why) => {
            line["reason"] = refusal_name(why).into();
            line["message"] = refusal(why).into();
            if let Refusal::Epoch { current } = why {
                line["epoch"] = (*current).into();
            }
            "refused"
        }
    };
    line["answer"] = name.into();
    line
}

/// A data set in a few lines, as of the registry's time.
pub(crate) fn data_set(name: &DataSetName, set: &DataSet, now: Time) -> String {
    let ownership = match &set.ownership {
        Ownership::Strict => "strict".to_owned(),
        Ownership::Sovereign { reserved } if reserved.is_empty() => "sovereign".to_owned(),
        Ownership::Sovereign { reserved } => {
            format!("sovereign, reserved: suffixes from {}", name_text(reserved))
        }
    };
    let mut text = format!(
        "{name}: epoch {}, {ownership}, held by {}",
        set.epoch,
        identity(&set.holder)
    );
    let mut line = |said: String| {
        text.push_str("\n    ");
        text.push_str(&said);
    };
    if set.is_handed_back {
        line("handed back: nobody writes until the next epoch is granted".to_owned());
    }
    if set.starts_at > now {
        line(format!(
            "begins in {} at most",
            seconds(now.until(set.starts_at))
        ));
    }
    match set.leased_until {
        Some(until) if until > now => line(format!("leased for {}", seconds(now.until(until)))),
        Some(_) => line("its lease is over".to_owned()),
        None => (),
    }
    if let Some(by) = &set.emergency {
        line(format!("{} registers in the reserved part", identity(by)));
    }
    if let Some(by) = &set.first_for_resolution {
        line(format!(
            "{} is asked first, serial {}",
            identity(by),
            set.serial
        ));
    }
    for (what, proposal) in &set.proposals {
        line(format!(
            "proposed: {} to {}, by {}, {} ago",
            function(*what),
            identity(&proposal.to),
            identity(&proposal.by),
            seconds(proposal.since.until(now))
        ));
    }
    text
}

/// The same for programs.
pub(crate) fn data_set_as_json(name: &DataSetName, set: &DataSet, now: Time) -> Json {
    let (ownership, reserved) = match &set.ownership {
        Ownership::Strict => ("strict", None),
        Ownership::Sovereign { reserved } => ("sovereign", Some(name_text(reserved))),
    };
    let proposals = set.proposals.iter().map(|(what, proposal)| {
        json!({
            "function": function(*what),
            "to": identity(&proposal.to),
            "by": identity(&proposal.by),
            "agoMs": milliseconds(proposal.since.until(now)),
        })
    });
    json!({
        "name": name.to_string(),
        "epoch": set.epoch,
        "ownership": ownership,
        "reserved": reserved,
        "automatic": set.is_automatic,
        "holder": identity(&set.holder),
        "beginsInMs": milliseconds(now.until(set.starts_at)),
        "leasedForMs": set.leased_until.map(|until| milliseconds(now.until(until))),
        "handedBack": set.is_handed_back,
        "emergency": set.emergency.as_ref().map(identity),
        "firstForResolution": set.first_for_resolution.as_ref().map(identity),
        "serial": set.serial,
        "proposals": proposals.collect::<Vec<_>>(),
    })
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn milliseconds(duration: Duration) -> Json {
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorum::Proposal;

    fn reference(text: &str) -> Reference {
        let identifier = text.to_owned().into();
        Reference {
            identifier,
            index: 300,
        }
    }

    fn set() -> DataSet {
        DataSet {
            ownership: Ownership::Sovereign {
                reserved: "R-".into(),
            },
            is_automatic: false,
            epoch: 3,
            holder: reference("0.NA/88.1"),
            starts_at: Time(0),
            leased_until: None,
            is_handed_back: true,
            emergency: Some(reference("0.NA/88.9")),
            first_for_resolution: None,
            serial: 4,
            proposals: [(
                Function::Resolution,
                Proposal {
                    to: reference("0.NA/88.9"),
                    by: reference("0.NA/88"),
                    since: Time(1_000_000),
                },
            )]
            .into(),
        }
    }

    #[test]
    fn a_data_set_is_told_with_all_that_is_unusual() {
        let name = "records:88.1".parse().unwrap();
        let now = Time(3_500_000);
        assert_eq!(
            data_set(&name, &set(), now),
            "records:88.1: epoch 3, sovereign, reserved: suffixes from R-, \
             held by 300:0.NA/88.1\n    \
             handed back: nobody writes until the next epoch is granted\n    \
             300:0.NA/88.9 registers in the reserved part\n    \
             proposed: resolution to 300:0.NA/88.9, by 300:0.NA/88, 2.5 s ago"
        );
        let line = data_set_as_json(&name, &set(), now);
        assert_eq!(line["proposals"][0]["agoMs"], 2500);
        assert_eq!(line["leasedForMs"], Json::Null);
        assert_eq!(line["reserved"], "R-");
        let strict = DataSet {
            ownership: Ownership::Strict,
            leased_until: Some(Time(63_500_000)),
            starts_at: Time(4_000_000),
            is_handed_back: false,
            emergency: None,
            proposals: std::collections::BTreeMap::new(),
            ..set()
        };
        assert_eq!(
            data_set(&name, &strict, now),
            "records:88.1: epoch 3, strict, held by 300:0.NA/88.1\n    \
             begins in 0.5 s at most\n    leased for 60.0 s"
        );
    }

    #[test]
    fn every_right_has_a_name() {
        let all = RIGHTS
            .iter()
            .fold(Rights::default(), |all, (_, right)| all | *right);
        assert_eq!(all, Rights::ALL);
        assert_eq!(rights(Rights::FORCE | Rights::SITES), ["sites", "force"]);
    }
}
