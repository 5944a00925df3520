//! The floor: the core rooms in one library that cannot be built if any of them brings in `std`.
//!
//! `#![no_std]` in a room speaks for that room only; a dependency, or a feature switched on in one,
//! may still bring the clock, the network and the file system along. So the law `floor` builds this
//! library alone, with `panic = "abort"`, and it then defines what a program without `std` must
//! define: a panic handler. `std` has one too, and the compiler refuses the second ("found
//! duplicate lang item `panic_impl`") and names the crate below that brought in the first.
//!
//! It is an ordinary library on purpose. A static one demands an allocator besides, hence `unsafe`,
//! and finds nothing more: the refusal comes when crates are loaded, before anything is linked.
//! Not seen here: a dependency without `std` that calls C. In every other build nothing is defined.

#![no_std]
#![forbid(unsafe_code)]

// A crate that nobody mentions is not loaded, and what is not loaded cannot be refused.
use {engine as _, model as _, wire as _};

#[cfg(feature = "planted-std")]
extern crate std;

#[cfg(panic = "abort")]
#[panic_handler]
fn there_is_no_other(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
