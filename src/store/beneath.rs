//! Opens and makes files of our own folders without following a link, or waiting for a device, that others put there.
//!
//! Below the folders that are ours (`layout::split`), no component of a path may be a link. A write sets aside what is in
//! its way as `<name>.found-N`, and [`take_found`] returns it for the journal. A read takes regular files only.
use super::fault;
use super::layout::{is_private, split};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat, renameat};
#[cfg(target_os = "linux")]
use nix::fcntl::{OpenHow, ResolveFlag, openat2};
use nix::sys::stat::{Mode, fstatat, mkdirat};
use nix::unistd::{UnlinkatFlags, linkat, unlinkat};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Mutex, PoisonError};

/// What was in the way of a write, and where it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    pub path: Utf8PathBuf,
    pub kept: Utf8PathBuf,
}

static FOUND: Mutex<Vec<SetAside>> = Mutex::new(Vec::new());

/// Returns what was set aside below a folder since the last call.
pub fn take_found(root: &Utf8Path) -> Vec<SetAside> {
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if found.is_empty() {
        return Vec::new();
    }
    found
        .extract_if(.., |it| it.path.starts_with(root))
        .collect()
}

/// A file's place: its folder, opened, and its name there.
pub(super) struct Place<'a> {
    folder: OwnedFd,
    path: &'a Utf8Path,
    name: &'a str,
}

impl<'a> Place<'a> {
    /// Finds a file's place. With `make`, folders that are missing are made and what is in their way is set aside.
    pub(super) fn find(path: &'a Utf8Path, make: bool) -> io::Result<Self> {
        let name = path.file_name().ok_or_else(|| named(path, Errno::EINVAL))?;
        let folder = open_folder(path.parent().unwrap_or(Utf8Path::new("/")), make)?;
        Ok(Self { folder, path, name })
    }

    pub(super) fn open(&self, flags: OFlag) -> io::Result<fs::File> {
        let flags =
            flags | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
        if flags.contains(OFlag::O_CREAT) {
            fault::step().map_err(|error| named_io(self.path, &error))?;
        }
        let file = match openat(&self.folder, self.name, flags, self.mode()) {
            Err(Errno::ELOOP | Errno::EISDIR | Errno::ENXIO) => return Err(self.no_file()),
            opened => opened.map_err(|error| named(self.path, error))?,
        };
        let file = fs::File::from_parts(file.into(), self.path);
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(self.no_file())
        }
    }

    fn no_file(&self) -> io::Error {
        let message = format!("{}: not a regular file", self.path);
        io::Error::new(io::ErrorKind::InvalidInput, message)
    }

    /// Opens for writing; what is in the way is set aside.
    fn open_cleared(&self, flags: OFlag) -> io::Result<fs::File> {
        match self.open(flags) {
            Err(error) if self.is_blocked() => {
                tracing::warn!(%error, "set aside");
                self.set_aside()?;
                self.open(flags)
            }
            opened => opened,
        }
    }

    /// Whether something that is no regular file has the name.
    pub(super) fn is_blocked(&self) -> bool {
        fstatat(&self.folder, self.name, AtFlags::AT_SYMLINK_NOFOLLOW)
            .is_ok_and(|about| about.st_mode & nix::libc::S_IFMT != nix::libc::S_IFREG)
    }

    pub(super) fn set_aside(&self) -> io::Result<Utf8PathBuf> {
        set_aside_in(&self.folder, self.path, self.name)
    }

    pub(super) fn rename_to(&self, to: &Self) -> io::Result<()> {
        fault::step().map_err(|error| named_io(to.path, &error))?;
        renameat(&self.folder, self.name, &to.folder, to.name)
            .map_err(|error| named(to.path, error))
    }

    pub(super) fn remove(&self) -> io::Result<()> {
        unlinkat(&self.folder, self.name, UnlinkatFlags::NoRemoveDir)
            .map_err(|error| named(self.path, error))
    }

    fn mode(&self) -> Mode {
        if is_private(self.path) {
            Mode::S_IRUSR | Mode::S_IWUSR
        } else {
            Mode::from_bits_truncate(0o666)
        }
    }
}

/// How a folder is opened.
const FOLDER: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_CLOEXEC);

/// Opens a folder. With `make`, it and those above it that are ours are made, and what is in their way is set aside.
fn open_folder(path: &Utf8Path, make: bool) -> io::Result<OwnedFd> {
    let (trusted, below) = split(path);
    let trusted = if trusted.as_str().is_empty() {
        Utf8Path::new(".")
    } else {
        trusted
    };
    let folder = open_trusted(trusted, make)?;
    if below.as_str().is_empty() {
        return Ok(folder);
    }
    match open_at_once(&folder, below) {
        Some(opened) => Ok(opened),
        None => walk(folder, trusted, below, make),
    }
}

