//! `ligand vdr`: common resources brought to a running server and back, and mapped over files.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use ligand_engine::transform::{Direction, Mapping, Records, Transformation, effective};
use ligand_model::level::Level;
use serde_json::{Value, json};

use super::element::Server;
use super::{Failed, block_on, sentence};

/// What to do with common resources.
#[derive(Debug, Subcommand)]
pub(super) enum Vdr {
    /// Imports exported common resources, as they are, into a running server.
    Import(Import),
    /// Writes common resources of a running server as files, or one to standard output.
    Export(Export),
    /// Maps the records of standard input by an exported common resource, without its script. No server is needed.
    Map(Map),
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// Exported files, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// Name or id; all of them without.
    name: Option<String>,
    /// The folder that files are written to [default: standard output for one, the present folder for all].
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Args)]
pub(super) struct Map {
    /// The exported common resource.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Key of the element whose mapping counts; not needed when there is only one.
    #[arg(long)]
    element: Option<String>,
    /// From the common shape to the vendor's.
    #[arg(long)]
    to_vendor: bool,
}

impl Vdr {
    pub(super) fn run(self) -> Result<ExitCode, Failed> {
        match self {
            Self::Import(import) => block_on(import.run())?,
            Self::Export(export) => block_on(export.run())?,
            Self::Map(map) => map.run(),
        }
    }
}

impl Import {
    async fn run(self) -> Result<ExitCode, Failed> {
        let remote = self.server.connect()?;
        let mut files = Vec::new();
        for path in &self.paths {
            gather(path, &mut files)?;
        }
        let mut failed = false;
        for (file, body) in files {
            match remote.send("PUT", "/vdrs/import", body.into_bytes()).await {
                Ok(made) => {
                    let name = made
                        .get("objectName")
                        .and_then(Value::as_str)
                        .unwrap_or_default();
                    writeln!(std::io::stdout(), "{name}\t{}", file.display())?;
                }
                Err(error) => {
                    failed = true;
                    writeln!(
                        std::io::stderr(),
                        "{}: {}",
                        file.display(),
                        sentence(&*error)
                    )?;
                }
            }
        }
        Ok(if failed {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }
}

/// The exports at a path: a file, or of a folder what its exports are (whole files, or a definition and its mappings
/// in folders of their own).
fn gather(path: &Path, files: &mut Vec<(PathBuf, String)>) -> Result<(), Failed> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
    };
    if !path.is_dir() {
        files.push((path.to_owned(), read(path)?));
        return Ok(());
    }
    let mut inside: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(|error| format!("{}: {error}", path.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    inside.sort();
    let whole = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    };
    if inside.iter().any(whole) {
        for file in inside.into_iter().filter(whole) {
            files.push((file.clone(), read(&file)?));
        }
        return Ok(());
    }
    let definition = path.join("definition/objectDefinition.json");
    if definition.is_file() {
        let parse = |path: &Path| -> Result<Value, Failed> {
            let text = read(path)?;
            serde_json::from_str(&text)
                .map_err(|error| format!("{}: {error}", path.display()).into())
        };
        let mut mapped = serde_json::Map::new();
        let folder = path.join("transformation");
        let elements = if folder.is_dir() {
            std::fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?
        } else {
            Vec::new()
        };
        for element in elements {
            let file = element.path().join("transformation.json");
            if file.is_file() {
                mapped.insert(
                    element.file_name().to_string_lossy().into_owned(),
                    parse(&file)?,
                );
            }
        }
        let body = json!({"definition": parse(&definition)?, "transformation": mapped});
        files.push((path.to_owned(), body.to_string()));
        return Ok(());
    }
    for folder in inside.iter().filter(|path| path.is_dir()) {
        gather(folder, files)?;
    }
    Ok(())
}

impl Export {
    async fn run(self) -> Result<ExitCode, Failed> {
        let remote = self.server.connect()?;
        let names = if let Some(name) = &self.name {
            vec![name.clone()]
        } else {
            let all = remote.send("GET", "/common-resources", Vec::new()).await?;
            let rows = all.as_array().into_iter().flatten();
            rows.filter_map(|row| row.get("name")?.as_str().map(str::to_owned))
                .collect()
        };
        for name in names {
            let quoted =
                percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
            let path = format!("/vdrs/{quoted}/export");
            let exported = remote.send("GET", &path, Vec::new()).await?;
            let text = format!("{exported:#}\n");
            if self.name.is_some() && self.to.is_none() {
                std::io::stdout().write_all(text.as_bytes())?;
                continue;
            }
            let folder = self.to.clone().unwrap_or_else(|| PathBuf::from("."));
            std::fs::create_dir_all(&folder)?;
            let file = exported
                .get("vdrName")
                .and_then(Value::as_str)
                .unwrap_or(&name);
            std::fs::write(folder.join(format!("{file}.json")), text)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Map {
    fn run(self) -> Result<ExitCode, Failed> {
        let mapping = self.mapping()?;
        let direction = if self.to_vendor {
            Direction::ToVendor
        } else {
            Direction::FromVendor
        };
        let mut records = Records::new(&mapping, direction);
        let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
        let (mut piece, mut out) = (vec![0_u8; 256 * 1024], Vec::new());
        let broken = |_| Failed::from("the input is not valid JSON");
        loop {
            let count = input.read(&mut piece)?;
            if count == 0 {
                break;
            }
            records
                .feed(piece.get(..count).unwrap_or_default(), &mut out)
                .map_err(broken)?;
            output.write_all(&out)?;
            out.clear();
        }
        records.end(&mut out).map_err(broken)?;
        output.write_all(&out)?;
        output.flush()?;
        Ok(ExitCode::SUCCESS)
    }

    fn mapping(&self) -> Result<Mapping, Failed> {
        let text = std::fs::read_to_string(&self.file)
            .map_err(|error| format!("{}: {error}", self.file.display()))?;
        let export: Value = serde_json::from_str(&text)
            .map_err(|error| format!("{}: {error}", self.file.display()))?;
        let mapped = export.get("transformation").and_then(Value::as_object);
        let mapped = mapped
            .filter(|mapped| !mapped.is_empty())
            .ok_or("the file has no `transformation`")?;
        let one = match &self.element {
            Some(key) => mapped.get(key),
            None if mapped.len() == 1 => mapped.values().next(),
            None => None,
        };
        let keys: Vec<&str> = mapped.keys().map(String::as_str).collect();
        let one = one.ok_or_else(|| format!("say --element; the file maps {}", keys.join(", ")))?;
        let read = Transformation::read(one, Level::Organization)?;
        let whole = effective(&[read]).ok_or("there is nothing to map")?;
        Ok(Mapping::compile(&whole))
    }
}
