//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// A server for worlds of AI characters
#[derive(Debug, Parser)]
#[command(
    name = "parlor",
    version,
    about = "A server for worlds of AI characters",
    after_help = "Start here:\n  parlor up                       Friends talk, nothing to install, no key\n  parlor play friends --seed 7    one conversation on the terminal, the same every time\n  parlor new teahouse             write a world of your own"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Settings that every command takes; each is also a key of the settings file and a variable.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Settings (also in parlor.toml, .env, or as PARLOR_.. variables)")]
pub(crate) struct SettingsArgs {
    /// Settings file [default: parlor.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", env = "PARLOR_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Where messages travel: embedded, amqp://.., or kafka://..
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) bus: Option<String>,
    /// Where things are kept: sqlite, sqlite:FILE, or postgres://..
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) store: Option<String>,
    /// What may be forgotten: memory, or redis://..
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) cache: Option<String>,
    /// Language model of worlds that name none: auto (a key in the environment decides), none (no
    /// model at all), gemini:MODEL, openai:MODEL[@http://host/v1], anthropic:MODEL or ollama:MODEL
    #[arg(long, global = true, value_name = "MODEL")]
    pub(crate) llm: Option<String>,
    /// Directory for what the embedded default writes
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Pause between lines: 0, 30ms, 1s, ..
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) pace: Option<String>,
    /// Seed of the dice
    #[arg(long, global = true, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// Address to listen on
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// Serve the API alone, without the web page
    #[arg(long, global = true)]
    pub(crate) no_web: bool,
    /// Where people sign in, when that is another process: HOST:PORT of the role auth [default: here]
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub(crate) auth_addr: Option<String>,
    /// Where the characters that people talk with are looked after, when that is another process:
    /// HOST:PORT of the role characters [default: in the gateway]
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub(crate) characters_addr: Option<String>,
    /// Where a gateway hands people on who talk with characters: HOST:PORT of a chat-ws
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub(crate) chat_addr: Option<String>,
    /// Who may stop and start roles, replay and drop dead letters over HTTP [default: loopback]
    #[arg(long, global = true, value_name = "WHO")]
    pub(crate) ops: Option<Ops>,
    /// What is logged, by level or target (warn, info, parlor_bus=debug, ..)
    #[arg(long, global = true, value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// Form of the log
    #[arg(long, global = true, value_name = "FORM")]
    pub(crate) log_format: Option<LogFormat>,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Who may stop and start roles, replay and drop dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ops {
    /// Whoever may call the server
    Open,
    /// Who calls from this machine, and by no proxy
    Loopback,
    /// Nobody
    Off,
}

/// Form of a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Jsonl,
}