/// Opens a folder whose path may have links.
fn open_trusted(path: &Utf8Path, make: bool) -> io::Result<OwnedFd> {
    let folder = match std::fs::File::open(path.as_std_path()) {
        Err(error) if make && error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(path)?;
            fs::File::open(path)?.into_parts().0
        }
        folder => folder.map_err(|error| named_io(path, &error))?,
    };
    Ok(folder.into())
}

/// Opens a folder below another in one call that refuses links; `None` where [`walk`] must tell why it cannot be opened,
/// make what is missing, or do without that call.
#[cfg(target_os = "linux")]
fn open_at_once(folder: &OwnedFd, below: &Utf8Path) -> Option<OwnedFd> {
    let how = OpenHow::new()
        .flags(FOLDER)
        .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS);
    openat2(folder, below.as_std_path(), how).ok()
}

#[cfg(not(target_os = "linux"))]
fn open_at_once(_folder: &OwnedFd, _below: &Utf8Path) -> Option<OwnedFd> {
    None
}

/// Opens a folder below another, one component after the other.
fn walk(
    mut folder: OwnedFd,
    trusted: &Utf8Path,
    below: &Utf8Path,
    make: bool,
) -> io::Result<OwnedFd> {
    let mut reached = trusted.to_owned();
    for component in below.components() {
        let name = component.as_str();
        reached.push(name);
        let open = || openat(&folder, name, FOLDER | OFlag::O_NOFOLLOW, Mode::empty());
        let opened = match open() {
            Err(Errno::ENOENT) if make => {
                make_folder(&folder, &reached, name)?;
                open()
            }
            Err(Errno::ENOTDIR | Errno::ELOOP) if make => {
                set_aside_in(&folder, &reached, name)?;
                make_folder(&folder, &reached, name)?;
                open()
            }
            opened => opened,
        };
        folder = opened.map_err(|error| named(&reached, error))?;
    }
    Ok(folder)
}

fn make_folder(parent: &OwnedFd, path: &Utf8Path, name: &str) -> io::Result<()> {
    fault::step().map_err(|error| named_io(path, &error))?;
    match mkdirat(parent, name, Mode::S_IRWXU) {
        Ok(()) | Err(Errno::EEXIST) => Ok(()),
        Err(error) => Err(named(path, error)),
    }
}

fn set_aside_in(folder: &OwnedFd, path: &Utf8Path, name: &str) -> io::Result<Utf8PathBuf> {
    for number in 1u64.. {
        let kept = format!("{name}.found-{number}");
        if fstatat(folder, kept.as_str(), AtFlags::AT_SYMLINK_NOFOLLOW).is_ok() {
            continue;
        }
        match renameat(folder, name, folder, kept.as_str()) {
            Ok(()) => {}
            Err(Errno::EEXIST | Errno::ENOTEMPTY | Errno::EISDIR | Errno::ENOTDIR) => continue,
            Err(error) => return Err(named(path, error)),
        }
        let kept = path.with_file_name(kept);
        tracing::warn!(%path, %kept, "set aside");
        let found = SetAside {
            path: path.to_owned(),
            kept: kept.clone(),
        };
        FOUND
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(found);
        return Ok(kept);
    }
    Err(named(path, Errno::EEXIST))
}

/// Makes a folder and those above it that are ours. What is in the way is set aside.
pub fn create_dir_all(path: &Utf8Path) -> io::Result<()> {
    open_folder(path, true).map(drop)
}

/// Makes a folder whose parent exists. Returns whether it is new.
pub fn create_dir(path: &Utf8Path) -> io::Result<bool> {
    let place = Place::find(path, false)?;
    fault::step().map_err(|error| named_io(path, &error))?;
    match mkdirat(&place.folder, place.name, Mode::S_IRWXU) {
        Ok(()) => Ok(true),
        Err(Errno::EEXIST) => Ok(false),
        Err(error) => Err(named(path, error)),
    }
}

/// Opens a regular file for reading.
pub fn open(path: &Utf8Path) -> io::Result<fs::File> {
    Place::find(path, false)?.open(OFlag::O_RDONLY)
}

/// Opens a regular file for reading; `None` if there is none, whatever else has its name.
pub fn open_if_there(path: &Utf8Path) -> io::Result<Option<fs::File>> {
    use io::ErrorKind::{InvalidInput, NotADirectory, NotFound};
    match open(path) {
        Err(error) if matches!(error.kind(), InvalidInput | NotADirectory | NotFound) => Ok(None),
        file => file.map(Some),
    }
}

