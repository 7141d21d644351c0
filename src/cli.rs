//! The command line: what may be said, and what it comes to together with the configuration.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::config::Config;
use crate::model::key::TypeKey;
use crate::model::observation::NamespaceChoice;
use crate::model::query::network::Grouping;
use crate::model::text::{self, Text};
use crate::sources::kubernetes::Session;
use crate::sources::{sensor, zipkin};

const EXAMPLES: &str = "\
Examples:
  portolan demo                             a system in the box, to try things on
  portolan                                  the context's namespace, on screen
  portolan -n shop,bank --zipkin http://localhost:9411
  portolan -A --read-only                   everything, and no way to change it
  portolan model -A --format json           the model for scripts
  portolan graph -n shop                    who calls whom, as boxes and lines of characters
  portolan graph --focus cart --format svg  who calls cart and whom it calls, as a picture
  portolan events -n shop                   what happens, line by line
  portolan why cart -n shop                 who a name in traces is, and why

Inside, `?` lists all keys and `:` runs any action by its name.";

/// Charts a running microservice system on Kubernetes: what it is made of, who calls whom, what just changed.
#[derive(Clone, Debug, Parser)]
#[command(name = "portolan", version, about, after_help = EXAMPLES)]
pub struct Cli {
    /// What holds for the screen and for the subcommands.
    #[command(flatten)]
    pub flags: Flags,
    /// Without one, the screen.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags that may stand before or after a subcommand.
#[derive(Args, Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own, as clap reads them"
)]
pub struct Flags {
    /// Read this kubeconfig instead of those of KUBECONFIG or ~/.kube/config
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Use this context of the kubeconfig instead of its current one
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Look at these namespaces instead of the context's own; several with commas
    #[arg(short, long = "namespace", global = true, value_name = "NS", value_delimiter = ',', value_parser = namespace)]
    pub namespaces: Vec<String>,
    /// Look at all namespaces
    #[arg(short = 'A', long, global = true)]
    pub all_namespaces: bool,
    /// Ask this Zipkin server who calls whom
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "ZIPKIN_URL",
        hide_env_values = true
    )]
    pub zipkin: Option<String>,
    /// Start unlocked: changes need no :write first
    #[arg(long, global = true)]
    pub write: bool,
    /// Take away the possibility to change anything
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Draw with ASCII characters only; on screen chosen by itself where the locale is not UTF-8
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Write the log to this file; `PORTOLAN_LOG` says how much (info, portolan=debug, …)
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}

/// Without a screen.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Try Portolan on a simulated cluster, which needs nothing else
    ///
    /// A small cluster and a tracing back end start inside the program, on free ports of 127.0.0.1; the
    /// mRUBiS auction shop runs in it, and things go wrong. Nothing of it is left when the program ends.
    Demo(DemoFlags),
    /// Print the model once its first lists are complete, and exit
    ///
    /// Exit codes: 0 when the model was printed, also when a kind may not be listed (stderr says which);
    /// 1 when nothing could be listed or time ran out; 2 for wrong usage.
    Model {
        /// How it is printed
        #[arg(long, value_enum, default_value_t = ModelFormat::Tree)]
        format: ModelFormat,
        /// Also print counts of calls, statistics and times, which change by the second
        #[arg(long)]
        telemetry: bool,
        /// Give up after so many seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
        timeout: u64,
    },
    /// Draw who calls whom, and exit
    ///
    /// Exit codes: 0 when it was drawn, also when a kind may not be listed (stderr says which); 1 when nothing has
    /// the name to focus on (stderr says which names are near), the file cannot be read, nothing could be listed
    /// or time ran out; 2 for wrong usage.
    Graph(GraphFlags),
    /// Say who a name is, and why; why something is not known, or is not called
    ///
    /// The name is one in traces, a component type's (also as namespace/Kind/name), a Service's or a pod's.
    /// Exit codes: 0 when it was answered; 1 when nothing has the name (stderr says which names are near),
    /// nothing could be listed or time ran out; 2 for wrong usage.
    Why {
        /// The name
        name: String,
        /// How it is printed
        #[arg(long, value_enum, default_value_t = WhyFormat::Text)]
        format: WhyFormat,
        /// Give up after so many seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
        timeout: u64,
    },
    /// Print what happened so far, then follow what happens until ctrl-c
    Events {
        /// How each line is printed
        #[arg(long, value_enum, default_value_t = EventsFormat::Text)]
        format: EventsFormat,
        /// Wait so many seconds for the first lists
        #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
        timeout: u64,
        /// End after following for so many seconds
        #[arg(long = "for", value_name = "SECONDS")]
        follow: Option<u64>,
    },
}

