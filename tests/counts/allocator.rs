//! An allocator that counts, for a program that has nothing else to do.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The allocator of the system, counted.
pub struct Counting;

static CALLS: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// What was allocated while something was done.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    pub calls: usize,
    /// The most bytes at a time, beside those that were there before.
    pub peak: usize,
}

/// Counts what is allocated while something is done.
pub fn counted<T>(body: impl FnOnce() -> T) -> (T, Counts) {
    let (calls, live) = (CALLS.load(Relaxed), LIVE.load(Relaxed));
    PEAK.store(live, Relaxed);
    let result = body();
    (result, Counts { calls: CALLS.load(Relaxed) - calls, peak: PEAK.load(Relaxed).saturating_sub(live) })
}

fn add(bytes: usize) {
    CALLS.fetch_add(1, Relaxed);
    PEAK.fetch_max(LIVE.fetch_add(bytes, Relaxed) + bytes, Relaxed);
}

// SAFETY: what is asked for is asked of the system's allocator, and only counted here.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}