/// Reads a regular file.
pub fn read(path: &Utf8Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut open(path)?, &mut bytes)?;
    Ok(bytes)
}

/// Opens a file for reading and appending; makes it if it is missing.
pub fn append(path: &Utf8Path) -> io::Result<fs::File> {
    Place::find(path, true)?.open_cleared(OFlag::O_RDWR | OFlag::O_APPEND | OFlag::O_CREAT)
}

/// Opens a file for reading and writing; makes it if it is missing.
pub fn open_or_create(path: &Utf8Path) -> io::Result<fs::File> {
    Place::find(path, true)?.open_cleared(OFlag::O_RDWR | OFlag::O_CREAT)
}

/// Makes an empty file. One that is there loses its name, so that another name of it keeps its content.
pub fn create(path: &Utf8Path) -> io::Result<fs::File> {
    let place = Place::find(path, true)?;
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
    match place.open(flags) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if place.is_blocked() {
                place.set_aside()?;
            } else {
                place.remove()?;
            }
            place.open(flags)
        }
        file => file,
    }
}

/// Moves a file or folder to another name.
pub fn rename(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    Place::find(from, false)?.rename_to(&Place::find(to, true)?)
}

/// Removes a file, if it is there.
pub fn remove_file(path: &Utf8Path) -> io::Result<()> {
    let place = match Place::find(path, false) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        place => place?,
    };
    match place.remove() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(_) if place.is_blocked() => place.set_aside().map(drop),
        removed => removed,
    }
}

/// Gives a file a second name, in place of a file that has it.
pub fn link(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    let (from, to) = (Place::find(from, false)?, Place::find(to, true)?);
    fault::step().map_err(|error| named_io(to.path, &error))?;
    let linked = || {
        linkat(
            &from.folder,
            from.name,
            &to.folder,
            to.name,
            AtFlags::empty(),
        )
    };
    let result = match linked() {
        Err(Errno::EEXIST) => {
            if to.is_blocked() {
                to.set_aside()?;
            } else {
                to.remove()?;
            }
            linked()
        }
        result => result,
    };
    result.map_err(|error| named(to.path, error))
}

/// Copies a file, however long it is.
pub fn copy(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    let mut source = open(from)?;
    let draft = draft_of(to);
    let mut target = create(&draft)?;
    let copied = fault::step().and_then(|()| io::copy(&mut source, &mut target));
    if let Err(error) = copied.and_then(|_| put(&draft, to)) {
        let _ = remove_file(&draft);
        return Err(error);
    }
    Ok(())
}

/// Moves a draft to its file's place. What is in the way, and no file, is set aside.
pub(super) fn put(draft: &Utf8Path, path: &Utf8Path) -> io::Result<()> {
    let (from, to) = (Place::find(draft, false)?, Place::find(path, true)?);
    if is_private(path) && to.is_blocked() {
        to.set_aside()?;
    }
    from.rename_to(&to)
}

/// Sets aside whatever has a name; nothing, if nothing has it.
pub fn set_aside(path: &Utf8Path) -> io::Result<Option<Utf8PathBuf>> {
    match Place::find(path, true)?.set_aside() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        kept => kept.map(Some),
    }
}

/// Returns the name of a draft of a file, which an agent cannot foresee. It names its writer, so that a draft of a dead one is
/// recognised.
pub(super) fn draft_of(path: &Utf8Path) -> Utf8PathBuf {
    let random = RandomState::new().hash_one(path);
    let name = path.file_name().unwrap_or("file");
    path.with_file_name(format!(".{name}.{random:016x}.{}.tmp", std::process::id()))
}

/// Syncs a folder, so that the names in it survive a power cut.
pub(super) fn sync_folder(path: &Utf8Path) -> io::Result<()> {
    fault::step().map_err(|error| named_io(path, &error))?;
    let folder = open_folder(path, false)?;
    std::fs::File::from(folder.as_fd().try_clone_to_owned()?).sync_all()
}

fn named(path: &Utf8Path, error: Errno) -> io::Error {
    named_io(path, &error.into())
}

fn named_io(path: &Utf8Path, error: &io::Error) -> io::Error {
    // These have no kind of their own, so their number must stay.
    if let Some(number @ (nix::libc::EMFILE | nix::libc::ENFILE)) = error.raw_os_error() {
        return io::Error::from_raw_os_error(number);
    }
    io::Error::new(error.kind(), format!("{path}: {error}"))
}
