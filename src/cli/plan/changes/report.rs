//! Changes as data: `kmodel plan --changes --json`, and what is saved by `--out`.

use serde::{Deserialize, Serialize};

use crate::apply::agenda::{Agenda, AgendaStep};
use crate::apply::effect::Class;
use crate::apply::forecast::{Fate, Forecast};
use crate::compile::record::{Cause, FileChange, Head};
use crate::text::{Count, thousands};

use super::of_fate;

/// Raised when a reader of the old format would be misled.
const FORMAT: &str = "kmodel changes 1";

/// What would change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(in crate::cli) struct Changes {
    pub format: String,
    pub cluster: String,
    pub target: String,
    /// What it is compared with; absent if nothing was rendered or applied yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// Whether the machines themselves were asked.
    pub refreshed: bool,
    /// Whether nothing would change.
    pub empty: bool,
    /// What is not as it was in the model, in what it reads, on the command line or in kmodel.
    pub causes: Vec<Cause>,
    pub machines: Machines,
    /// How many keys and certificates would be issued.
    pub issued: usize,
    /// Whether applications would start in another order.
    pub reordered: bool,
    /// What a person has to do before earlier values go out of use.
    pub pending: Vec<String>,
    pub steps: Vec<AgendaStep>,
    /// Files of the output that are no machine's.
    pub shared: Vec<FileChange>,
}

/// The run that changes are counted from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(in crate::cli) struct Since {
    /// `rendered` or `applied`.
    pub run: String,
    pub at: String,
    pub kmodel: String,
}

/// What belongs to no step.
pub(super) struct Rest {
    pub causes: Vec<Cause>,
    pub issued: usize,
    pub reordered: bool,
    pub pending: Vec<String>,
}

/// What a model is compared with.
#[derive(Clone, Copy)]
pub(super) enum Against<'a> {
    /// What was recorded, if something was.
    Record(Option<&'a Head>),
    /// The machines themselves.
    Machines,
}

impl<'a> Against<'a> {
    fn head(self) -> Option<&'a Head> {
        match self {
            Self::Record(head) => head,
            Self::Machines => None,
        }
    }
}

/// Machines that come and go.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(in crate::cli) struct Machines {
    /// How many there are now.
    pub count: usize,
    pub new: Vec<String>,
    pub gone: Vec<String>,
    pub renamed: Vec<Renamed>,
}

/// A machine that had another name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(in crate::cli) struct Renamed {
    pub from: String,
    pub to: String,
}

impl Changes {
    pub(super) fn new(
        (head, against): (&Head, Against<'_>),
        (forecast, agenda): (&Forecast, Agenda),
        Rest { causes, issued, reordered, pending }: Rest,
    ) -> Self {
        let renamed = forecast.machines.iter().filter_map(|machine| match &machine.fate {
            Fate::Renamed(from) => Some(Renamed { from: from.clone(), to: machine.name.clone() }),
            Fate::New | Fate::Gone | Fate::Changed => None,
        });
        let machines = Machines {
            count: forecast.count,
            new: of_fate(forecast, |fate| *fate == Fate::New),
            gone: of_fate(forecast, |fate| *fate == Fate::Gone),
            renamed: renamed.collect(),
        };
        let since = against.head().map(|old| Since {
            run: old.by.word().to_owned(),
            at: old.at.clone(),
            kmodel: old.kmodel.clone(),
        });
        Self {
            format: FORMAT.to_owned(),
            cluster: head.cluster.clone(),
            target: head.target.clone(),
            since,
            refreshed: matches!(against, Against::Machines),
            empty: agenda.is_empty(),
            causes,
            machines,
            issued,
            reordered,
            pending,
            steps: agenda.steps,
            shared: agenda.shared,
        }
    }

    /// `lab on lxd since it was rendered on 2026-11-30T13:20:00Z`.
    pub(super) fn title(&self) -> String {
        let since = match &self.since {
            None if self.refreshed => "compared with the machines".to_owned(),
            Some(Since { run, at, .. }) => format!("since it was {run} on {at}"),
            None => "compared with nothing".to_owned(),
        };
        format!("{} on {} {since}", self.cluster, self.target)
    }

    /// `2 machines to create, 1 to drain; 4 keys and certificates to issue`.
    pub(super) fn totals(&self) -> String {
        const VERBS: [(Class, &str); 7] = [
            (Class::Create, "to create"),
            (Class::Remove, "to remove"),
            (Class::Recreate, "to recreate"),
            (Class::Drain, "to drain"),
            (Class::Restart, "to restart units on"),
            (Class::Reload, "to reload"),
            (Class::Nothing, "to change in place"),
        ];
        let agenda = Agenda { steps: self.steps.clone(), shared: Vec::new() };
        let counts = VERBS.iter().map(|(class, verb)| (agenda.count(*class), verb)).filter(|(count, _)| *count > 0);
        let mut parts: Vec<String> =
            counts.map(|(count, verb)| format!("{} {verb}", Count(count, "machine"))).collect();
        if !self.shared.is_empty() {
            parts.push(format!("{} that machines share", Count(self.shared.len(), "file")));
        }
        if self.issued > 0 {
            parts.push(format!("{} keys and certificates to issue", thousands(self.issued)));
        }
        parts.join(", ")
    }
}
