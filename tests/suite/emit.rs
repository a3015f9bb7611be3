//! Output folders: written whole or not at all, and never over what is not ours.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use kmodel::emit::{self, EmitError, Force, manifest, write};
use kmodel::render::Origin;
use kmodel::source::{SourceKind, Sources, Span};
use kmodel::target::OutputFile;

fn file(path: &str, text: &str) -> OutputFile {
    OutputFile {
        path: path.into(),
        mode: 0o644,
        content: text.as_bytes().into(),
        secret: false,
        origin: Origin::item(Span::default(), "lab".into()),
    }
}

fn secret(path: &str, text: &str) -> OutputFile {
    OutputFile { mode: 0o640, secret: true, ..file(path, text) }
}

fn lab_manifest(files: &[OutputFile]) -> OutputFile {
    let mut sources = Sources::default();
    sources.add(SourceKind::File, "lab.km", "");
    manifest(("lab", "lxd"), files, &sources)
}

/// The files and their manifest.
fn output(files: &[OutputFile]) -> Vec<OutputFile> {
    let mut all = files.to_vec();
    all.push(lab_manifest(files));
    all
}

fn lab(text: &str) -> Vec<OutputFile> {
    output(&[file("apply.sh", text), file("machines/a/user-data", text), secret("pki/a/etcd.key", text)])
}

/// A folder for a test; the output goes to `out` in it.
struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    fn with(text: &str) -> Self {
        let bench = Self::new();
        write(&bench.out(), &lab(text), Force::Refuse).unwrap();
        bench
    }

    /// What is beside the output, which should be nothing.
    fn beside(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).filter(|name| name != "out").collect()
    }

    /// A failed write leaves all as it was.
    fn refuses(&self, files: &[OutputFile], force: Force) -> EmitError {
        let before = (tree(&self.out()), self.beside());
        let error = write(&self.out(), files, force).unwrap_err();
        assert_eq!((tree(&self.out()), self.beside()), before, "{error}");
        error
    }
}

/// All files below a folder, with their texts and modes.
fn tree(folder: &Path) -> BTreeMap<PathBuf, (String, u32)> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(tree(&path)),
            false => _ = all.insert(path.clone(), (fs::read_to_string(&path).unwrap(), mode(&path))),
        }
    }
    all
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_new_folder_has_all_files() {
    let bench = Bench::new();
    let files = lab("one");
    let written = write(&bench.out(), &files, Force::Refuse).unwrap();
    assert_eq!((written.files, written.replaced), (4, false));
    assert_eq!(tree(&bench.out()).len(), 4);
    assert_eq!(fs::read(bench.out().join("machines/a/user-data")).unwrap(), b"one");
    assert!(bench.beside().is_empty());
}

#[test]
fn folders_above_are_made() {
    let bench = Bench::new();
    write(&bench.dir.path().join("build/lab/lxd"), &lab("one"), Force::Refuse).unwrap();
    assert!(bench.dir.path().join("build/lab/lxd/apply.sh").exists());
}

#[test]
fn an_earlier_output_is_replaced_whole() {
    let bench = Bench::with("one");
    let written = write(&bench.out(), &output(&[file("other", "two")]), Force::Refuse).unwrap();
    assert!(written.replaced);
    assert_eq!(
        tree(&bench.out()).keys().collect::<Vec<_>>(),
        [&bench.out().join("manifest.json"), &bench.out().join("other")]
    );
    assert!(bench.beside().is_empty());
}

#[test]
fn an_empty_folder_is_taken() {
    let bench = Bench::new();
    fs::create_dir_all(bench.out().join("empty/too")).unwrap();
    write(&bench.out(), &lab("one"), Force::Refuse).unwrap();
    assert!(!bench.out().join("empty").exists());
}

#[test]
fn a_link_to_a_folder_stays_a_link() {
    let bench = Bench::new();
    fs::create_dir(bench.dir.path().join("real")).unwrap();
    symlink("real", bench.out()).unwrap();
    write(&bench.out(), &lab("one"), Force::Refuse).unwrap();
    assert!(bench.out().is_symlink() && bench.dir.path().join("real/apply.sh").exists());
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    for other in ["{}", r#"{"generator":"other","files":[]}"#, "not json"] {
        let bench = Bench::new();
        fs::create_dir(bench.out()).unwrap();
        fs::write(bench.out().join("manifest.json"), other).unwrap();
        let error = bench.refuses(&lab("one"), Force::Refuse);
        assert!(matches!(error, EmitError::NotOurs { .. }), "{error}");
        assert!(error.to_string().contains(bench.out().to_str().unwrap()));
        write(&bench.out(), &lab("one"), Force::Replace).unwrap();
        assert_eq!(tree(&bench.out()).len(), 4);
    }
}

