//! The commands, as people run them, on a text that can be planned.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kmodel::plan::Plan;
use time::OffsetDateTime;

/// The longest that a command may take; the program is built without optimisation, and stands beside other work.
const PATIENCE: Duration = Duration::from_secs(90);

/// A folder for one model after the other, and the program.
pub struct Bench {
    folder: PathBuf,
    program: PathBuf,
    fake: Option<PathBuf>,
    pub now: OffsetDateTime,
}

impl Bench {
    /// The program is the one that the project's tests use.
    pub fn new(manifest: &Path) -> Self {
        let built = manifest.join("../target/debug");
        let (program, fake) = (built.join("kmodel"), built.join("examples/fake-lxc"));
        let folder = std::env::temp_dir().join(format!("kmodel-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("fake")).expect("a folder for models");
        // Copies, since a build of the project would replace them meanwhile.
        let program = copy(&program, &folder.join("kmodel"), "commands").unwrap_or_default();
        let fake = copy(&fake, &folder.join("fake-lxc"), "apply");
        Self { folder, program, fake, now: OffsetDateTime::now_utc() }
    }

    /// A key store that is not there.
    pub fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    /// Runs what works on a plan; none of it may end by a signal or a panic. Returns how many commands ran.
    pub fn commands(&self, text: &str, plan: &Plan<'_>) -> u64 {
        if !self.program.exists() {
            return 0;
        }
        std::fs::write(self.folder.join("fuzz.km"), text).expect("a model is written");
        let ran = self.read(plan) + self.written(plan);
        for file in ["kmodel.lock", "fixed.km"] {
            let _ = std::fs::remove_file(self.folder.join(file));
        }
        for folder in [".kmodel", "build", "fake"] {
            let _ = std::fs::remove_dir_all(self.folder.join(folder));
        }
        let _ = std::fs::create_dir(self.folder.join("fake"));
        ran
    }

    /// Commands that only read, and `fix`: what is right stays right by it.
    fn read(&self, plan: &Plan<'_>) -> u64 {
        let good = self.run(&["check", "fuzz.km"]).0 == 0;
        let apps = plan.model.apps.iter().take(3).map(|app| app.name.to_string());
        let machines = plan.model.machines.iter().take(1).map(|machine| machine.name.to_string());
        let asked: Vec<String> = machines.chain(apps).collect();
        for name in &asked {
            self.run(&["why", "fuzz.km", name]);
        }
        let gone = plan.model.machines.first().map(|machine| format!("machine={} down", machine.name));
        let more = plan.model.groups.first().map(|group| format!("{}=20", group.name));
        let assumed: Vec<String> = gone.into_iter().chain(more).collect();
        for assumption in &assumed {
            self.run(&["check", "fuzz.km", "--if", assumption]);
        }
        let plans = [(); 2].map(|()| self.run(&["plan", "fuzz.km", "--json"]));
        assert_eq!(plans[0], plans[1], "two plans of one text differ");
        self.run(&["fix", "fuzz.km", "--unsafe", "--dry-run"]);
        std::fs::copy(self.folder.join("fuzz.km"), self.folder.join("fixed.km")).expect("a model is copied");
        self.run(&["fix", "fixed.km"]);
        let fixed = self.run(&["check", "fixed.km"]);
        assert!(!good || fixed.0 == 0, "a model without errors has some after `fix`: {}", fixed.1);
        self.run(&["artifacts", "fuzz.km"]);
        7 + asked.len() as u64 + assumed.len() as u64
    }

    /// Commands that write a cluster: to a folder, twice the same, and to a server.
    fn written(&self, plan: &Plan<'_>) -> u64 {
        let good = self.run(&["plan", "fuzz.km"]).0 == 0;
        for _ in 0..2 {
            let (code, told) = self.run(&["render", "fuzz.km", "--out", "build", "--force"]);
            assert!(!good || code != 1, "planned, and not rendered: {told}");
        }
        let lxd = plan.model.targets.first().is_some_and(|target| &*target.name == "lxd");
        if self.fake.is_none() || !lxd {
            return 3;
        }
        self.run(&["apply", "fuzz.km", "--yes", "--timeout", "30"]);
        self.run(&["status", "fuzz.km"]);
        self.run(&["apply", "fuzz.km", "--dry-run"]);
        self.run(&["destroy", "fuzz.km", "--yes"]);
        7
    }

    /// The exit code, and what was printed.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        command.env("FAKE", self.folder.join("fake")).envs(self.fake.iter().map(|fake| ("KMODEL_LXC", fake)));
        let start = Instant::now();
        let output = command.output().expect("the program runs");
        let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(
            output.status.code().is_some_and(|code| code < 100),
            "{arguments:?} ends with {}: {told}",
            output.status
        );
        assert!(start.elapsed() < PATIENCE, "{arguments:?} takes {:?}", start.elapsed());
        (output.status.code().unwrap_or(-1), told)
    }
}

fn copy(from: &Path, to: &Path, what: &str) -> Option<PathBuf> {
    if !from.exists() {
        println!("SKIPPED: {} is not built: {what} are not run", from.display());
        return None;
    }
    std::fs::copy(from, to).expect("a program is copied");
    Some(to.to_owned())
}
