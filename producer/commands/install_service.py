"""`producer install-service`: systemd units for the processes of a run."""

from pathlib import Path

import click

from core.resources import find_config

__all__ = ["install_service"]


@click.command()
@click.option(
    "--user",
    "account",
    is_flag=False,
    flag_value="",
    required=True,
    metavar="[NAME]",
    help="The user that the processes run as; without a name the units are for systemctl --user.",
)
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory that the run's files will be in.",
)
@click.option(
    "--runs",
    type=click.Path(path_type=Path, file_okay=False),
    help="In place of --run-dir and --config: units of one projector and one server for all runs below this"
    " directory.",
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="The run, as for `producer run`.",
)
@click.option(
    "--name",
    help="Name of this run among several: its units are hamlet-producer@NAME and so on.",
)
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=8765, show_default=True, help="The server's port."
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the units there, such as /etc/systemd/system or ~/.config/systemd/user; without it they are"
    " printed.",
)
@click.option("--replace", is_flag=True, help="Overwrite units of the same names.")
def install_service(
    account: str,
    run_dir: Path | None,
    runs: Path | None,
    config_path: Path | None,
    name: str | None,
    port: int,
    folder: Path | None,
    replace: bool,
) -> None:
    """Print or install systemd units for the processes of a run, or of one projector and server for many."""
    from producer.run.systemd import ServiceOptions, install, make_units

    config = find_config(config_path) if config_path is not None else None
    directory = runs if runs is not None else run_dir
    if (
        directory is None
        or (run_dir is not None and runs is not None)
        or (config is None) != (runs is not None)
    ):
        raise click.UsageError("give either --run-dir and --config, or --runs alone")
    options = ServiceOptions(directory, config, account or None, name, port)
    units = make_units(options)
    if folder is None:
        for unit, text in units.items():
            click.echo(f"# ----- {unit}\n{text}")
        return
    install(units, folder, replace)
    systemctl = "systemctl" if account else "systemctl --user"
    owner = f" for {account}" if account else ""
    click.echo(
        f"{len(units)} units are in {folder}. Next: mkdir -p {directory}{owner}, {systemctl} daemon-reload,"
        f" {systemctl} enable --now {' '.join(sorted(units))}"
    )