/// What `portolan graph` may be told.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct GraphFlags {
    /// Draw only what this name is, its callers and its callees; also as namespace/name or namespace/Kind/name
    #[arg(long, value_name = "NAME")]
    pub focus: Option<String>,
    /// With --focus: so many hops each way
    #[arg(long, value_name = "N", default_value_t = 1, requires = "focus", value_parser = hops)]
    pub hops: usize,
    /// Draw a model that `portolan model --format json` saved, instead of asking a cluster; - is standard input
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// In which language it is drawn
    #[arg(long, value_enum, default_value_t = GraphFormat::Text)]
    pub format: GraphFormat,
    /// Of text and svg: columns and rows [default: 160x45 with --focus, else as many as show all]
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub size: Option<Size>,
    /// By what elements are gathered
    #[arg(long, value_enum, value_name = "BY", default_value_t = GroupBy::None)]
    pub group: GroupBy,
    /// Also draw what is well and has no links
    #[arg(long)]
    pub unlinked: bool,
    /// Of dot and mermaid: also rates, errors and durations, which change by the second; text and svg always have
    /// those that are known
    #[arg(long)]
    pub telemetry: bool,
    /// Give up after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
}

/// In which language a picture is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Boxes and lines of characters.
    Text,
    /// The same as a picture for browsers and documents.
    Svg,
    /// For Graphviz.
    Dot,
    /// For wikis and code hosts.
    Mermaid,
}

/// By what elements are gathered in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GroupBy {
    /// Not at all.
    None,
    /// By the label app.kubernetes.io/part-of, within a namespace.
    Application,
    /// By namespace.
    Namespace,
}

impl From<GroupBy> for Grouping {
    fn from(by: GroupBy) -> Self {
        match by {
            GroupBy::None => Self::None,
            GroupBy::Application => Self::Application,
            GroupBy::Namespace => Self::Namespace,
        }
    }
}

/// The size of a picture, in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Size {
    /// The least one that may be asked for and has so many columns and rows.
    #[must_use]
    pub fn of(columns: usize, rows: usize) -> Option<Self> {
        let [widths, heights] = SIZES;
        let width = u16::try_from(columns).ok()?.max(*widths.start());
        let height = u16::try_from(rows).ok()?.max(*heights.start());
        let allowed = widths.contains(&width) && heights.contains(&height);
        allowed.then_some(Self { width, height })
    }
}

/// Most hops each way: more than any system is deep.
const MOST_HOPS: usize = 1_000;
/// Fewest and most columns and rows of a picture.
const SIZES: [std::ops::RangeInclusive<u16>; 2] = [40..=1_000, 10..=1_000];

/// What `portolan demo` may be told.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct DemoFlags {
    /// Keep it up without the screen, for kubectl and for portolan in other terminals
    #[arg(long)]
    pub serve: bool,
    /// Run the system that this file describes (assets/demo/mrubis.toml is one, and says how)
    #[arg(long, value_name = "FILE")]
    pub system: Option<PathBuf>,
    /// Repeat the system until there are about so many pods
    #[arg(long, value_name = "PODS", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub scale_to: Option<u32>,
    /// Chance: the same number gives the same demo
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// Let time pass so many times as fast in the demo, whose clock then runs ahead of yours
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub speed: u32,
    /// Nothing goes wrong by itself; :fault still can
    #[arg(long)]
    pub calm: bool,
}

/// How the model is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModelFormat {
    /// For scripts; assets/model-schema.md describes it.
    Json,
    /// For people.
    Tree,
    /// A CompArch model (EMF XMI) for its tools; assets/comparch.md says what is from where.
    Comparch,
    /// The same CompArch model as JSON.
    ComparchJson,
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WhyFormat {
    /// One JSON object.
    Json,
    /// For people.
    Text,
}

/// How events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EventsFormat {
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

/// Whether Portolan may change the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// Only after it was unlocked.
    Locked,
    /// From the start.
    Write,
    /// Never.
    ReadOnly,
}