/// Form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON object a line
    Jsonl,
    /// A document
    Markdown,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a server with everything in it
    #[command(
        after_help = "Examples:\n  parlor up\n  parlor up teahouse.toml --pace 0\n  parlor up --split --bus amqp://localhost --store postgres://localhost/parlor"
    )]
    Up(UpArgs),
    /// Run one role as a process of its own (needs a shared bus and store)
    #[command(
        after_help = "Examples:\n  parlor run gateway --bus amqp://localhost --store postgres://localhost/parlor\n  parlor run character --world friends --name Ross --bus .. --store ..\n  parlor run relay --bus .. --store .."
    )]
    Run(RunArgs),
    /// Play one conversation and its gossip on the terminal, without a server
    #[command(
        after_help = "Examples:\n  parlor play friends --from ross --to rachel --seed 7\n  parlor play teahouse.toml --topic 'the rain' --format jsonl"
    )]
    Play(PlayArgs),
    /// Replay a recorded run without any model, or take another turn from one of its messages
    #[command(
        after_help = "Examples:\n  parlor play --record tale.jsonl --seed 7\n  parlor replay tale.jsonl\n  parlor replay tale.jsonl --fork CONVERSATION:4 --seed 8"
    )]
    Replay(ReplayArgs),
    /// Check world files and report everything that is wrong with them
    #[command(after_help = "Example:\n  parlor check teahouse.toml")]
    Check {
        /// World files, or names of bundled worlds
        #[arg(required = true, value_name = "WORLD")]
        worlds: Vec<String>,
        /// Print problems as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a JSON Schema for editors
    #[command(after_help = "Example:\n  parlor schema world > world.schema.json")]
    Schema {
        /// Of what
        what: SchemaKind,
    },
    /// Print the OpenAPI document of the HTTP API, as a server has it at /openapi.json
    #[command(after_help = "Example:\n  parlor openapi > openapi.json")]
    Openapi {
        /// World files, or names of bundled worlds, whose trigger paths are to be in it
        #[arg(value_name = "WORLD")]
        worlds: Vec<String>,
    },
    /// Write a small world to start from
    #[command(after_help = "Example:\n  parlor new teahouse && parlor up teahouse.toml")]
    New {
        /// Name of the world; the file is NAME.toml
        name: String,
        /// Replace the file if it is there
        #[arg(long)]
        force: bool,
    },
    /// Follow what happens on a running server
    #[command(
        after_help = "Examples:\n  parlor watch\n  parlor watch --world friends --format jsonl | jq .text"
    )]
    Watch {
        #[command(flatten)]
        server: ServerArgs,
        /// Only this world
        #[arg(long)]
        world: Option<String>,
        /// Only this conversation
        #[arg(long)]
        conversation: Option<String>,
        /// Form of what is printed
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
        /// Stop after this many messages
        #[arg(long)]
        count: Option<u64>,
    },
    /// Print the settings in force and where each comes from
    Config {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Write everything that is kept into one file, while servers run
    #[command(
        after_help = "Example:\n  parlor backup parlor-2026-01-31.backup\n\nOf PostgreSQL it is a dump that pg_restore reads too; its programs must be installed."
    )]
    Backup {
        /// A file that is not there yet
        file: PathBuf,
    },
    /// Put a backup into the store, and let its conversations go on
    #[command(
        after_help = "Example:\n  parlor restore parlor-2026-01-31.backup --replace\n\nStop the servers first."
    )]
    Restore {
        /// The backup
        #[arg(required_unless_present = "rouse")]
        file: Option<PathBuf>,
        /// Restore nothing, only let conversations go on: after a restore by other means
        #[arg(long, conflicts_with_all = ["file", "replace"])]
        rouse: bool,
        /// Worlds whose conversations are to go on
        #[arg(long = "world", value_name = "WORLD", default_value = "friends")]
        worlds: Vec<String>,
        /// Forget what the store holds
        #[arg(long)]
        replace: bool,
    },
    /// Take months that are long over out of the store, into compressed JSON Lines, or put one back
    #[command(
        after_help = "Examples:\n  parlor archive --before 2026-01-01 --dir archive\n  parlor archive --restore archive/messages-2025-12.jsonl.gz"
    )]
    Archive(crate::commands::archive::ArchiveArgs),
    /// Start many conversations on a server of one's own, and say what it carries
    #[command(
        after_help = "Examples:\n  parlor load --conversations 1000 --rate 50\n  parlor load --url http://staging:8000 --yes-i-own-this --readers 500 --json"
    )]
    Load(crate::commands::load::LoadArgs),
    /// Bring the store's schema up to date and declare the inboxes of worlds, then end
    #[command(
        after_help = "Example:\n  parlor migrate --world friends --bus amqp://localhost --store postgres://localhost/parlor"
    )]
    Migrate {
        /// World files, or names of bundled worlds
        #[arg(long = "world", value_name = "WORLD", default_value = "friends")]
        worlds: Vec<String>,
        /// Change nothing, and fail where something is pending
        #[arg(long)]
        check: bool,
    },
    /// Ask a server whether it is ready; fails when it is not
    #[command(after_help = "Example:\n  parlor ready --url http://127.0.0.1:8000")]
    Ready {
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Check that everything a server needs is there, one line each with the remedy
    #[command(
        after_help = "Examples:\n  parlor doctor --bus amqp://localhost --store postgres://localhost/parlor\n  parlor doctor --world companions --chat-url http://localhost:8004 --token TOKEN"
    )]
    Doctor {
        /// World files, or names of bundled worlds
        #[arg(long = "world", value_name = "WORLD", default_value = "friends")]
        worlds: Vec<String>,
        #[command(flatten)]
        server: ServerArgs,
        /// Address of the role chat-ws, where it is a process of its own
        #[arg(long, value_name = "URL")]
        chat_url: Option<String>,
        /// An access token: is it good, and does chat-ws take it
        #[arg(
            long,
            value_name = "TOKEN",
            env = "PARLOR_TOKEN",
            hide_env_values = true
        )]
        token: Option<String>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Look after messages that could not be handled
    #[command(
        subcommand,
        after_help = "Examples:\n  parlor dead-letters list\n  parlor dead-letters replay --all"
    )]
    DeadLetters(DeadLetters),
    /// Let the companions of a world talk, now, once
    #[command(
        after_help = "Examples:\n  parlor seed chatlings --users 1000 && parlor generate chatlings\n  parlor generate chatlings --percent 5 --dry-run\n  parlor generate chatlings --resume"
    )]
    Generate(crate::commands::generate::GenerateArgs),
    /// Make people with companions, for trials
    #[command(after_help = "Example:\n  parlor seed chatlings --users 1000 --companions 8")]
    Seed(crate::commands::seed::SeedArgs),
    /// Make, list and revoke keys of worlds that are not open to everybody
    #[command(subcommand)]
    Key(crate::commands::key::KeyCommand),
    /// Show what language models were asked for, and what is left of the budgets
    #[command(
        after_help = "Examples:\n  parlor usage\n  parlor usage --world friends --days 30 --json"
    )]
    Usage {
        /// Only this world: a world file, or a world's name
        #[arg(long, value_name = "WORLD")]
        world: Option<String>,
        /// So many days, today among them (days of UTC)
        #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=366))]
        days: u32,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what a language model would be asked for the next line of a conversation
    #[command(
        after_help = "Examples:\n  parlor prompt CONVERSATION\n  parlor prompt CONVERSATION --line 3 --json"
    )]
    Prompt {
        /// A conversation's id
        conversation: String,
        /// Who would speak (slug or name) [default: whose turn it is]
        #[arg(long = "for", value_name = "CHARACTER")]
        speaker: Option<String>,
        /// The line, from 1 [default: the next, or the last of a conversation that is over]
        #[arg(long, value_name = "ORDER")]
        line: Option<u32>,
        /// The world's file [default: the bundled world of that name]
        #[arg(long, value_name = "WORLD")]
        world: Option<String>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a conversation or a whole world to standard output
    #[command(
        after_help = "Examples:\n  parlor export --world friends > friends.jsonl\n  parlor export CONVERSATION --format markdown"
    )]
    Export {
        /// A conversation's id
        conversation: Option<String>,
        /// All conversations of a world
        #[arg(long, conflicts_with = "conversation")]
        world: Option<String>,
        /// Form of the export
        #[arg(long, value_enum, default_value = "jsonl")]
        format: ExportFormat,
    },
    /// Make, list and change the accounts of people who sign in
    #[command(subcommand)]
    Account(crate::commands::account::AccountCommand),
    /// Look at character cards, bring characters in, and take them along to other programs
    #[command(subcommand)]
    Card(crate::commands::card::CardCommand),
    /// Take a world along with all that belongs to it, as one file
    #[command(subcommand)]
    World(crate::commands::world::WorldCommand),
    /// Make dialects out of texts and chats, and try them
    #[command(subcommand)]
    Dialect(crate::commands::dialect::DialectCommand),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  parlor completions bash > ~/.local/share/bash-completion/completions/parlor"
    )]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SchemaKind {
    /// A world file
    World,
}

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// World files, or names of bundled worlds
    #[arg(value_name = "WORLD", default_value = "friends")]
    pub(crate) worlds: Vec<String>,
    /// Start each role as a process of its own (needs a shared bus and store)
    #[arg(long)]
    pub(crate) split: bool,
    /// With --split: leave a role that ended as it is, instead of starting it again
    #[arg(long, requires = "split")]
    pub(crate) no_restart: bool,
    /// Start no conversation
    #[arg(long)]
    pub(crate) no_start: bool,
    /// Where bots come and go: start so many. Default: what the world says
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub(crate) bots: Option<u32>,
    /// Print no lines, only the banner
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Record the run into this file, or go on with the recording in it; `parlor replay` plays it
    /// again without any model
    #[arg(long, value_name = "FILE", conflicts_with = "split")]
    pub(crate) record: Option<PathBuf>,
    /// Refuse to start when the store's schema is not up to date, instead of migrating it
    #[arg(long)]
    pub(crate) no_migrate: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Which role
    pub(crate) role: RoleName,
    /// World files, or names of bundled worlds
    #[arg(long = "world", value_name = "WORLD", default_value = "friends")]
    pub(crate) worlds: Vec<String>,
    /// For a character or a place: which (slug or name); left out: the whole cast, or all places. For a
    /// bot: what it is called; left out: it names itself
    #[arg(long = "name", value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// For bots: how many. Default: as many as are named, or one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) count: Option<u32>,
    /// For bots: what they speak, a name under [dialects] of the world. Default: what its bots speak
    #[arg(long, value_name = "DIALECT")]
    pub(crate) dialect: Option<String>,
    /// For a character: act for those who have joined the world from its catalogue, and for whoever
    /// joins
    #[arg(long, conflicts_with = "names")]
    pub(crate) newcomers: bool,
    /// Refuse to start when the store's schema is not up to date, instead of migrating it
    #[arg(long)]
    pub(crate) no_migrate: bool,
    /// End when standard input is closed (so that a role does not outlive its supervisor)
    #[arg(long, hide = true)]
    pub(crate) until_stdin_closes: bool,
    /// A supervisor's name for this process among the roles that tell of themselves
    #[arg(long, hide = true)]
    pub(crate) place: Option<uuid::Uuid>,
    /// For jobs: start one conversation in worlds that only start on request, too
    #[arg(long, hide = true)]
    pub(crate) start_once: bool,
}

