//! The commands, as people run them, on a text that can be planned.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kmodel::plan::Plan;
use time::OffsetDateTime;

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
        for (path, what) in [(&program, "commands"), (&fake, "apply")] {
            if !path.exists() {
                println!("SKIPPED: {} is not built: {what} are not run", path.display());
            }
        }
        let fake = Some(fake).filter(|fake| fake.exists());
        Self { folder, program, fake, now: OffsetDateTime::now_utc() }
    }

    /// A key store that is not there.
    pub fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    /// Runs what works on a plan; none of it may end by a signal or a panic.
    pub fn commands(&self, text: &str, plan: &Plan<'_>) {
        if !self.program.exists() {
            return;
        }
        let model = self.folder.join("fuzz.km");
        std::fs::write(&model, text).expect("a model is written");
        let machine = plan.model.machines.first().map(|machine| machine.name.to_string());
        let group = plan.model.groups.first().map(|group| format!("{}=500", group.name));
        for name in machine.iter() {
            self.run(&["why", "fuzz.km", name]);
        }
        for name in plan.model.apps.iter().take(3).map(|app| app.name.to_string()) {
            self.run(&["why", "fuzz.km", &name]);
        }
        for given in group.iter() {
            self.run(&["check", "fuzz.km", "--if", given]);
        }
        self.run(&["fix", "fuzz.km", "--unsafe", "--dry-run"]);
        self.run(&["artifacts", "fuzz.km"]);
        self.run(&["render", "fuzz.km", "--out", "build", "--force"]);
        if self.fake.is_some() && plan.model.targets.first().is_some_and(|target| &*target.name == "lxd") {
            self.run(&["apply", "fuzz.km", "--yes"]);
        }
        let _ = std::fs::remove_file(self.folder.join("kmodel.lock"));
        for folder in [".kmodel", "build", "fake"] {
            let _ = std::fs::remove_dir_all(self.folder.join(folder));
        }
        let _ = std::fs::create_dir(self.folder.join("fake"));
    }

    fn run(&self, arguments: &[&str]) {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        command.env("FAKE", self.folder.join("fake")).envs(self.fake.iter().map(|fake| ("KMODEL_LXC", fake)));
        let output = command.output().expect("the program runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code().is_some_and(|code| code < 100), "{arguments:?} ends with {}: {told}", output.status);
    }
}
