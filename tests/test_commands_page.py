"""Every command and option explains itself, and docs/commands.md is what they say.

    python tests/test_commands_page.py

writes the page anew; a test fails while it is stale.
"""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import producer.cli
import projections.cli
import server.cli

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
GROUPS = {"producer": producer.cli.producer, "projections": projections.cli.group, "server": server.cli.group}

INTRODUCTION = """# Commands

Three commands, one for each process of a run. `--help` says the same. Flags win over environment variables,
variables over the YAML file. What went wrong is said in one sentence on stderr; exit codes are those of
sysexits.h: 78 a flag, variable or key is wrong and starting again will not help, 75 somebody else holds the
file, 74 a file cannot be read or written, 70 training diverged, 2 the command line itself is wrong.

This page is written by `python tests/test_commands_page.py`.
"""


def commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """A command and all below it, with their full names."""
    yield name, command
    if isinstance(command, click.Group):
        for below in command.commands:
            yield from commands(f"{name} {below}", command.commands[below])


EVERY = [found for name, group in GROUPS.items() for found in commands(name, group)]


def page() -> str:
    """docs/commands.md as it should be."""
    return "\n".join([INTRODUCTION, *(section(name, command) for name, command in EVERY)])


def section(name: str, command: click.Command) -> str:
    """Usage, what it does, and its options as a table."""
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    heading = "##" if name in GROUPS else "###"
    lines = [f"{heading} `{name}`", "", (command.help or "").strip(), "", f"    {usage}", ""]
    rows = [row(option, context) for option in options(command)]
    if rows:
        lines += ["| option | default | variable | |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines)


def options(command: click.Command) -> list[click.Option]:
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def row(option: click.Option, context: click.Context) -> str:
    """One line of a command's table."""
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    default = option.show_default if isinstance(option.show_default, str) else ""
    if option.show_default is True:
        default = f"`{option.get_default(context)}`"
    variable = f"`{option.envvar}`" if option.envvar else ""
    cells = [f"`{option.opts[0]}{value}`", default, variable, option.help or ""]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


@pytest.mark.parametrize(("name", "command"), EVERY, ids=[name for name, _ in EVERY])
def test_a_command_says_what_it_does_and_what_each_option_means(name: str, command: click.Command) -> None:
    assert len(command.help or "") > 10, f"`{name}` has no docstring"
    for option in options(command):
        assert option.help, f"`{name} {option.opts[0]}` has no help text"


@pytest.mark.parametrize("name", GROUPS)
def test_help_fits_a_terminal_and_ends_well(name: str) -> None:
    group = GROUPS[name]
    text = group.get_help(click.Context(group, info_name=name, terminal_width=80))
    assert text.startswith(f"Usage: {name}")
    for below in group.commands:
        assert f"\n  {below}" in text


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text() == page(), "run `python tests/test_commands_page.py` and commit docs/commands.md"


if __name__ == "__main__":
    PAGE.write_text(page())