/// A part of a server that can run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleName {
    /// The HTTP API
    Gateway,
    /// Signs people up, in and out
    Auth,
    /// Characters of a world
    Character,
    /// Looks after the characters that people talk with: their gallery, making, changing and deleting
    Characters,
    /// Places of a world: who arrives, what happens there, who goes on
    Place,
    /// Bots of a world, which name themselves and come and go
    Bot,
    /// Sees off bots of which nothing is heard any more
    Directory,
    /// Sends what was left behind
    Relay,
    /// Keeps worlds going
    Jobs,
    /// Where people come in who talk with characters (WebSocket)
    ChatWs,
    /// Finds what characters answer to people
    Mind,
    /// Stores what characters answer, and hands it to chat-ws
    Dispatcher,
}

#[derive(Debug, Args)]
pub(crate) struct PlayArgs {
    /// A world file, or the name of a bundled world
    #[arg(default_value = "friends")]
    pub(crate) world: String,
    /// Who begins (slug or name)
    #[arg(long)]
    pub(crate) from: Option<String>,
    /// With whom (slug or name)
    #[arg(long)]
    pub(crate) to: Option<String>,
    /// About what
    #[arg(long)]
    pub(crate) topic: Option<String>,
    /// The first line
    #[arg(long)]
    pub(crate) message: Option<String>,
    /// Form of the transcript
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Record the run into this file; `parlor replay` plays it again without any model
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The recording
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Form of the transcript
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Stop after this message: its id, or CONVERSATION:ORDER
    #[arg(long, value_name = "MESSAGE")]
    pub(crate) until: Option<String>,
    /// Replay up to this message and let the characters speak anew from there (--seed, --llm)
    #[arg(long, value_name = "MESSAGE", conflicts_with = "until")]
    pub(crate) fork: Option<String>,
    /// Replay what is there and go on where it broke off, in the same file
    #[arg(long, conflicts_with_all = ["until", "fork"])]
    pub(crate) resume: bool,
    /// Use the recorded words also where the world or the program has changed
    #[arg(long)]
    pub(crate) lenient: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// The server's address
    #[arg(
        long,
        value_name = "URL",
        env = "PARLOR_URL",
        default_value = "http://127.0.0.1:8000"
    )]
    pub(crate) url: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// Show them, oldest first
    List {
        #[command(flatten)]
        which: DeadLetterArgs,
        /// Print as JSON Lines
        #[arg(long)]
        json: bool,
        /// At most this many
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Send them to the inboxes they came from
    Replay(DeadLetterSelection),
    /// Throw them away
    Drop(DeadLetterSelection),
}

#[derive(Debug, Args)]
pub(crate) struct DeadLetterArgs {
    /// A world file, or the name of a bundled world
    #[arg(long, default_value = "friends")]
    pub(crate) world: String,
}

#[derive(Debug, Args)]
pub(crate) struct DeadLetterSelection {
    #[command(flatten)]
    pub(crate) which: DeadLetterArgs,
    /// Ids, as the list shows them
    #[arg(required_unless_present = "all")]
    pub(crate) ids: Vec<String>,
    /// All of the world's
    #[arg(long, conflicts_with = "ids")]
    pub(crate) all: bool,
}