#[test]
fn files_of_the_user_are_named_and_kept() {
    let bench = Bench::with("one");
    for name in ["machines/a/notes", "1", "2", "3", "4", "5", "6"] {
        fs::write(bench.out().join(name), "mine").unwrap();
    }
    let error = bench.refuses(&lab("two"), Force::Refuse);
    let files = ["1", "2", "3", "4", "5"].map(str::to_owned).to_vec();
    assert_eq!(error, EmitError::Strangers { path: bench.out().canonicalize().unwrap(), files, more: 2 });
    assert!(error.to_string().ends_with("`1`, `2`, `3`, `4`, `5` and 2 more"));
    write(&bench.out(), &lab("two"), Force::Replace).unwrap();
    assert_eq!(tree(&bench.out()).len(), 4);
}

#[test]
fn some_folders_are_never_replaced() {
    let bench = Bench::new();
    fs::create_dir_all(bench.out().join(".git")).unwrap();
    fs::write(bench.out().join("mine"), "").unwrap();
    assert!(matches!(bench.refuses(&lab("one"), Force::Replace), EmitError::Precious { .. }));
    for path in [Path::new("/"), Path::new("."), Path::new("..")] {
        let error = write(path, &lab("one"), Force::Replace).unwrap_err();
        assert!(matches!(error, EmitError::Precious { .. }), "{error}");
    }
}

#[test]
fn paths_outside_the_folder_are_refused() {
    let bench = Bench::with("one");
    for path in ["/etc/x", "../x", "a/../../x", "", "a//b", "./a"] {
        let error = bench.refuses(&output(&[file(path, "")]), Force::Replace);
        assert!(matches!(&error, EmitError::Outside { path: refused, .. } if refused == path), "{error}");
    }
    for files in [["a", "a"], ["a/b", "a"], ["a", "a/b/c"]] {
        let error = bench.refuses(&output(&files.map(|path| file(path, ""))), Force::Replace);
        assert_eq!(error, EmitError::Twice { path: "a".into() });
    }
    assert_eq!(bench.refuses(&[file("a", "")], Force::Replace), EmitError::NoManifest);
}

#[test]
fn a_file_in_the_way_stays() {
    let bench = Bench::new();
    fs::write(bench.out(), "mine").unwrap();
    let error = write(&bench.out(), &lab("one"), Force::Replace).unwrap_err();
    assert!(matches!(error, EmitError::NotAFolder { .. }), "{error}");
    assert_eq!(fs::read_to_string(bench.out()).unwrap(), "mine");
    let error = write(&bench.out().join("below"), &lab("one"), Force::Replace).unwrap_err();
    assert!(matches!(error, EmitError::File { .. }), "{error}");
}

#[test]
fn a_failure_half_way_leaves_the_old_output() {
    let bench = Bench::with("one");
    // The file system refuses the last of many files: with the folders above it, its path is too long.
    let above = bench.dir.path().canonicalize().unwrap().as_os_str().len() + ".out.kmodel-12345-0".len();
    let folder: String = (above..3860).map(|at| if at % 200 == 0 { '/' } else { 'd' }).collect();
    let mut files: Vec<_> = (0..500).map(|index| file(&format!("machines/{index}/user-data"), "two")).collect();
    files.push(file(&format!("{}/{}", folder.trim_matches('/'), "x".repeat(245)), "two"));
    let error = bench.refuses(&output(&files), Force::Replace);
    assert!(matches!(error, EmitError::File { action: "write", .. }), "{error}");
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    // Not even root can make a folder here.
    let error = write(Path::new("/proc/kmodel/out"), &lab("one"), Force::Refuse).unwrap_err();
    assert!(matches!(error, EmitError::File { .. }), "{error}");
}

#[test]
fn leftovers_of_a_run_that_was_cut_off_go() {
    let bench = Bench::with("one");
    fs::create_dir_all(bench.dir.path().join(".out.kmodel-7-0/machines/a")).unwrap();
    fs::write(bench.dir.path().join(".out.kmodel-7-0/machines/a/user-data"), "").unwrap();
    fs::create_dir(bench.dir.path().join(".out.kmodel-backup")).unwrap();
    write(&bench.out(), &lab("two"), Force::Refuse).unwrap();
    assert_eq!(bench.beside(), [".out.kmodel-backup"]);
}

#[test]
fn a_link_under_a_leftover_name_is_never_entered() {
    let bench = Bench::with("one");
    let home = bench.dir.path().join("home");
    fs::create_dir_all(home.join("letters")).unwrap();
    fs::write(home.join("letters/one"), "dear").unwrap();
    symlink("home", bench.dir.path().join(".out.kmodel-1-0")).unwrap();
    symlink(home.join("letters/one"), bench.dir.path().join(".out.kmodel-1-1")).unwrap();
    fs::create_dir(bench.dir.path().join(".out.kmodel-1-2")).unwrap();
    symlink(&home, bench.dir.path().join(".out.kmodel-1-2/home")).unwrap();
    write(&bench.out(), &lab("two"), Force::Refuse).unwrap();
    assert_eq!(fs::read(home.join("letters/one")).unwrap(), b"dear");
    assert_eq!(bench.beside(), ["home"]);
}