/// Everything that a start needs to know.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The Kubernetes session, read but not yet connected.
    pub session: Session,
    /// The first choice of namespaces.
    pub namespaces: NamespaceChoice,
    /// The tracing server, where there is one.
    pub zipkin: Option<zipkin::Settings>,
    /// Whether the cluster may be changed.
    pub mode: WriteMode,
    /// ASCII characters only.
    pub ascii: bool,
    /// Times in UTC instead of the local zone.
    pub utc: bool,
    /// The person's own telemetry names.
    pub mapping: Vec<(Text, TypeKey)>,
    /// The person's own keys, by the action's name.
    pub keys: BTreeMap<String, String>,
    /// Endpoints that are read beside the cluster and its traces.
    pub sensors: sensor::Settings,
}

/// Why Portolan did not start: one line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Something was said wrong; exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The world is not as it was said; exit code 1.
    #[error("{0}")]
    World(String),
}

impl Fault {
    /// The exit code.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::World(_) => 1,
        }
    }
}

/// What the arguments ask for.
#[derive(Clone, Debug)]
pub enum Asked {
    /// To run.
    Run(Box<Cli>),
    /// To print a text (help, version) on stdout and leave.
    Print(String),
}

/// Reads the arguments, the program's name first.
///
/// # Errors
/// [`Fault::Usage`] in one line.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Asked, Fault> {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                    Ok(Asked::Print(error.render().to_string()))
                }
                _ => Err(Fault::Usage(one_line(&error))),
            };
        }
    };
    if let Some(Command::Graph(graph)) = &cli.command
        && graph.size.is_some()
        && matches!(graph.format, GraphFormat::Dot | GraphFormat::Mermaid)
    {
        let line = "--size is for --format text and svg: in the other languages the program that draws decides";
        return Err(Fault::Usage(line.to_owned()));
    }
    if let Some(Command::Graph(graph)) = &cli.command
        && graph.focus.is_some()
        && graph.group != GroupBy::None
        && matches!(graph.format, GraphFormat::Text | GraphFormat::Svg)
    {
        let line = "the picture around a name has no groups: leave --group out, or draw it with --format dot or mermaid";
        return Err(Fault::Usage(line.to_owned()));
    }
    // Not `conflicts_with`: of flags on both sides of a subcommand, clap sees only one at a time.
    let flags = &cli.flags;
    for (one, other, both) in [
        (
            "--namespace",
            "--all-namespaces",
            !flags.namespaces.is_empty() && flags.all_namespaces,
        ),
        ("--write", "--read-only", flags.write && flags.read_only),
    ] {
        if both {
            let line = format!("{one} and {other} exclude each other: leave one out");
            return Err(Fault::Usage(line));
        }
    }
    Ok(Asked::Run(Box::new(cli)))
}

/// clap's message without its paragraphs.
fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let said: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty())
        .collect();
    let said = said.join(" ");
    let said = said.strip_prefix("error: ").unwrap_or(&said);
    format!("{said}; `portolan --help` lists what there is")
}

/// The whole help, for the generated reference.
#[must_use]
pub fn help() -> String {
    Cli::command().render_long_help().to_string()
}

/// A namespace's name as Kubernetes allows it.
fn namespace(raw: &str) -> Result<String, String> {
    let raw = raw.trim();
    if text::is_label(raw) {
        Ok(raw.to_owned())
    } else {
        Err("a namespace has at most 63 lower-case letters, digits and '-', which is not at either end".to_owned())
    }
}

fn hops(raw: &str) -> Result<usize, String> {
    let hops = raw
        .trim()
        .parse()
        .ok()
        .filter(|n| (1..=MOST_HOPS).contains(n));
    hops.ok_or_else(|| format!("a number from 1 to {MOST_HOPS}"))
}

/// `160x45`.
fn size(raw: &str) -> Result<Size, String> {
    let [columns, rows] = SIZES;
    let read = |part: &str| part.trim().parse::<u16>().ok();
    let sides = raw.split_once(['x', 'X']);
    let sides = sides.and_then(|(width, height)| read(width).zip(read(height)));
    let sides = sides.filter(|(w, h)| columns.contains(w) && rows.contains(h));
    sides
        .map(|(width, height)| Size { width, height })
        .ok_or_else(|| {
            format!(
                "columns and rows as 160x45: {} to {} columns, {} to {} rows",
                columns.start(),
                columns.end(),
                rows.start(),
                rows.end()
            )
        })
}

