//! An image with the file system that cloud-init looks for: FAT, with the label `CIDATA`.
//!
//! The same files give the same bytes: neither a clock nor chance goes in. Its size follows that of the files.

use std::io::{self, Cursor, Write};

use fatfs::{Date, DateTime, FileSystem, FormatVolumeOptions, FsOptions, Time, TimeProvider, format_volume};

/// The label, as long as FAT has it.
const LABEL: [u8; 11] = *b"CIDATA     ";

/// The number of each volume.
const ID: u32 = 0x434b_4d44;

/// The sectors of a track and the sides of a cylinder: readers of images want whole cylinders.
const TRACK: u16 = 32;
const SIDES: u16 = 2;
const CYLINDER: usize = TRACK as usize * SIDES as usize * 512;

/// Room for what is not content: tables, the folder, what the last block of each file leaves over.
const ROOM: usize = 64 << 10;

/// The image of these files.
///
/// # Errors
/// When they are too large for the file system.
pub(super) fn image(files: &[(&str, &[u8])]) -> io::Result<Vec<u8>> {
    let content: usize = files.iter().map(|(_, content)| content.len()).sum();
    let size = (content + content / 32 + ROOM).next_multiple_of(CYLINDER);
    let mut disk = Cursor::new(vec![0; size]);
    let options = FormatVolumeOptions::new().volume_id(ID).volume_label(LABEL).sectors_per_track(TRACK).heads(SIDES);
    format_volume(&mut disk, options)?;
    let system = FileSystem::new(&mut disk, FsOptions::new().time_provider(&Still))?;
    for (name, content) in files {
        let mut file = system.root_dir().create_file(name)?;
        file.write_all(content)?;
        file.flush()?;
    }
    system.unmount()?;
    Ok(disk.into_inner())
}

/// The first day that FAT can write.
#[derive(Debug)]
struct Still;

impl TimeProvider for Still {
    fn get_current_date(&self) -> Date {
        Date { year: 1980, month: 1, day: 1 }
    }

    fn get_current_date_time(&self) -> DateTime {
        DateTime { date: self.get_current_date(), time: Time { hour: 0, min: 0, sec: 0, millis: 0 } }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn read(image: &[u8], name: &str) -> Vec<u8> {
        let system = FileSystem::new(Cursor::new(image.to_vec()), FsOptions::new()).unwrap();
        let mut content = Vec::new();
        system.root_dir().open_file(name).unwrap().read_to_end(&mut content).unwrap();
        content
    }

    #[test]
    fn files_of_any_size_are_read_back() {
        for size in [0, 1, 511, 512, 513, 65_536, 1 << 20, 4_100_000, 4_194_304, 4_300_000, 9_000_000, 17_000_000] {
            let content: Vec<u8> = (0..size).map(|place| (place * 31 % 251) as u8).collect();
            let image = image(&[("meta-data", b"a: b\n"), ("user-data", &content)]).unwrap();
            assert_eq!((read(&image, "meta-data"), read(&image, "user-data")), (b"a: b\n".to_vec(), content), "{size}");
            assert_eq!(image.len() % CYLINDER, 0);
            assert!(image.len() <= size + size / 16 + 3 * ROOM, "{size}: {}", image.len());
        }
    }

    #[test]
    fn an_image_is_the_same_each_time_and_has_its_label() {
        let files: [(&str, &[u8]); 2] = [("user-data", b"#cloud-config\n"), ("network-config", b"version: 2\n")];
        let first = image(&files).unwrap();
        assert_eq!(first, image(&files).unwrap());
        let system = FileSystem::new(Cursor::new(first), FsOptions::new()).unwrap();
        assert_eq!((system.volume_label(), system.volume_id()), ("CIDATA".to_owned(), ID));
        assert_eq!(system.read_volume_label_from_root_dir().unwrap().as_deref(), Some("CIDATA"));
    }
}