#[test]
fn a_link_in_a_folder_that_is_replaced_is_never_entered() {
    let bench = Bench::with("one");
    let home = bench.dir.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("diary"), "dear").unwrap();
    symlink(&home, bench.out().join("home")).unwrap();
    assert!(matches!(bench.refuses(&lab("two"), Force::Refuse), EmitError::Strangers { .. }));
    write(&bench.out(), &lab("two"), Force::Replace).unwrap();
    assert_eq!(fs::read(home.join("diary")).unwrap(), b"dear");
}

#[test]
fn what_is_behind_a_link_is_not_lost_to_force() {
    let bench = Bench::new();
    let home = bench.dir.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("diary"), "dear").unwrap();
    symlink("home", bench.out()).unwrap();
    assert!(matches!(bench.refuses(&lab("one"), Force::Replace), EmitError::Precious { .. }));
}

#[test]
fn runs_side_by_side_take_turns() {
    let bench = Bench::new();
    std::thread::scope(|scope| {
        for text in ["one", "two", "three", "four"] {
            scope.spawn(|| write(&bench.out(), &lab(text), Force::Refuse).unwrap());
        }
    });
    assert_eq!(tree(&bench.out()).len(), 4);
    assert!(bench.beside().is_empty());
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    for umask in ["077", "022", "000"] {
        let bench = Bench::new();
        let test = ["--exact", "emit::a_run_under_a_umask", "--ignored"];
        let script = format!("umask {umask}; exec \"$0\" \"$@\"");
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(script)
            .arg(std::env::current_exe().unwrap())
            .args(test)
            .env("KMODEL_TEST_OUT", bench.out());
        assert!(shell.output().unwrap().status.success());
        let modes = |names: &[&str]| names.iter().map(|name| mode(&bench.out().join(name))).collect::<Vec<_>>();
        assert_eq!(modes(&["", "pki", "pki/a", "machines", "machines/a"]), [0o755, 0o755, 0o700, 0o755, 0o755]);
        let files = ["pki/a/etcd.key", "apply.sh", "machines/a/user-data", "manifest.json"];
        assert_eq!(modes(&files), [0o600, 0o644, 0o644, 0o644], "umask {umask}");
    }
}

#[test]
#[ignore = "run by the test of umasks"]
fn a_run_under_a_umask() {
    if let Some(out) = std::env::var_os("KMODEL_TEST_OUT") {
        write(Path::new(&out), &lab("one"), Force::Refuse).unwrap();
    }
}

#[test]
fn a_folder_that_was_closed_stays_closed() {
    let bench = Bench::with("one");
    set_mode(&bench.out(), 0o700);
    write(&bench.out(), &lab("two"), Force::Refuse).unwrap();
    assert_eq!(mode(&bench.out()), 0o700);
}

#[test]
fn the_manifest_tells_all_files_in_order() {
    let files = [secret("b.key", "two"), file("a", "one")];
    let text = String::from_utf8(lab_manifest(&files).content.to_vec()).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        r#"{{
  "generator": "kmodel",
  "version": "{version}",
  "format": 1,
  "cluster": "lab",
  "target": "lxd",
  "files": [
    {{"path":"a","sha256":"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed","mode":"0644","size":3,"secret":false,"origin":"lab.km:1:1: lab"}},
    {{"path":"b.key","mode":"0600","size":3,"secret":true,"origin":"lab.km:1:1: lab"}}
  ]
}}
"#
    );
    assert_eq!(text, expected);
}

#[test]
fn one_file_is_replaced_with_its_permissions() {
    let bench = Bench::new();
    let path = bench.dir.path().join("kmodel.lock");
    emit::replace(&path, b"one", 0o644).unwrap();
    assert_eq!(mode(&path), 0o644);
    set_mode(&path, 0o664);
    let link = bench.dir.path().join("link");
    symlink("kmodel.lock", &link).unwrap();
    emit::replace(&link, b"two", 0o600).unwrap();
    assert!(link.is_symlink() && fs::read(&path).unwrap() == b"two" && mode(&path) == 0o664);
    assert_eq!(bench.beside().len(), 2);
    let error = emit::replace(&bench.dir.path().join("absent/x"), b"", 0o600).unwrap_err();
    assert!(error.to_string().starts_with("cannot write"), "{error}");
}

/// `cargo test --release --test suite -- --ignored --nocapture measure`
#[test]
#[ignore = "a measurement"]
fn measure_fifty_thousand_files() {
    let bench = Bench::new();
    let text = "x".repeat(1500);
    let path = |index: usize| format!("machines/machine-{}/files/{}", index / 50, index % 50);
    let files: Vec<_> = (0..50_000).map(|index| file(&path(index), &text)).collect();
    for round in ["new", "replaced"] {
        let start = std::time::Instant::now();
        let all = output(&files);
        let hashed = start.elapsed();
        write(&bench.out(), &all, Force::Refuse).unwrap();
        println!("{round}: manifest {hashed:?}, write {:?}", start.elapsed() - hashed);
    }
}
