//! Progress of a run.

/// What happens to a machine, or, without one, to the cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Work in progress.
    Doing(String),
    /// Finished successfully.
    Done(String),
    /// Failed, and not retried.
    Failed(String),
    /// A warning for the user.
    Warning(String),
}

/// Receives progress. The first argument is the machine's name, empty for the cluster.
pub(crate) type Reporter<'a> = &'a (dyn Fn(&str, Progress) + Sync);
