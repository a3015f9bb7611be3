//! Clocks of machines: how far each is from ours, and from those of the others.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::diag::Code;
use crate::verify::machines::Misfit;

/// How many seconds a clock may differ from ours. Certificates begin a minute or more before they are issued.
const FROM_OURS: u64 = 60;

/// How many seconds the clocks of two machines may differ, as far as one can see from here: they are asked for whole seconds, over a
/// connection. etcd warns of members from one second on (etcd server/etcdserver/api/rafthttp/probing_status.go,
/// `RaftMessageClockDiff`), and what one machine says is new seems old, or not yet valid, on another.
const APART: u64 = 5;

/// How many seconds a clock that says this is ahead of ours.
pub(super) fn ahead(time: &str) -> Option<i64> {
    let time: i64 = time.parse().ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    time.checked_sub(i64::try_from(now).ok()?)
}

/// A clock that is too far from ours.
pub(super) fn misfit(ahead: Option<i64>) -> Option<Misfit> {
    let skew = ahead?.unsigned_abs();
    let message = format!("its clock is {skew} s away from this machine's, so certificates would not be valid");
    (skew > FROM_OURS).then(|| Misfit::new(Code::HostDiffers, message, HELP))
}

const HELP: &str = "let chrony or systemd-timesyncd set the clock";

/// Machines whose clock is too far from those of most others, though each may be near ours.
pub(super) fn apart<'n>(all: impl Iterator<Item = (&'n str, Option<i64>)>) -> Vec<(&'n str, Misfit)> {
    // What is far from ours is told as that.
    let known = all.filter_map(|(name, ahead)| Some((name, ahead?))).filter(|(_, at)| misfit(Some(*at)).is_none());
    let known: Vec<(&str, i64)> = known.collect();
    let mut sorted: Vec<i64> = known.iter().map(|(_, ahead)| *ahead).collect();
    sorted.sort_unstable();
    // Of two, each is as right as the other: the later one is compared with the one before.
    let Some(middle) = sorted.get(sorted.len().saturating_sub(1) / 2).copied() else { return Vec::new() };
    let of = |(name, ahead): &(&'n str, i64)| {
        let apart = ahead.abs_diff(middle);
        let way = if *ahead > middle { "ahead of" } else { "behind" };
        let message = format!("its clock is {apart} s {way} those of other machines");
        (apart > APART).then(|| (*name, Misfit::new(Code::HostUnwise, message, HELP)))
    };
    known.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(all: &[(&'static str, Option<i64>)]) -> Vec<String> {
        apart(all.iter().copied()).into_iter().map(|(name, misfit)| format!("{name}: {}", misfit.message)).collect()
    }

    #[test]
    fn a_clock_that_is_not_as_the_others_is_told_and_no_other() {
        let (a, b, c) = ("a", "b", "c");
        assert_eq!(said(&[]), [""; 0]);
        assert_eq!(said(&[(a, Some(50))]), [""; 0], "it has none to differ from");
        assert_eq!(said(&[(a, Some(30)), (b, Some(31)), (c, Some(33))]), [""; 0], "all differ from ours alike");
        assert_eq!(said(&[(a, None), (b, Some(0)), (c, None)]), [""; 0], "what is not known is not compared");
        let ahead = said(&[(a, Some(0)), (b, Some(1)), (c, Some(20))]);
        assert_eq!(ahead, ["c: its clock is 19 s ahead of those of other machines"]);
        let behind = said(&[(a, Some(0)), (b, Some(-7)), (c, Some(1))]);
        assert_eq!(behind, ["b: its clock is 7 s behind those of other machines"]);
        assert_eq!(said(&[(a, Some(0)), (b, Some(6))]), ["b: its clock is 6 s ahead of those of other machines"]);
        let far = [(a, Some(0)), (b, Some(3600)), (c, Some(i64::MIN))];
        assert_eq!(said(&far), [""; 0], "they are told as far from ours");
        assert!(misfit(Some(i64::MIN)).is_some() && misfit(Some(60)).is_none() && misfit(None).is_none());
    }

    #[test]
    fn a_time_that_is_none_is_not_known() {
        assert_eq!(["", "x", "9999999999999999999999", "1.5"].map(ahead), [None; 4]);
        assert!(ahead("0").is_some_and(|ahead| ahead < -1_700_000_000));
        assert!(ahead(&i64::MIN.to_string()).is_none());
    }
}
