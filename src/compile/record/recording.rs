//! An output that is recorded while it is made.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;

use sha2::{Digest, Sha256};

use crate::compile::fingerprint::Fingerprint;
use crate::compile::stream::{MadeMachine, Sink, Write};
use crate::emit::Seal;
use crate::target::OutputFile;
use crate::text::hex;

use super::machine::{MachineRecord, hash};
use super::reader::Record;
use super::writer::Writer;

/// A sink, and the record of what goes there.
pub struct Recording<'r, S> {
    pub inner: S,
    /// What machines that are kept were.
    earlier: Option<&'r Record>,
    writer: Writer,
}

impl<'r, S: Sink> Recording<'r, S> {
    pub fn new(inner: S, earlier: Option<&'r Record>, writer: Writer) -> Self {
        Self { inner, earlier, writer }
    }

    /// Adds the files that machines share; then both are whole.
    pub fn finish(mut self, files: &[OutputFile]) -> (S, Writer) {
        files.iter().for_each(|file| self.writer.share(file.path.clone(), hash(&file.content)));
        (self.inner, self.writer)
    }
}

impl<S: Sink> Sink for Recording<'_, S> {
    type Batch = (S::Batch, MachineRecord);
    type Error = S::Error;

    fn put(&self, files: Vec<OutputFile>) -> Result<Self::Batch, S::Error> {
        Ok((self.inner.put(files)?, MachineRecord::default()))
    }

    fn put_machine(&self, made: &MadeMachine<'_>, files: Vec<OutputFile>) -> Result<Self::Batch, S::Error> {
        let record = MachineRecord::of(made, &files);
        Ok((self.inner.put_machine(made, files)?, record))
    }

    /// What is not recorded is made again.
    fn keep_machine(&self, (name, print): (&str, &Fingerprint), places: &[String], seal: &Seal) -> Option<Self::Batch> {
        let earlier = self.earlier.filter(|earlier| earlier.is(name, &print.0))?;
        let batch = self.inner.keep_machine((name, print), places, seal)?;
        Some((batch, earlier.machine(name)?))
    }

    fn seal((batch, _): &Self::Batch) -> Option<Seal> {
        S::seal(batch)
    }

    fn add(&mut self, (batch, record): Self::Batch) -> Result<(), S::Error> {
        self.writer.add(&record);
        self.inner.add(batch)
    }

    fn long(&mut self, file: OutputFile, write: Write<'_>) -> Result<(), S::Error> {
        let (path, sum) = (file.path.clone(), RefCell::new(Sha256::new()));
        self.inner.long(file, &|out| {
            *sum.borrow_mut() = Sha256::new();
            write(&mut Both { out, sum: &sum })
        })?;
        self.writer.share(path, hex(&sum.into_inner().finalize()));
        Ok(())
    }
}

/// Hashes what goes through.
struct Both<'a> {
    out: &'a mut dyn io::Write,
    sum: &'a RefCell<Sha256>,
}

impl io::Write for Both<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sum.borrow_mut().update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// An output that goes nowhere.
pub struct Nothing;

impl Sink for Nothing {
    type Batch = ();
    type Error = Infallible;

    fn put(&self, _: Vec<OutputFile>) -> Result<(), Infallible> {
        Ok(())
    }

    fn keep(&self, _: &[String], _: &Seal) -> Option<()> {
        Some(())
    }

    fn add(&mut self, (): ()) -> Result<(), Infallible> {
        Ok(())
    }

    fn long(&mut self, _: OutputFile, write: Write<'_>) -> Result<(), Infallible> {
        write(&mut io::sink()).expect("nothing is written");
        Ok(())
    }
}
