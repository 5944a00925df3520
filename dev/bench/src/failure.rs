//! Why there are no figures. Not here: types for it; a person reads it, no caller acts on it.

use std::error::Error;
use std::fmt::Display;

/// Why a benchmark stopped, in words.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Says what could not be done, and why.
///
/// Use it as `.map_err(cannot("write the rows"))`.
pub(crate) fn cannot<E: Display>(doing: impl Display) -> impl FnOnce(E) -> Failure {
    move |error| format!("cannot {doing}: {error}").into()
}