/// Reads the kubeconfig; asks no server.
///
/// # Errors
/// [`Fault`], in one line that says what to do.
pub fn session(flags: &Flags) -> Result<Session, Fault> {
    Session::open(flags.kubeconfig.clone(), flags.context.clone())
        .map_err(|error| Fault::World(error.to_string()))
}

/// Puts flags, configuration and the session together.
///
/// # Errors
/// [`Fault`], in one line that says what to do.
pub fn launch(flags: &Flags, config: Config, session: Session) -> Result<Launch, Fault> {
    let zipkin = match (&flags.zipkin, &config.zipkin) {
        (Some(url), _) if !url.trim().is_empty() => Some((url, "--zipkin or ZIPKIN_URL")),
        (_, Some(url)) => Some((url, "zipkin in the configuration")),
        _ => None,
    };
    let zipkin = zipkin
        .map(|(url, place)| {
            zipkin::Settings::new(url).map_err(|error| Fault::Usage(format!("{place}: {error}")))
        })
        .transpose()?;
    let namespaces = if flags.all_namespaces {
        NamespaceChoice::All
    } else if flags.namespaces.is_empty() {
        NamespaceChoice::one(session.namespace())
    } else {
        NamespaceChoice::Only(flags.namespaces.iter().map(|n| text::name(n)).collect())
    };
    let writable = config
        .writable_contexts
        .iter()
        .any(|name| **name == **session.context());
    let mode = if flags.read_only {
        WriteMode::ReadOnly
    } else if flags.write || writable {
        WriteMode::Write
    } else {
        WriteMode::Locked
    };
    Ok(Launch {
        session,
        namespaces,
        zipkin,
        mode,
        ascii: flags.ascii || config.ascii,
        utc: config.utc,
        mapping: config.mapping,
        keys: config.keys,
        sensors: sensor::Settings::new(config.sensors),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Cli, Fault> {
        let args = std::iter::once("portolan").chain(line.split_whitespace());
        match parse(args.map(OsString::from))? {
            Asked::Run(cli) => Ok(*cli),
            Asked::Print(text) => panic!("{text}"),
        }
    }

    #[test]
    fn clap_finds_nothing_wrong_with_it() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_stand_on_either_side_of_the_subcommand() {
        for line in [
            "-n a,b --zipkin http://z:9411 model --format json",
            "model --format json -n a,b --zipkin http://z:9411",
            "model -n a -n b --zipkin http://z:9411 --format json",
        ] {
            let cli = parsed(line).unwrap();
            assert_eq!(cli.flags.namespaces, ["a", "b"], "{line}");
            assert_eq!(cli.flags.zipkin.as_deref(), Some("http://z:9411"), "{line}");
            assert!(matches!(
                cli.command,
                Some(Command::Model {
                    format: ModelFormat::Json,
                    telemetry: false,
                    timeout: 30
                })
            ));
        }
    }

    #[test]
    fn wrong_usage_is_one_line_with_code_2() {
        for (line, says) in [
            ("-A -n shop", "exclude each other"),
            ("-A model -n shop", "exclude each other"),
            ("--write events --read-only", "exclude each other"),
            ("-n Shop", "lower-case"),
            ("-n a,,b", "lower-case"),
            ("-n -a", "portolan --help"),
            ("model --format xml", "json"),
            ("model --format emf", "comparch-json"),
            ("model --timeout 0", "1.."),
            ("modell", "portolan --help"),
            ("--zipkim x", "--zipkin"),
        ] {
            let fault = parsed(line).unwrap_err();
            let text = fault.to_string();
            assert!(text.contains(says), "{line}: {text}");
            assert!(!text.contains('\n'), "{line}: {text}");
            assert_eq!(fault.code(), 2);
        }
    }

    #[test]
    fn help_and_version_are_printed() {
        for (flag, says) in [("--help", "--zipkin"), ("--version", "portolan 0.")] {
            let args = ["portolan", flag].map(OsString::from);
            match parse(args).unwrap() {
                Asked::Print(text) => assert!(text.contains(says), "{text}"),
                Asked::Run(_) => panic!("{flag} runs"),
            }
        }
    }
}
