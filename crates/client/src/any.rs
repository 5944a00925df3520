//! Asking several sites for the same, any of which may do it: until one says what became of it.
//!
//! Not here: which sites there are, and in which order they are asked (whoever calls).

use crate::{Administrator, Error};
use engine::administrator::Order;
use engine::exchange::Answered;
use wire::ResponseCode;
use wire::registry::MARK_OCTETS;

/// Asks one site after the other, and gives the first answer that says what became of the order.
///
/// A site that is busy, is no member of what is asked, knows no outcome or is away has the next one
/// asked; so the order must be one that is done once however often it comes, as
/// [`Order::registry`] is. If none says it, the answer is that of a site that may have carried it
/// out, if there is one: nobody is told that nothing was done when that is not known.
///
/// # Errors
/// That of the last site that could not be asked, or of the last that may have carried it out;
/// what `sites` gives if it has none at all.
pub fn ask_any<E: From<Error>>(
    sites: impl IntoIterator<Item = Result<Administrator, E>>,
    order: &Order,
    none: impl FnOnce() -> E,
) -> Result<Answered, E> {
    let mut best: Option<(bool, Result<Answered, E>)> = None;
    for site in sites {
        let (may_be_done, said) = match site {
            Err(error) => (false, Err(error)),
            Ok(mut site) => match site.ask(order.clone()) {
                Ok(answered) if is_final(answered.message.header.response_code) => {
                    return Ok(answered);
                }
                Ok(answered) => {
                    let code = answered.message.header.response_code;
                    (code == ResponseCode::ERROR, Ok(answered))
                }
                Err(error) => (site.was_reached(), Err(error.into())),
            },
        };
        if may_be_done || best.as_ref().is_none_or(|(may_be_done, _)| !may_be_done) {
            best = Some((may_be_done, said));
        }
    }
    best.map_or_else(|| Err(none()), |(_, said)| said)
}

/// Draws what tells an order to the registry from every other.
///
/// # Errors
/// [`Error::Io`] if the operating system gives no randomness.
pub fn draw_mark() -> Result<[u8; MARK_OCTETS], Error> {
    let mut mark = [0; MARK_OCTETS];
    let drawn = getrandom::fill(&mut mark);
    drawn.map_err(|error| Error::io("ask for random octets")(std::io::Error::other(error)))?;
    Ok(mark)
}

/// Whether another site would say nothing else.
fn is_final(code: ResponseCode) -> bool {
    !matches!(
        code,
        ResponseCode::ERROR
            | ResponseCode::SERVER_BUSY
            | ResponseCode::OPERATION_NOT_SUPPORTED
            | ResponseCode::SERVER_NOT_RESPONSIBLE
            | ResponseCode::UNABLE_TO_AUTHENTICATE
    )
}
