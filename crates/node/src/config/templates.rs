//! What can be set about templates: the table `[templates]`.
//!
//! Not here: what templates do (room `engine`), the namespaces of prefixes, which are values in the
//! store.

use super::ParseError;
use super::settings::settings;
use engine::authority::TemplateSettings;
use model::Namespace;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The longest namespace that is read, in octets: the longest value that a record can hold. More
/// is refused.
const NAMESPACE_OCTETS_MAX: usize = model::record::VALUES_OCTETS_MAX;

settings! {
    /// Templates: how identifiers are answered that nobody has registered. Usually the prefix's
    /// record says so in an `HS_NAMESPACE` value; here a node can be told for prefixes that do not.
    TemplatesConfig {
        /// The namespace of prefixes that have none of their own, as the XML of an `HS_NAMESPACE`
        /// value.
        namespace: Option<String> = None, Restart;
        /// The file that holds this namespace instead; relative to the data folder.
        namespace_file: Option<PathBuf> = None, Restart;
        /// What splits an identifier into base and extension where the namespace does not say.
        /// Without templates, an identifier then has the values of its base.
        delimiter: Option<String> = None, Restart;
        /// Whether these settings go before the namespaces of the prefixes, which are then not
        /// looked up.
        overrides: bool = false, Restart;
    }
}

impl TemplatesConfig {
    /// Checks what the single settings mean together. The file is read by
    /// [`settings`](Self::settings) alone.
    ///
    /// # Errors
    /// [`ParseError::Both`], [`ParseError::Namespace`], [`ParseError::NoDelimiter`].
    pub fn check(&self) -> Result<(), ParseError> {
        if self.namespace.is_some() && self.namespace_file.is_some() {
            return Err(ParseError::Both {
                one: "templates.namespace",
                other: "templates.namespace_file",
            });
        }
        if self.delimiter.as_deref() == Some("") {
            return Err(ParseError::NoDelimiter);
        }
        let namespace = self.namespace.as_deref().map(str::as_bytes);
        match namespace.map(Namespace::parse).transpose() {
            Ok(_) => Ok(()),
            Err(source) => Err(ParseError::Namespace { source }),
        }
    }

    /// What the engine is told, with the namespace's file read.
    ///
    /// # Errors
    /// [`TemplatesError`].
    pub fn settings(&self) -> Result<TemplateSettings, TemplatesError> {
        let namespace = match (&self.namespace, &self.namespace_file) {
            (Some(text), _) => Some(Namespace::parse(text.as_bytes())?),
            (None, Some(path)) => Some(read_namespace(path)?),
            (None, None) => None,
        };
        Ok(TemplateSettings {
            namespace,
            delimiter: self.delimiter.clone(),
            overrides: self.overrides,
        })
    }
}

/// Why the configured namespace cannot be used. The operator corrects it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TemplatesError {
    /// The operating system does not give its file.
    #[error("templates.namespace_file {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// What is in its file is no namespace.
    #[error("templates.namespace_file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: model::Error,
    },
    /// The text is no namespace.
    #[error("templates.namespace: {0}")]
    Text(#[from] model::Error),
}

fn read_namespace(path: &Path) -> Result<Namespace, TemplatesError> {
    let io_error = |source| TemplatesError::Io {
        path: path.to_owned(),
        source,
    };
    let mut octets = Vec::new();
    // One octet more than may be: whoever gives a device does not fill the memory.
    let limit = NAMESPACE_OCTETS_MAX as u64 + 1;
    let file = File::open(path).map_err(io_error)?;
    let read = file.take(limit).read_to_end(&mut octets);
    if read.map_err(io_error)? > NAMESPACE_OCTETS_MAX {
        let reason = format!("it has more than {NAMESPACE_OCTETS_MAX} octets");
        return Err(io_error(io::Error::other(reason)));
    }
    Namespace::parse(&octets).map_err(|source| TemplatesError::File {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    const NAMESPACE: &str = "<namespace><template delimiter='@'/></namespace>";

    fn read(text: &str) -> Result<TemplateSettings, String> {
        let config = Config::parse(&format!("[templates]\n{text}"));
        let config = config.map_err(|error| error.to_string())?;
        config
            .templates
            .settings()
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_is_what_the_engine_is_told() {
        let told = read(&format!(
            "namespace = \"{NAMESPACE}\"\ndelimiter = \"#\"\noverrides = true"
        ));
        let expected = TemplateSettings {
            namespace: Some(Namespace::parse(NAMESPACE.as_bytes()).unwrap()),
            delimiter: Some("#".into()),
            overrides: true,
        };
        assert_eq!(told, Ok(expected));
        assert_eq!(read(""), Ok(TemplateSettings::default()));
    }

    #[test]
    fn a_namespace_may_stand_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("namespace.xml");
        let read = || read(&format!("namespace_file = \"{}\"", path.display()));
        let error = read().unwrap_err();
        assert!(error.contains("namespace.xml: No such file"), "{error}");
        std::fs::write(&path, NAMESPACE).unwrap();
        assert!(read().unwrap().namespace.is_some());
        std::fs::write(&path, "<other/>").unwrap();
        let error = read().unwrap_err();
        assert!(error.contains("namespace.xml: "), "{error}");
        std::fs::write(&path, vec![b' '; NAMESPACE_OCTETS_MAX + 1]).unwrap();
        let error = read().unwrap_err();
        assert!(error.contains("it has more than"), "{error}");
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let check = |text: &str, said: &str| {
            let error = read(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        };
        check("namespace = \"<names\"", "templates.namespace: ");
        check("namespace = \"<other/>\"", "should be <namespace>");
        check("delimiter = \"\"", "templates.delimiter must hold");
        let both = format!("namespace = \"{NAMESPACE}\"\nnamespace_file = \"f\"");
        check(&both, "templates.namespace and templates.namespace_file");
    }
}
