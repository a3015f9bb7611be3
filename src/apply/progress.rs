//! How a run says how it goes.

/// What happens to a machine, or, without one, to the cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// It is being dealt with.
    Doing(String),
    /// It is as it should be.
    Done(String),
    /// It is not, and no more is done about it.
    Failed(String),
    /// Somebody should know of this.
    Warning(String),
}

/// Who is told. The first argument is the machine's name, empty for the cluster.
pub type Reporter<'a> = &'a (dyn Fn(&str, Progress) + Sync);
