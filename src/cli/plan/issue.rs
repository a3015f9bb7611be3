//! When certificates expire: issued ones and those to issue.

use time::Date;

use crate::pki::Status;
use crate::text::{lifetime, thousands};

/// What is known of the certificates of one row.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// Of those in the store: how many, and the earliest and latest end.
    current: usize,
    dates: Option<(Date, Date)>,
    missing: usize,
    stale: Option<(usize, &'static str)>,
}

impl Ends {
    /// Counts one more.
    pub(super) fn add(&mut self, status: &Status) {
        match status {
            Status::Missing => self.missing += 1,
            Status::Stale { why } => self.stale = Some((self.stale.map_or(0, |(count, _)| count) + 1, why)),
            Status::Current { not_after, .. } => {
                let date = not_after.date();
                let (first, last) = self.dates.unwrap_or((date, date));
                self.dates = Some((first.min(date), last.max(date)));
                self.current += 1;
            }
        }
    }

    /// As [`Ends::text`] when all certificates of the row stand alike.
    pub(super) fn text_of_any(&self, lifetime_seconds: u64) -> Option<String> {
        (!self.several()).then(|| self.text(lifetime_seconds))
    }

    fn several(&self) -> bool {
        [self.current > 0, self.missing > 0, self.stale.is_some()].iter().filter(|has| **has).count() > 1
    }

    /// `365 days from issue`, `until 2027-08-01`, or how many of each.
    pub(super) fn text(&self, lifetime_seconds: u64) -> String {
        let several = self.several();
        let number = |count: usize| if several { format!("{} ", thousands(count)) } else { String::new() };
        let mut parts = Vec::new();
        if let Some((first, last)) = self.dates {
            let range = if first == last { String::new() } else { format!(" to {last}") };
            parts.push(format!("{}until {first}{range}", number(self.current)));
        }
        if let Some((count, why)) = self.stale {
            parts.push(format!("{}to reissue: {why}", number(count)));
        }
        if self.missing > 0 {
            parts.push(format!("{}{} from issue", number(self.missing), lifetime(lifetime_seconds)));
        }
        parts.join("; ")
    }
}
