//! Who is behind his target, and how fast the rest of the year must be.

use codes::Number;
use facts::derived::{Target, Way};
use facts::{Error, Object};
use std::collections::BTreeMap;

/// An object on its way to its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// Whose target it is: a region's, an industry's, an enterprise's.
    pub object: Object,
    /// How far it is; `None` if nothing is known of the year yet.
    pub way: Option<Way>,
}

/// All that have a target, those who are furthest behind first; those of whom nothing is known
/// before all others, for they are to be asked.
///
/// # Errors
/// [`Error::Base`] if the year before of one of them came to nothing; the others are then not told
/// either, for a target over nothing is a mistake of whoever set it.
pub fn lag(
    targets: &BTreeMap<Object, Target>,
    to_date: &BTreeMap<Object, Number>,
    places: u32,
) -> Result<Vec<Behind>, Error> {
    let mut found = Vec::with_capacity(targets.len());
    for (object, target) in targets {
        let way = to_date
            .get(object)
            .map(|figure| target.way(*figure, places));
        found.push(Behind {
            object: object.clone(),
            way: way.transpose()?,
        });
    }
    let behind = |of: &Behind| of.way.map(|way| way.behind);
    // Of equals the order of the objects stays.
    found.sort_by(|a, b| match (behind(a), behind(b)) {
        (Some(a), Some(b)) => b.cmp(&a),
        (a, b) => a.is_some().cmp(&b.is_some()),
    });
    Ok(found)
}
