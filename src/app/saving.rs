//! A file that is written whole or not at all, and over nothing that is there unless that is wanted.

use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes a text to a file that only its owner may read: it is made beside its place and put there at the end.
///
/// # Errors
/// What is wrong, with what to do, in one line.
pub fn save(path: &Path, text: &str, replace: bool) -> Result<(), String> {
    let named = path.display();
    let cannot = |error: &dyn std::fmt::Display| format!("{named} was not written: {error}");
    let folder = path.parent().filter(|folder| folder.is_dir());
    let Some(folder) = folder else {
        return Err(cannot(&"there is no such folder; make it first"));
    };
    if path.is_dir() {
        return Err(cannot(&"it is a folder; name a file in it"));
    }
    let mut file = NamedTempFile::new_in(folder).map_err(|error| cannot(&error))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.as_file().sync_all())
        .map_err(|error| cannot(&error))?;
    let put = if replace {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    };
    match put {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(cannot(&"it is there already; :export! replaces it"))
        }
        Err(error) => Err(cannot(&error.error)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_written_once_and_replaced_only_where_that_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.dot");
        save(&path, "one", false).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let why = save(&path, "two", false).unwrap_err();
        assert!(why.contains("a.dot") && why.contains(":export!"), "{why}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        save(&path, "three", true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "three");
        // Nothing is left beside it.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_not_made_and_one_that_is_stays() {
        let folder = tempfile::tempdir().unwrap();
        let why = save(&folder.path().join("deep/a.dot"), "x", true).unwrap_err();
        assert!(why.contains("make it first"), "{why}");
        let why = save(folder.path(), "x", true).unwrap_err();
        assert!(why.contains("is a folder"), "{why}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
