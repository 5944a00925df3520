//! Namespaces: what an `HS_NAMESPACE` value says about all identifiers of a prefix.
//!
//! The data is XML: who answers for the namespace, whether it is in use, and templates that
//! compute the values of identifiers nobody has registered. Beside it: `namespace/template.rs`,
//! the instructions of templates. Not here: carrying them out (room `engine`).

use crate::{Error, xml};
use alloc::string::String;
use alloc::vec::Vec;
use roxmltree::Node;

mod template;
#[cfg(test)]
mod tests;

pub use template::{Condition, Content, Instruction, Pattern, Template, TemplateReference, Test};

/// What errors call the thing that is read here.
pub(crate) const WHAT: &str = "the namespace";

/// A namespace, as far as this version understands it; unknown elements are passed over.
///
/// ```
/// use model::Namespace;
///
/// let namespace = Namespace::parse(
///     br#"<namespace><template delimiter="@"><foreach><value/></foreach></template></namespace>"#,
/// )?;
/// assert_eq!(namespace.delimiter(), Some("@"));
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Namespace {
    /// Whom to ask about the namespace, usually an address of electronic mail.
    pub contact: Option<String>,
    /// Whether identifiers of the namespace are in use.
    pub status: Status,
    /// What to tell somebody who asks for an identifier of an inactive namespace.
    pub status_message: Option<String>,
    /// Where the namespace keeps locations for all its identifiers.
    pub locations: Option<NamespaceLocations>,
    /// The templates, in their order.
    pub templates: Vec<Template>,
}

/// Whether a namespace is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// It is; what nothing is said about is in use.
    #[default]
    Active,
    /// It is not; proxies do not resolve its identifiers.
    Inactive,
}

/// Where a namespace keeps locations (`10320/loc`) for all its identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceLocations {
    /// The identifier whose record has them, as spelled.
    pub identifier: String,
    /// Whether the locations found there must not lead to those of a namespace again (attribute
    /// `no_nslocs`).
    pub no_namespace_locations: bool,
}

impl Namespace {
    /// Reads the data of an `HS_NAMESPACE` value.
    ///
    /// # Errors
    /// [`Error::Unexpected`] if it is not text, [`Error::Xml`], [`Error::AboveLimit`], and
    /// [`Error::Element`] with its place for an instruction that cannot be understood.
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        let document = xml::document(xml::text(data, WHAT)?, WHAT)?;
        let root = document.root_element();
        if root.tag_name().name() != "namespace" {
            return Err(xml::wrong(root, WHAT, "should be <namespace>"));
        }
        let mut namespace = Self::default();
        for child in root.children().filter(Node::is_element) {
            namespace.take(child)?;
        }
        Ok(namespace)
    }

    /// What splits an identifier into a base and an extension: that of the first template that
    /// says so.
    pub fn delimiter(&self) -> Option<&str> {
        let mut delimiters = self.templates.iter();
        delimiters.find_map(|template| template.delimiter.as_deref())
    }

    fn take(&mut self, child: Node<'_, '_>) -> Result<(), Error> {
        let text = || Some(xml::text_inside(child).trim().into());
        match child.tag_name().name() {
            "contact" => self.contact = text(),
            "status" => self.status = status(child)?,
            "statusmsg" => self.status_message = text(),
            "locs" => {
                self.locations = Some(NamespaceLocations {
                    identifier: xml::text_inside(child).trim().into(),
                    no_namespace_locations: child.attribute("no_nslocs").is_some_and(is_yes),
                });
            }
            "template" => self.templates.push(Template::read(child)?),
            _ => (),
        }
        Ok(())
    }
}

fn status(node: Node<'_, '_>) -> Result<Status, Error> {
    let text = xml::text_inside(node);
    let is = |word: &str| text.trim().eq_ignore_ascii_case(word);
    match () {
        () if is("active") => Ok(Status::Active),
        () if is("inactive") => Ok(Status::Inactive),
        () => Err(xml::wrong(node, WHAT, "should say active or inactive")),
    }
}

/// Whether an attribute says yes.
fn is_yes(value: &str) -> bool {
    ["true", "yes", "1"]
        .iter()
        .any(|yes| value.trim().eq_ignore_ascii_case(yes))
}
