//! The floor: the core rooms in one static library that cannot be built if any brings in `std`.
//!
//! `#![no_std]` in a room speaks for that room only; a dependency, or a feature switched on in one,
//! may still bring the clock, the network and the file system along. So the law `floor` builds this
//! library alone, with `panic = "abort"`, and it then defines what a program without `std` must
//! define: an allocator and a panic handler. `std` has a handler too, and the compiler refuses the
//! second ("found duplicate lang item `panic_impl`") and names the crate below that brought it in.
//!
//! Not seen here: a dependency without `std` that calls C. In every other build nothing is defined.

#![no_std]
#![forbid(unsafe_code)]

// A crate that nobody mentions is not loaded, and what is not loaded cannot be refused.
use {engine as _, model as _, wire as _};

#[cfg(feature = "planted-std")]
extern crate std;

/// A heap of no octets: the library is built, never run.
#[cfg(panic = "abort")]
#[global_allocator]
static HEAP: buddy_system_allocator::LockedHeap<32> = buddy_system_allocator::LockedHeap::empty();

#[cfg(panic = "abort")]
#[panic_handler]
fn there_is_no_other(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[cfg(not(panic = "abort"))]
use buddy_system_allocator as _;
