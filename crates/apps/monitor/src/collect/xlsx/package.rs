//! The package of a workbook: parts in a ZIP archive, and the relations between them.
//!
//! What is unpacked is counted, whatever the archive says of itself. Not here: what parts mean.

use super::{attribute, broken, children, parse};
use crate::collect::Error;
use crate::collect::workbook::Limits;
use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// The most parts of a package.
const PARTS_MAX: usize = 4_096;

/// A relation from one part to another.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) id: String,
    /// The last word of its type, such as `worksheet`.
    pub(super) kind: String,
    /// The path of the part that it leads to, from the root; empty if it leads outside.
    pub(super) target: String,
}

/// A package that is read from.
pub(super) struct Package<'o> {
    archive: ZipArchive<Cursor<&'o [u8]>>,
    /// How many octets may still be unpacked.
    left: u64,
    max: u64,
}

impl<'o> Package<'o> {
    pub(super) fn open(octets: &'o [u8], limits: &Limits) -> Result<Self, Error> {
        let archive = ZipArchive::new(Cursor::new(octets));
        let archive = archive.map_err(|error| broken("archive", &error))?;
        if archive.len() > PARTS_MAX {
            return Err(Limits::beyond("parts", "部件数", PARTS_MAX as u64));
        }
        Ok(Self {
            archive,
            left: limits.octets_unpacked,
            max: limits.octets_unpacked,
        })
    }

    /// Whether there is such a part.
    pub(super) fn has(&self, path: &str) -> bool {
        self.archive.index_for_name(path).is_some()
    }

    /// A part as text.
    pub(super) fn part(&mut self, path: &str) -> Result<String, Error> {
        let mut entry = match self.archive.by_name(path) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => return Err(broken(path, "it is missing")),
            Err(error) => return Err(broken(path, &error)),
        };
        let mut octets = Vec::new();
        let bounded = (&mut entry).take(self.left.saturating_add(1));
        let read = { bounded }.read_to_end(&mut octets);
        let read = read.map_err(|error| broken(path, &error))? as u64;
        if read > self.left {
            return Err(Limits::beyond(
                "octets when unpacked",
                "解压后字节数",
                self.max,
            ));
        }
        self.left -= read;
        String::from_utf8(octets).map_err(|error| broken(path, &error))
    }

    /// The relations of a part; of the package itself if the path is empty. None is no error.
    pub(super) fn relations(&mut self, of: &str) -> Result<Vec<Relation>, Error> {
        let path = relations_path(of);
        if !self.has(&path) {
            return Ok(Vec::new());
        }
        let text = self.part(&path)?;
        let document = parse(&text, &path)?;
        let nodes = children(document.root_element(), "Relationship");
        let relation = |node| {
            let of_node = |name| attribute(node, name).unwrap_or_default();
            let is_outside = of_node("TargetMode") == "External";
            Relation {
                id: of_node("Id").to_owned(),
                kind: of_node("Type")
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                target: if is_outside {
                    String::new()
                } else {
                    resolve(of, of_node("Target"))
                },
            }
        };
        Ok(nodes.map(relation).collect())
    }

    /// The same package with some parts replaced or added; all others are copied as they are.
    pub(super) fn with(mut self, parts: &BTreeMap<String, String>) -> Result<Vec<u8>, Error> {
        let wrong = |error: ZipError| broken("archive", &error);
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for at in 0..self.archive.len() {
            let entry = self.archive.by_index_raw(at).map_err(wrong)?;
            let is_changed = {
                let name = entry.name().map_err(wrong)?;
                parts.contains_key(name.as_ref())
            };
            if !is_changed {
                writer.raw_copy_file(entry).map_err(wrong)?;
            }
        }
        // A fixed date, so that the same marks make the same file.
        let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
        for (path, text) in parts {
            writer.start_file(path.as_str(), options).map_err(wrong)?;
            let written = writer.write_all(text.as_bytes());
            written.map_err(|error| broken(path, &error))?;
        }
        Ok(writer.finish().map_err(wrong)?.into_inner())
    }
}

/// Where the relations of a part stand.
pub(super) fn relations_path(of: &str) -> String {
    let (folder, name) = of.rsplit_once('/').unwrap_or(("", of));
    match folder {
        "" => format!("_rels/{name}.rels"),
        folder => format!("{folder}/_rels/{name}.rels"),
    }
}

/// The path that a target means, seen from a part.
fn resolve(from: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut path: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            ".." => drop(path.pop()),
            "." | "" => (),
            part => path.push(part),
        }
    }
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_seen_from_their_part() {
        let check = |from, target, expected: &str| assert_eq!(resolve(from, target), expected);
        check("", "xl/workbook.xml", "xl/workbook.xml");
        check(
            "xl/workbook.xml",
            "worksheets/sheet1.xml",
            "xl/worksheets/sheet1.xml",
        );
        check(
            "xl/worksheets/sheet1.xml",
            "../comments1.xml",
            "xl/comments1.xml",
        );
        check("xl/workbook.xml", "/xl/styles.xml", "xl/styles.xml");
        check("a.xml", "../../b.xml", "b.xml");
        assert_eq!(
            relations_path("xl/workbook.xml"),
            "xl/_rels/workbook.xml.rels"
        );
        assert_eq!(relations_path(""), "_rels/.rels");
    }
}
