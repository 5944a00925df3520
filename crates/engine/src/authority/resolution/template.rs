//! Resolution of identifiers that nobody has registered: their namespace computes their values.
//!
//! Asked for `88.156/pump@3`, the plan fetches the namespace of `88.156`, splits the identifier at
//! its delimiter, fetches the base `88.156/pump`, and then the templates that are referred to. Not
//! here: what templates do ([`crate::template`]); namespaces and bases that other nodes keep: a
//! namespace that is not stored here is none, and a base that is not is missing.

use super::Resolution;
use crate::Date;
use crate::step::{Fetch, Plan, Step};
use crate::template::{Asked, Computed, Fetched, Problem, Work, evaluate};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::{IntoIter, Vec};
use bytes::Bytes;
use model::namespace::{Template, TemplateReference};
use model::value_type::AskedType;
use model::{Identifier, Key, Namespace, Record, SuffixCase, Value};
use wire::ResponseCode;

#[cfg(test)]
mod tests;

/// How many templates one answer may fetch: with the record, the namespace and the base that makes
/// 16 rounds, the most any plan takes. Beyond it: [`Problem::Limit`].
const TEMPLATES_FETCHED_MAX: usize = 13;

/// What a node is told about templates, beside what the namespaces say.
///
/// Default: nothing; a prefix without a namespace has no templates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplateSettings {
    /// The namespace of prefixes that have none of their own.
    pub namespace: Option<Namespace>,
    /// The delimiter where the namespace says none. Without templates, an identifier then has the
    /// values of its base.
    pub delimiter: Option<String>,
    /// Whether these settings come before the namespaces of the prefixes, which are then not
    /// looked up.
    pub overrides: bool,
}

/// What a resolution must know to go on without a record.
#[derive(Debug)]
pub(in crate::authority) struct TemplateRules {
    settings: Arc<TemplateSettings>,
    case: SuffixCase,
    now: Date,
}

impl TemplateRules {
    pub(in crate::authority) fn new(
        settings: &Arc<TemplateSettings>,
        case: SuffixCase,
        now: Date,
    ) -> Self {
        Self {
            settings: Arc::clone(settings),
            case,
            now,
        }
    }

    pub(super) fn case(&self) -> SuffixCase {
        self.case
    }
}

/// Goes on with a resolution whose identifier has no record.
pub(super) fn start(resolution: Resolution) -> Step {
    if !resolution.identifier.as_str().contains('/') {
        return not_found(resolution);
    }
    let prefix = resolution.identifier.prefix();
    let record = ["0.NA/", prefix.as_str()].concat().parse();
    match record {
        Ok(record) if !resolution.otherwise.settings.overrides => {
            let key = Key::record(&record, resolution.otherwise.case);
            Fetch::step(vec![key.clone()], OfPrefix { resolution, key })
        }
        _ => split(resolution, None),
    }
}

fn not_found(resolution: Resolution) -> Step {
    resolution.asked.fail(ResponseCode::HANDLE_NOT_FOUND, "")
}

/// Waits for the record of the prefix.
#[derive(Debug)]
struct OfPrefix {
    resolution: Resolution,
    key: Key,
}

impl Plan for OfPrefix {
    fn resume(self: Box<Self>, mut found: IntoIter<Option<Bytes>>) -> Step {
        let record = match found.next().flatten().map(Record::from_stored).transpose() {
            Ok(record) => record,
            Err(error) => return self.resolution.asked.fail_unreadable(self.key, error),
        };
        match record.as_ref().map_or(Ok(None), namespace_in) {
            Ok(namespace) => split(self.resolution, namespace),
            Err(problem) => fail(self.resolution, &problem),
        }
    }
}

fn fail(resolution: Resolution, problem: &Problem) -> Step {
    let identifier = resolution.identifier.spelling().clone();
    resolution.asked.fail_template(identifier, problem)
}

/// The namespace in a record: that of its first value of the type.
fn namespace_in(record: &Record) -> Result<Option<Namespace>, Problem> {
    let wanted = AskedType::new(Bytes::from_static(b"HS_NAMESPACE"));
    let found = record.entries().find(|entry| entry.has_type(&wanted));
    let namespace = found.map(|entry| Namespace::parse(&entry.encoded.value().data));
    Ok(namespace.transpose()?)
}

/// Splits the identifier and asks for the base.
fn split(resolution: Resolution, of_prefix: Option<Namespace>) -> Step {
    let settings = &resolution.otherwise.settings;
    let namespace = of_prefix.or_else(|| settings.namespace.clone());
    let delimiter = namespace.as_ref().and_then(Namespace::delimiter);
    let delimiter = delimiter.or(settings.delimiter.as_deref());
    let parts = delimiter.and_then(|delimiter| parts(&resolution.identifier, delimiter));
    let Some((base, extension)) = parts else {
        return not_found(resolution);
    };
    let plan = OfBase {
        base: base.to_owned(),
        extension: extension.to_owned(),
        namespace,
        resolution,
    };
    match plan.base.parse::<Identifier>() {
        // A prefix alone has no values: as an identifier it would mean its own record.
        Ok(base) if plan.base.contains('/') => {
            let key = Key::record(&base, plan.resolution.otherwise.case);
            Fetch::step(vec![key], plan)
        }
        _ => plan.go_on(None),
    }
}

