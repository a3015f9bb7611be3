//! Upload files to a machine: one archive through standard input.
//!
//! Files go to a folder that only root can enter, and from there into place, each atomically. None of them is ever an argument
//! of a program, a file on this machine, or a part of the machine's configuration.

use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use crate::render::bundle::BundleFile;
use crate::text::Count;

use super::error::ApplyError;
use super::transport::Transport;

/// The folder for uploads. Files there are dated when they arrive (`-m`).
const INCOMING: &str = "/var/lib/kmodel/incoming";

const SCRIPT: &str = r#"
set -e
rm -rf "$1"
mkdir -p "${1%/*}"
mkdir -m 0700 "$1"
tar -x -m -p --no-same-owner -f - -C "$1"
cd "$1"
# What was brought, for who has to remove it.
{ cat "${1%/*}/files" 2>/dev/null; find . -type f | sed 's/^\.//'; } | sort -u >"$1.files" && mv -f "$1.files" "${1%/*}/files"
find . -type f | while IFS= read -r file; do
  mkdir -p "/${file%/*}" && mv -f "$file" "/$file" || exit 1
done
cd /
rm -rf "$1"
"#;

/// Uploads files to a machine.
///
/// # Errors
/// When the client or the machine fails; files that were not uploaded are unchanged.
pub(crate) fn upload(transport: &dyn Transport, machine: &str, files: &[&BundleFile]) -> Result<(), ApplyError> {
    let action = format!("upload {} to `{machine}`", Count(files.len(), "file"));
    let archive = archive(files).map_err(|error| ApplyError::new(format!("cannot {action}: {error}")))?;
    let answer = transport.inside(machine, SCRIPT, &[INCOMING], &archive)?;
    match answer.code {
        Some(0) => Ok(()),
        _ => Err(ApplyError::refused(&action, &answer.err)),
    }
}

/// All are owned by root; the boot sets their owners.
fn archive(files: &[&BundleFile]) -> std::io::Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    for file in files {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(file.mode);
        header.set_size(file.content.len() as u64);
        builder.append_data(&mut header, file.path.trim_start_matches('/'), &*file.content)?;
    }
    builder.into_inner()
}

/// In hexadecimal.
pub(crate) fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::origin::What;

    #[test]
    fn an_archive_has_each_file_with_its_mode() {
        let long = format!("/etc/{}/key", "a".repeat(150));
        let file = |path: &str, mode| BundleFile {
            path: path.to_owned(),
            mode,
            owner: "etcd".into(),
            group: "etcd".into(),
            content: b"x\n".as_slice().into(),
            secret: true,
            origin: What::Boot.into(),
        };
        let files = [file("/etc/key", 0o600), file(&long, 0o755)];
        let bytes = archive(&files.iter().collect::<Vec<_>>()).unwrap();
        let mut archive = tar::Archive::new(&*bytes);
        let seen: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                (format!("/{}", entry.path().unwrap().display()), entry.header().mode().unwrap())
            })
            .collect();
        assert_eq!(seen, [("/etc/key".to_owned(), 0o600), (long, 0o755)]);
    }
}
