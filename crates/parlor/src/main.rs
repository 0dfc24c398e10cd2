//! Parlor: the binary. Reads the settings, puts a server together from the other crates, and is the
//! only one that names adapters.

mod catalogue;
mod chat;
mod cli;
mod commands;
mod config;
mod gauges;
mod lifecycle;
mod models;
mod output;
mod presence;
mod recording;
mod render;
mod resolve;
mod schedule;
mod telemetry;
mod topics;
mod traces;
mod wiring;
mod worlds;

use clap::Parser;
use cli::{Cli, Command};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How a command ended, for the shell: 0 all is well, 1 it found something wrong, 2 it could not
/// do what was asked.
pub(crate) enum Ended {
    Well,
    FoundProblems,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Every HTTP client of this process needs it, whether it speaks TLS or not.
    parlor_dialect::llm::install_tls();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("parlor: no threads to be had: {error}");
            return ExitCode::from(2);
        }
    };
    let ended = runtime.block_on(run(cli));
    traces::close();
    runtime.shutdown_background();
    match ended {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::FoundProblems) => ExitCode::from(1),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("parlor: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<Ended> {
    match cli.command {
        Command::Completions { shell } => commands::plain::completions(shell),
        Command::Schema { what } => commands::plain::schema(what),
        Command::Openapi { worlds } => commands::plain::openapi(&worlds),
        Command::New { name, force } => commands::plain::new(&name, force),
        Command::Check { worlds, json } => commands::check::run(&worlds, json),
        Command::Load(args) => commands::load::run(args).await,
        Command::Ready { server } => commands::ready::run(&server.url).await,
        Command::Dialect(command) => commands::dialect::run(command, cli.settings.seed),
        other => {
            let config = config::Config::load(&cli.settings)?;
            telemetry::logs(&config.settings)?;
            with_settings(other, &config, &cli.settings).await
        }
    }
}

async fn with_settings(
    command: Command,
    config: &config::Config,
    flags: &cli::SettingsArgs,
) -> anyhow::Result<Ended> {
    match command {
        Command::Up(args) if args.split => commands::split::run(config, flags, args).await,
        Command::Up(args) => commands::up::run(config, args).await,
        Command::Run(args) => commands::run::run(config, args).await,
        Command::Play(args) => commands::play::run(config, args).await,
        Command::Replay(args) => commands::replay::run(config, args).await,
        Command::Config { json } => commands::config::run(config, json),
        Command::Watch {
            server,
            world,
            conversation,
            format,
            count,
        } => commands::watch::run(&server.url, world, conversation, format, count).await,
        Command::Archive(args) => commands::archive::run(config, args).await,
        Command::Backup { file } => commands::backup::backup(config, &file).await,
        Command::Restore {
            file,
            worlds,
            replace,
            ..
        } => commands::backup::restore(config, file.as_deref(), &worlds, replace).await,
        Command::Migrate { worlds, check } => commands::migrate::run(config, &worlds, check).await,
        Command::Doctor {
            worlds,
            server,
            chat_url,
            token,
            json,
        } => {
            let place = commands::doctor::Where {
                url: &server.url,
                chat_url: chat_url.as_deref(),
                token: token.as_deref(),
            };
            commands::doctor::run(config, &worlds, &place, json).await
        }
        Command::DeadLetters(which) => commands::dead_letters::run(config, which).await,
        Command::Account(command) => commands::account::run(config, command).await,
        Command::Generate(args) => commands::generate::run(config, args).await,
        Command::Seed(args) => commands::seed::run(config, args).await,
        Command::Key(command) => commands::key::run(config, command).await,
        Command::Card(command) => commands::card::run(config, command).await,
        Command::World(command) => commands::world::run(config, command).await,
        Command::Usage { world, days, json } => {
            commands::usage::run(config, world, days, json).await
        }
        Command::Prompt {
            conversation,
            speaker,
            line,
            world,
            json,
        } => {
            let args = commands::prompt::PromptArgs {
                conversation,
                speaker,
                line,
                world,
                json,
            };
            commands::prompt::run(config, args).await
        }
        Command::Export {
            conversation,
            world,
            format,
        } => commands::export::run(config, conversation, world, format).await,
        Command::Completions { .. }
        | Command::Schema { .. }
        | Command::Openapi { .. }
        | Command::New { .. }
        | Command::Check { .. }
        | Command::Load(_)
        | Command::Ready { .. }
        | Command::Dialect(_) => Ok(Ended::Well),
    }
}

/// Somebody closed our standard output (`parlor export | head`): not our failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
