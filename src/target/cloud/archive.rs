//! The archive that is copied to a machine: every file of it, the private ones too.
//!
//! All are root's, since owners come with packages: the boot gives them away. It is unpacked over `/` as root, at the first
//! boot, which waits for it, and again when files have changed. The plan comes last: when it is there, all is.

use std::io::Result;

use tar::{Builder, EntryType, Header};

use super::user_data::compress;
use crate::render::boot::PLAN;
use crate::render::bundle::BundleFile;

/// In the folder of the machine.
pub(crate) const NAME: &str = "files.tar.gz";

/// The same bytes for the same files: no time is in it.
pub(crate) fn archive(files: &[BundleFile]) -> Vec<u8> {
    compress(&packed(files).expect("memory takes every byte, and no path is empty or has `..` in it"))
}

fn packed(files: &[BundleFile]) -> Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    let (plan, others): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.path == PLAN);
    for file in others.into_iter().chain(plan) {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(file.mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_username("root")?;
        header.set_groupname("root")?;
        header.set_size(file.content.len() as u64);
        builder.append_data(&mut header, file.path.trim_start_matches('/'), &*file.content)?;
    }
    builder.into_inner()
}
