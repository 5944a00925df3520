//! Lists of codes and their names: what a table that somebody else published says.
//!
//! Not here: which lists there are (`region`, `industry`).

use crate::Error;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Bound;
use std::str::FromStr;

/// The most entries of a list. The finest level of the divisions of China has 620,573.
const ENTRIES_MAX: usize = 1_000_000;

/// The longest name, in characters. The longest of a village has 33.
const NAME_CHARACTERS_MAX: usize = 200;

/// A code of a tree: what lies within a code follows it in the order.
pub trait Code: Copy + Ord + FromStr<Err = Error> + Display {
    /// What it lies in directly; `None` at the root.
    fn parent(self) -> Option<Self>;

    /// Whether it is `other` or lies in it, through however many levels.
    fn is_within(self, other: Self) -> bool {
        let mut at = Some(self);
        while let Some(found) = at {
            if found == other {
                return true;
            }
            at = found.parent();
        }
        false
    }
}

/// Codes and their names, in the order of the codes.
///
/// ```
/// let mut regions = codes::provinces();
/// regions.import("code,name\n3501,福州市\n")?;
/// let fujian = "35".parse()?;
/// assert_eq!(regions.name(fujian), Some("福建省"));
/// assert_eq!(regions.children(fujian).next(), Some(("3501".parse()?, "福州市")));
/// # Ok::<(), codes::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<C> {
    names: BTreeMap<C, Box<str>>,
}

impl<C: Code> List<C> {
    /// The entries of a list of our own.
    pub(crate) fn of(entries: impl IntoIterator<Item = (C, &'static str)>) -> Self {
        let entry = |(code, name): (C, &str)| (code, name.into());
        Self {
            names: entries.into_iter().map(entry).collect(),
        }
    }

    /// Takes in a table in CSV: a line of headings, then codes in the first column and names in the
    /// second; further columns are passed over. Says how many entries are new.
    ///
    /// A code that is here already gets the table's name for it. After an error nothing has
    /// changed.
    ///
    /// # Errors
    /// [`Error::Row`] for a code that is none; [`Error::Table`] if there are no headings, for a
    /// name that is missing or too long, for two names of one code, for too many rows.
    pub fn import(&mut self, csv: &str) -> Result<usize, Error> {
        let mut read = BTreeMap::new();
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let wrong = |error: csv::Error| table(error.position(), error.to_string());
        let headings = reader.headers().map_err(wrong)?;
        if headings
            .get(0)
            .is_some_and(|first| first.parse::<C>().is_ok())
        {
            let problem = "the first line must be headings, and begins with a code".to_owned();
            return Err(Error::Table { line: 1, problem });
        }
        for row in reader.records() {
            let row = row.map_err(wrong)?;
            let (code, name) = read_row(&row)?;
            if let Some(before) = read.insert(code, Box::from(name))
                && *before != *name
            {
                let problem = format!("{code} is called {before} before, and {name} here");
                return Err(table(row.position(), problem));
            }
            if read.len() > ENTRIES_MAX {
                let problem = format!("a list has at most {ENTRIES_MAX} entries");
                return Err(table(row.position(), problem));
            }
        }
        let before = self.names.len();
        self.names.extend(read);
        Ok(self.names.len() - before)
    }

    /// How many entries there are.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// What a code is called.
    pub fn name(&self, code: C) -> Option<&str> {
        self.names.get(&code).map(AsRef::as_ref)
    }

    /// All codes and their names, in the order of the codes.
    pub fn iter(&self) -> impl Iterator<Item = (C, &str)> {
        self.names.iter().map(|(code, name)| (*code, name.as_ref()))
    }

    /// What lies directly in a code.
    pub fn children(&self, of: C) -> impl Iterator<Item = (C, &str)> {
        let after = (Bound::Excluded(of), Bound::Unbounded);
        let within = self
            .names
            .range(after)
            .take_while(move |(code, _)| code.is_within(of));
        within
            .filter(move |(code, _)| code.parent() == Some(of))
            .map(|(code, name)| (*code, name.as_ref()))
    }

    /// Entries whose parent the list does not have; those at the root have none.
    pub fn orphans(&self) -> impl Iterator<Item = C> {
        let codes = self.names.keys().copied();
        codes.filter(|code| {
            code.parent()
                .is_some_and(|parent| !self.names.contains_key(&parent))
        })
    }
}

fn read_row<C: Code>(row: &csv::StringRecord) -> Result<(C, &str), Error> {
    let line = line_of(row.position());
    let code = row.get(0).unwrap_or_default().parse();
    let code = code.map_err(|source| Error::Row {
        line,
        source: Box::new(source),
    })?;
    let name = row.get(1).unwrap_or_default().trim();
    if name.is_empty() || name.chars().nth(NAME_CHARACTERS_MAX).is_some() {
        let problem = format!("a name has 1 to {NAME_CHARACTERS_MAX} characters");
        return Err(Error::Table { line, problem });
    }
    Ok((code, name))
}

fn table(position: Option<&csv::Position>, problem: String) -> Error {
    Error::Table {
        line: line_of(position),
        problem,
    }
}

fn line_of(position: Option<&csv::Position>) -> u64 {
    position.map_or(0, csv::Position::line)
}

#[cfg(test)]
mod tests {
    use crate::{Industry, provinces};

    #[test]
    fn a_table_that_is_wrong_changes_nothing() {
        let check = |csv: &str, said: &str| {
            let mut regions = provinces();
            let error = regions.import(csv).unwrap_err().to_string();
            assert!(error.contains(said), "{csv}: {error}");
            assert_eq!(regions, provinces(), "{csv}");
        };
        check(
            "code,name\n3501,福州市\n35０2,厦门市\n",
            "line 3: character 3 of a region",
        );
        check("code,name\n3501,福州市\n3502\n", "line: 3");
        check("code,name\n3501, \n", "line 2: a name has 1 to 200");
        check(
            "3501,福州市\n3502,厦门市\n",
            "line 1: the first line must be headings",
        );
        check(
            &format!("code,name\n3501,{}\n", "福".repeat(201)),
            "line 2: a name has 1 to 200",
        );
        check(
            "code,name\n3501,福州市\n350100,福州\n",
            "line 3: 350100000000 is called 福州市",
        );
        check(
            "code,name\nname,3501\n",
            "line 2: character 1 of a region code is 'n'",
        );
    }

    #[test]
    fn a_table_may_have_more_columns_and_an_entry_twice() {
        let mut regions = provinces();
        let count = regions.count();
        let csv = "code,name,of\n\"4419\",\"东莞市\",44\n441900,东莞市,44\n44,广东,\n";
        assert_eq!(regions.import(csv), Ok(1));
        assert_eq!(regions.count(), count + 1);
        assert_eq!(regions.name("44".parse().unwrap()), Some("广东"));
        assert_eq!(regions.import(""), Ok(0));
    }

    #[test]
    fn entries_without_parents_are_found() {
        let mut regions = provinces();
        assert_eq!(regions.orphans().count(), 0);
        regions.import("code,name\n350102,鼓楼区\n").unwrap();
        let orphans: Vec<_> = regions.orphans().map(|code| code.to_string()).collect();
        assert_eq!(orphans, ["350102000000"]);
        let mut industries = crate::industries();
        industries
            .import("code,name\nC2614,有机化学原料制造\n")
            .unwrap();
        let orphans: Vec<Industry> = industries.orphans().collect();
        assert_eq!(orphans, ["C2614".parse().unwrap()]);
    }
}