/// What is before and after the first delimiter that is not within the prefix.
fn parts<'i>(identifier: &'i Identifier, delimiter: &str) -> Option<(&'i str, &'i str)> {
    let text = identifier.as_str();
    let prefix = text.find('/')?;
    let at = prefix + text.get(prefix..)?.find(delimiter)?;
    Some((text.get(..at)?, text.get(at + delimiter.len()..)?))
}

/// Waits for the record of the base.
#[derive(Debug)]
struct OfBase {
    resolution: Resolution,
    base: String,
    extension: String,
    namespace: Option<Namespace>,
}

impl Plan for OfBase {
    fn resume(self: Box<Self>, mut found: IntoIter<Option<Bytes>>) -> Step {
        match found.next().flatten().map(Record::from_stored).transpose() {
            Ok(record) => self.go_on(record.as_ref()),
            Err(error) => {
                let base = self.base.parse().expect("parsed before it was fetched");
                let key = Key::record(&base, self.resolution.otherwise.case);
                self.resolution.asked.fail_unreadable(key, error)
            }
        }
    }
}

impl OfBase {
    /// Goes on with the base's record. Where there is none, it has no values, but only if a
    /// namespace says what to do without.
    fn go_on(self, record: Option<&Record>) -> Step {
        if record.is_none() && self.namespace.is_none() {
            return not_found(self.resolution);
        }
        let own = match record.map_or(Ok(None), namespace_in) {
            Ok(own) => own,
            Err(problem) => return fail(self.resolution, &problem),
        };
        let own = own.filter(|own| !own.templates.is_empty());
        let namespace = own.or(self.namespace);
        let templates = namespace.map_or_else(Vec::new, |namespace| namespace.templates);
        let values = record.map_or_else(Vec::new, |record| {
            record
                .entries()
                .map(|entry| entry.encoded.value())
                .collect()
        });
        let work = Work::new(self.resolution.otherwise.case);
        let computation = Computation {
            resolution: self.resolution,
            base: self.base,
            extension: self.extension,
            base_values: values,
            templates,
            fetched: Fetched::default(),
            fetched_count: 0,
            work,
        };
        // Only the node's own settings can have said how to split.
        if computation.templates.is_empty() {
            let values = computation.base_values;
            return answer(computation.resolution, &values);
        }
        computation.go_on()
    }
}

fn answer(resolution: Resolution, values: &[Value]) -> Step {
    match Record::new(values) {
        Ok(record) => resolution.answer(&record),
        Err(error) => fail(resolution, &error.into()),
    }
}

/// Everything templates are carried out on.
#[derive(Debug)]
struct Computation {
    resolution: Resolution,
    base: String,
    extension: String,
    base_values: Vec<Value>,
    templates: Vec<Template>,
    fetched: Fetched,
    fetched_count: usize,
    work: Work,
}

impl Computation {
    /// Carries the templates out, and asks for one more if it is needed.
    fn go_on(mut self) -> Step {
        match self.evaluate() {
            Ok(Computed::Values(values)) => answer(self.resolution, &values),
            Ok(Computed::NotFound) => not_found(self.resolution),
            Ok(Computed::Needs(reference)) => self.fetch(reference),
            Err(problem) => fail(self.resolution, &problem),
        }
    }

    fn evaluate(&mut self) -> Result<Computed, Problem> {
        let asked = Asked {
            identifier: self.resolution.identifier.as_str(),
            base: &self.base,
            extension: &self.extension,
            base_values: &self.base_values,
            now: self.resolution.otherwise.now,
        };
        evaluate(&self.templates, &asked, &self.fetched, &mut self.work)
    }

    fn fetch(mut self, reference: TemplateReference) -> Step {
        self.fetched_count += 1;
        if self.fetched_count > TEMPLATES_FETCHED_MAX {
            let what = "templates that are referred to";
            let limit = TEMPLATES_FETCHED_MAX;
            return fail(self.resolution, &Problem::Limit { what, limit });
        }
        match reference.identifier.parse::<Identifier>() {
            Ok(identifier) => {
                let key = Key::record(&identifier, self.resolution.otherwise.case);
                let plan = OfReference {
                    computation: self,
                    reference,
                    key: key.clone(),
                };
                Fetch::step(vec![key], plan)
            }
            Err(_) => fail(self.resolution, &Problem::Missing(reference)),
        }
    }
}

/// Waits for the record with a template that is referred to.
#[derive(Debug)]
struct OfReference {
    computation: Computation,
    reference: TemplateReference,
    key: Key,
}

impl Plan for OfReference {
    fn resume(self: Box<Self>, mut found: IntoIter<Option<Bytes>>) -> Step {
        let mut computation = self.computation;
        let record = match found.next().flatten().map(Record::from_stored).transpose() {
            Ok(record) => record,
            Err(error) => {
                return computation
                    .resolution
                    .asked
                    .fail_unreadable(self.key, error);
            }
        };
        let index = self.reference.index;
        let value = record.and_then(|record| {
            let found = record.entries().find(|entry| entry.index == index);
            found.map(|entry| entry.encoded.value())
        });
        let Some(value) = value else {
            return fail(computation.resolution, &Problem::Missing(self.reference));
        };
        match Template::parse(&value.data) {
            Ok(template) => {
                computation.fetched.insert(self.reference, template);
                computation.go_on()
            }
            Err(error) => fail(computation.resolution, &error.into()),
        }
    }
}
