//! Templates: instructions that compute the values of identifiers nobody has registered.
//!
//! Not here: carrying them out (room `engine`).

use super::{WHAT, is_yes};
use crate::{Error, Reference, xml};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use roxmltree::Node;

/// A `<template>` of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// What splits an identifier into a base and an extension; never empty.
    pub delimiter: Option<String>,
    /// What to do, in order.
    pub instructions: Vec<Instruction>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instruction {
    /// `<value>`: makes a value.
    Value(Pattern),
    /// `<if>`: does what is inside if the condition holds.
    If(Condition, Vec<Instruction>),
    /// `<else>`: does what is inside if the condition, that of the `<if>` before it, does not
    /// hold.
    Else(Condition, Vec<Instruction>),
    /// `<foreach>`: does what is inside for every value of the base.
    ForEach(Vec<Instruction>),
    /// `<def>`: gives a parameter the data of the first value made inside.
    Definition(String, Vec<Instruction>),
    /// `<notfound>`: there is no such identifier.
    NotFound,
    /// `<template ref="10:a/b">`: does what the template in that value says.
    Template(TemplateReference),
}

/// The value in which another template is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateReference {
    /// The identifier of the record, as spelled.
    pub identifier: String,
    /// The index of the value in it.
    pub index: u32,
}

/// What a `<value>` is made of: texts in which `${name}` and the like are replaced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pattern {
    /// The index.
    pub index: Option<String>,
    /// The type.
    pub value_type: Option<String>,
    /// The data.
    pub data: Option<Content>,
}

/// The data of a value that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text; what is put in stays as it is.
    Text(String),
    /// XML; what is put in is escaped, so that it stays text.
    Xml(String),
}

/// What an `<if>` asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The parameter whose text is tested. Default: `extension`.
    pub value: String,
    /// The parameter that gets the tested text and the groups that were found in it. Default: the
    /// parameter that is tested.
    pub parameter: String,
    /// How it is tested.
    pub test: Test,
    /// Whether the condition holds when the test fails. Default: no.
    pub negate: bool,
    /// What it is tested against. Default: nothing, which equals empty text only.
    pub expression: String,
}

/// How text is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Test {
    /// It is the expression, letter for letter.
    #[default]
    Equals,
    /// The expression is a pattern that the whole text follows.
    Matches,
}

impl Template {
    /// Reads what another template refers to: a `<template>`, or a `<namespace>` with one.
    ///
    /// # Errors
    /// As [`super::Namespace::parse`].
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        let document = xml::document(xml::text(data, WHAT)?, WHAT)?;
        let root = document.root_element();
        let is_template = |node: &Node<'_, '_>| node.tag_name().name() == "template";
        let found = root.children().find(is_template);
        match (is_template(&root), found) {
            (true, _) => Self::read(root),
            (false, Some(template)) => Self::read(template),
            (false, None) => Err(xml::wrong(root, WHAT, "should be a <template>")),
        }
    }

    pub(super) fn read(node: Node<'_, '_>) -> Result<Self, Error> {
        let delimiter = node.attribute("delimiter").filter(|text| !text.is_empty());
        // A template that consists of a reference is an instruction like any inside one.
        let instructions = match node.attribute("ref") {
            Some(_) => [reference(node)?].into(),
            None => instructions(node)?,
        };
        Ok(Self {
            delimiter: delimiter.map(ToOwned::to_owned),
            instructions,
        })
    }
}

impl From<TemplateReference> for Reference {
    fn from(reference: TemplateReference) -> Self {
        Self {
            identifier: Bytes::from(reference.identifier.into_bytes()),
            index: reference.index,
        }
    }
}

fn instructions(parent: Node<'_, '_>) -> Result<Vec<Instruction>, Error> {
    let mut found = Vec::new();
    let mut before = None;
    for node in parent.children().filter(Node::is_element) {
        let instruction = match node.tag_name().name() {
            "value" => Instruction::Value(pattern(node)),
            "if" => {
                let condition = condition(node)?;
                before = Some(condition.clone());
                Instruction::If(condition, instructions(node)?)
            }
            "else" => {
                let condition = before.clone();
                let condition =
                    condition.ok_or_else(|| xml::wrong(node, WHAT, "has no <if> before it"))?;
                Instruction::Else(condition, instructions(node)?)
            }
            "foreach" => Instruction::ForEach(instructions(node)?),
            "def" => Instruction::Definition(parameter(node)?, instructions(node)?),
            "notfound" => Instruction::NotFound,
            "template" => reference(node)?,
            _ => continue,
        };
        found.push(instruction);
    }
    Ok(found)
}

fn pattern(node: Node<'_, '_>) -> Pattern {
    let attribute = |name| node.attribute(name).map(ToOwned::to_owned);
    Pattern {
        index: attribute("index"),
        value_type: attribute("type"),
        data: attribute("data")
            .map(Content::Text)
            .or_else(|| inside(node)),
    }
}

/// The data that stands between the tags, if anything does.
fn inside(node: Node<'_, '_>) -> Option<Content> {
    if node.first_element_child().is_some() {
        return Some(Content::Xml(xml::elements_inside(node)));
    }
    let text = xml::text_inside(node);
    let is_blank = text.trim().is_empty();
    (!is_blank).then_some(Content::Text(text))
}

fn condition(node: Node<'_, '_>) -> Result<Condition, Error> {
    let value = node.attribute("value").unwrap_or("extension");
    Ok(Condition {
        value: value.to_owned(),
        parameter: node.attribute("parameter").unwrap_or(value).to_owned(),
        test: match node.attribute("test") {
            None | Some("equals") => Test::Equals,
            Some("matches") => Test::Matches,
            Some(_) => {
                return Err(xml::wrong(
                    node,
                    WHAT,
                    "has a test other than equals and matches",
                ));
            }
        },
        negate: node.attribute("negate").is_some_and(is_yes),
        expression: node.attribute("expression").unwrap_or_default().to_owned(),
    })
}

fn parameter(node: Node<'_, '_>) -> Result<String, Error> {
    let name = node.attribute("parameter").map(ToOwned::to_owned);
    name.ok_or_else(|| xml::wrong(node, WHAT, "has no attribute `parameter`"))
}

fn reference(node: Node<'_, '_>) -> Result<Instruction, Error> {
    let text = node.attribute("ref").unwrap_or_default();
    let parts = text.split_once(':');
    let parts = parts.and_then(|(index, identifier)| Some((index.parse().ok()?, identifier)));
    match parts {
        Some((index, identifier)) if !identifier.is_empty() => {
            Ok(Instruction::Template(TemplateReference {
                identifier: identifier.to_owned(),
                index,
            }))
        }
        _ => Err(xml::wrong(
            node,
            WHAT,
            "needs a `ref` such as 10:88.156/templates",
        )),
    }
}
