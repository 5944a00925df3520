//! What one line of a bulk call asks for.
//!
//! ```json
//! {"op":"put","handle":"88.156.1/pump","values":[{"index":1,"type":"URL","data":"https://…"}]}
//! ```
//!
//! | `op` | members besides | operation |
//! | --- | --- | --- |
//! | `put` | `values`; `overwrite` (default true), `mint` (default false) | create (100) |
//! | `delete` | | delete (101) |
//! | `add` | `values`; `overwrite` (default false) | add values (102) |
//! | `remove` | `indexes` | remove values (103) |
//! | `modify` | `values` | modify values (104) |
//!
//! Members that are none of these are errors, for a misspelt `overwrite` must not overwrite. Values
//! are as in every other JSON of ours: all four digits of `permissions` count.

use crate::question::{REQUEST_ID, now};
use engine::question::{addition, creation, deletion, modification, removal};
use model::{Identifier, Value};
use serde::Deserialize;
use wire::{Message, OpFlags};

/// A line that has been read.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) identifier: Identifier,
    pub(super) request: Message,
    /// Whether the identifier is only the beginning of the one that is registered.
    pub(super) is_minted: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Operation {
    Put,
    Delete,
    Add,
    Remove,
    Modify,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    op: Operation,
    handle: String,
    values: Option<Vec<Value>>,
    indexes: Option<Vec<u32>>,
    overwrite: Option<bool>,
    mint: Option<bool>,
}

/// The request id that a first line gives, if it is such a line.
pub(super) fn request_id(line: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct First {
        #[serde(rename = "requestId")]
        request_id: String,
    }
    let first: First = serde_json::from_slice(line).ok()?;
    Some(first.request_id)
}

/// Reads a line; what is wrong with it for whoever sent it, and whom it is about if that is known.
pub(super) fn read(line: &[u8]) -> Result<Line, Refused> {
    let form: Form = serde_json::from_slice(line).map_err(|error| Refused {
        why: error.to_string(),
        handle: None,
    })?;
    let handle = form.handle.clone();
    form.line().map_err(|why| Refused {
        why,
        handle: Some(handle),
    })
}

/// Why a line is not carried out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) why: String,
    pub(super) handle: Option<String>,
}

impl Form {
    fn line(self) -> Result<Line, String> {
        let identifier = self.handle.parse::<Identifier>();
        let identifier = identifier.map_err(|error| error.to_string())?;
        let is_minted = self.mint == Some(true);
        let request = self.request(&identifier)?;
        Ok(Line {
            identifier,
            request,
            is_minted,
        })
    }

    fn request(self, identifier: &Identifier) -> Result<Message, String> {
        let takes_values = matches!(self.op, Operation::Put | Operation::Add | Operation::Modify);
        let takes_indexes = matches!(self.op, Operation::Remove);
        check("values", takes_values, self.values.is_some())?;
        check("indexes", takes_indexes, self.indexes.is_some())?;
        let may_overwrite = matches!(self.op, Operation::Put | Operation::Add);
        if self.overwrite.is_some() && !may_overwrite {
            return Err("only put and add take `overwrite`".into());
        }
        if self.mint.is_some() && !matches!(self.op, Operation::Put) {
            return Err("only put takes `mint`".into());
        }
        let (values, indexes) = (
            self.values.unwrap_or_default(),
            self.indexes.unwrap_or_default(),
        );
        let flag = |is_set: bool, flag| if is_set { flag } else { OpFlags(0) };
        let overwrite = |usual| flag(self.overwrite.unwrap_or(usual), OpFlags::OVERWRITE);
        Ok(match self.op {
            Operation::Put => {
                let flags = overwrite(true) | flag(self.mint == Some(true), OpFlags::MINT);
                creation(identifier, &values, flags, REQUEST_ID, now())
            }
            Operation::Add => addition(identifier, &values, overwrite(false), REQUEST_ID, now()),
            Operation::Modify => modification(identifier, &values, REQUEST_ID, now()),
            Operation::Remove => removal(identifier, &indexes, REQUEST_ID, now()),
            Operation::Delete => deletion(identifier, REQUEST_ID, now()),
        })
    }
}

fn check(name: &str, is_taken: bool, is_given: bool) -> Result<(), String> {
    match (is_taken, is_given) {
        (true, false) => Err(format!("`{name}` is missing")),
        (false, true) => Err(format!("the operation takes no `{name}`")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Opcode;

    fn check(line: &str, opcode: Opcode, flags: OpFlags) {
        let line = read(line.as_bytes()).unwrap();
        assert_eq!(line.request.header.opcode, opcode);
        let own = OpFlags::OVERWRITE | OpFlags::MINT;
        assert_eq!(line.request.header.flags & own, flags);
    }

    #[test]
    fn operations_have_their_numbers_and_flags() {
        let none = OpFlags(0);
        let values = r#""values":[{"index":1,"type":"URL","data":"x"}]"#;
        let line = |op: &str, more: &str| format!(r#"{{"op":"{op}","handle":"88/a"{more}}}"#);
        let with = |more: &str| format!(",{values}{more}");
        let put = line("put", &with(""));
        check(&put, Opcode::CREATE_HANDLE, OpFlags::OVERWRITE);
        let put = line("put", &with(r#","overwrite":false,"mint":true"#));
        check(&put, Opcode::CREATE_HANDLE, OpFlags::MINT);
        check(&line("add", &with("")), Opcode::ADD_VALUE, none);
        check(&line("modify", &with("")), Opcode::MODIFY_VALUE, none);
        check(&line("delete", ""), Opcode::DELETE_HANDLE, none);
        check(
            &line("remove", r#","indexes":[1]"#),
            Opcode::REMOVE_VALUE,
            none,
        );
    }

    #[test]
    fn what_is_no_operation_is_refused_with_a_reason() {
        for (line, why) in [
            (r#"{"op":"put""#, "EOF"),
            (r#"{"handle":"88/a"}"#, "missing field `op`"),
            (r#"{"op":"take","handle":"88/a"}"#, "unknown variant `take`"),
            (r#"{"op":"put","handle":"88/a"}"#, "`values` is missing"),
            (r#"{"op":"remove","handle":"88/a"}"#, "`indexes` is missing"),
            (
                r#"{"op":"delete","handle":"88/a","values":[]}"#,
                "takes no `values`",
            ),
            (
                r#"{"op":"delete","handle":"88/a","mint":true}"#,
                "only put takes `mint`",
            ),
            (
                r#"{"op":"delete","handle":"88/a","overwrite":true}"#,
                "take `overwrite`",
            ),
            (
                r#"{"op":"delete","handle":"88/a","overwrit":true}"#,
                "unknown field",
            ),
            (
                r#"{"op":"delete","handle":"88/a","handle":"88/b"}"#,
                "duplicate field",
            ),
            (r#"{"op":"delete","handle":""}"#, ""),
        ] {
            let refused = read(line.as_bytes()).unwrap_err();
            assert!(refused.why.contains(why), "{line}: {}", refused.why);
        }
        assert!(read(b"\xff").is_err());
        let deep = format!(
            r#"{{"op":"put","handle":"88/a","values":{}"#,
            "[".repeat(100_000)
        );
        assert!(read(deep.as_bytes()).is_err());
    }

    #[test]
    fn only_a_line_of_its_own_gives_a_request_id() {
        assert_eq!(request_id(br#"{"requestId":"a"}"#), Some("a".into()));
        assert_eq!(request_id(br#"{"requestId":"a","op":"put"}"#), None);
        assert_eq!(request_id(br#"{"op":"delete","handle":"88/a"}"#), None);
    }
}
