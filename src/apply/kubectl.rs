//! Kubeconfigs of people, tried before they are told to use them.

use std::thread;
use std::time::{Duration, Instant};

use crate::render::boot::PLAN;
use crate::target::Desired;

use super::transport::Transport;

const SCRIPT: &str = include_str!("kubectl.sh");

/// The pause between two tries.
const PAUSE: Duration = Duration::from_secs(2);

/// What `kubectl get nodes` says with a kubeconfig.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum KubectlAnswer {
    Works,
    /// The API server knows who asks, and does not admit it.
    Forbidden,
    Fails(String),
    /// No machine has kubectl.
    Untried,
}

/// Tries a kubeconfig until it works, on machines that have kubectl, but not longer than this.
pub(crate) fn get_nodes(
    transport: &dyn Transport,
    desired: &Desired,
    kubeconfig: &[u8],
    until: Instant,
) -> KubectlAnswer {
    let has_kubectl = |content: &[u8]| String::from_utf8_lossy(content).contains("/kubectl");
    let machines = desired.machines.iter();
    let places: Vec<&str> = machines
        .filter(|machine| machine.files.iter().any(|file| file.path == PLAN && has_kubectl(&file.content)))
        .map(|machine| machine.name())
        .collect();
    loop {
        let answer = once(transport, &places, kubeconfig);
        if matches!(answer, KubectlAnswer::Works | KubectlAnswer::Untried) || Instant::now() >= until {
            return answer;
        }
        thread::sleep(PAUSE);
    }
}

fn once(transport: &dyn Transport, places: &[&str], kubeconfig: &[u8]) -> KubectlAnswer {
    let mut last = KubectlAnswer::Untried;
    for place in places {
        let answer = match transport.inside(place, SCRIPT, &[], kubeconfig) {
            Ok(answer) => answer,
            Err(error) => {
                last = KubectlAnswer::Fails(error.message);
                continue;
            }
        };
        match answer.code {
            Some(0) => return KubectlAnswer::Works,
            Some(127) => {}
            _ => last = refused(&answer.err),
        }
    }
    last
}

fn refused(text: &str) -> KubectlAnswer {
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no answer").trim().to_owned();
    if line.contains("(Forbidden)") { KubectlAnswer::Forbidden } else { KubectlAnswer::Fails(line) }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn one_machine_that_answers_is_enough() {
        let run = |places: &[&str]| {
            let folder = tempfile::tempdir().unwrap();
            let script = "case $4 in a) exit 127;; b) echo 'Error from server (Forbidden): nodes' >&2; exit 1;; \
                          c) echo 'connection refused' >&2; exit 1;; *) cat >/dev/null;; esac";
            once(&sample::client(folder.path(), script), places, b"apiVersion: v1\n")
        };
        assert_eq!(run(&["a"]), KubectlAnswer::Untried);
        assert_eq!(run(&["c", "a", "d"]), KubectlAnswer::Works);
        assert_eq!(run(&["c", "b"]), KubectlAnswer::Forbidden);
        assert_eq!(run(&["b", "c"]), KubectlAnswer::Fails("connection refused".to_owned()));
    }
}
