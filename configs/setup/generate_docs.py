"""Write the parts of the documentation that follow from the code, or check that they are not stale.

    python configs/setup/generate_docs.py            writes them
    python configs/setup/generate_docs.py --check    ends with 1 and names the pages that are stale

Generated are `docs/commands.md` (every command and option) and the file lists in `docs/architecture.md` (the
first line of every module's docstring, between the two markers of each package).
"""

import argparse
import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click

import producer.cli
import projections.cli
import server.cli

REPOSITORY = Path(__file__).parents[2]
COMMANDS_PAGE = REPOSITORY / "docs" / "commands.md"
ARCHITECTURE_PAGE = REPOSITORY / "docs" / "architecture.md"
PACKAGES = ("core", "producer", "projections", "server")
GROUPS = {"producer": producer.cli.producer, "projections": projections.cli.group, "server": server.cli.group}

INTRODUCTION = """# Commands

Three commands, one for each process of a run. `--help` prints the same. Flags win over environment
variables, variables over the YAML file. An error is one sentence on stderr; what each exit code means is in
[operate/exit-codes.md](operate/exit-codes.md).

This page is generated: `python configs/setup/generate_docs.py` writes it.
"""


def commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """A command and all commands below it, with their full names."""
    yield name, command
    if isinstance(command, click.Group):
        for below in command.commands:
            yield from commands(f"{name} {below}", command.commands[below])


def all_commands() -> list[tuple[str, click.Command]]:
    """Every command of Hamlet, with its full name."""
    return [found for name, group in GROUPS.items() for found in commands(name, group)]


def commands_page() -> str:
    """`docs/commands.md`."""
    return "\n".join([INTRODUCTION, *(_section(name, command) for name, command in all_commands())])


def _section(name: str, command: click.Command) -> str:
    """Usage of a command, what it does, and its options as a table."""
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    heading = "##" if name in GROUPS else "###"
    lines = [f"{heading} `{name}`", "", (command.help or "").strip(), "", f"    {usage}", ""]
    rows = [_row(option, context) for option in options(command)]
    if rows:
        lines += ["| option | default | variable | |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines)


def options(command: click.Command) -> list[click.Option]:
    """The options of a command, without its arguments."""
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def _row(option: click.Option, context: click.Context) -> str:
    """One line of a command's table."""
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    default = option.show_default if isinstance(option.show_default, str) else ""
    if option.show_default is True:
        default = f"`{option.get_default(context)}`"
    variable = f"`{option.envvar}`" if option.envvar else ""
    cells = [f"`{option.opts[0]}{value}`", default, variable, option.help or ""]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def file_list(package: str) -> str:
    """The modules of a package, each with the first line of its docstring, as a table per folder."""
    folder = REPOSITORY / package
    parts: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        if path.name.startswith("__") or "__pycache__" in path.parts:
            continue
        docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
        line = docstring.splitlines()[0] if docstring else ""
        below = str(path.parent.relative_to(REPOSITORY))
        parts.setdefault(below, []).append(f"| `{path.name}` | {line.replace('|', chr(92) + '|')} |")
    lines: list[str] = []
    for below in sorted(parts):
        lines += [f"#### `{below}/`", "", "| file | |", "|---|---|", *parts[below], ""]
    return "\n".join(lines)


def architecture_page(present: str) -> str:
    """`docs/architecture.md` with fresh file lists between its markers.

    Raises:
        ValueError: the page lacks the markers of a package.
    """
    for package in PACKAGES:
        begin, end = f"<!-- files of {package}: begin -->", f"<!-- files of {package}: end -->"
        if begin not in present or end not in present:
            raise ValueError(f"{ARCHITECTURE_PAGE}: the lines {begin} and {end} are missing")
        before, rest = present.split(begin, 1)
        after = rest.split(end, 1)[1]
        present = f"{before}{begin}\n\n{file_list(package)}\n{end}{after}"
    return present


def pages() -> dict[Path, str]:
    """Every generated page, as it should be."""
    return {
        COMMANDS_PAGE: commands_page(),
        ARCHITECTURE_PAGE: architecture_page(ARCHITECTURE_PAGE.read_text()),
    }


def main() -> int:
    """Write or check the pages; the exit code."""
    parser = argparse.ArgumentParser(description=re.sub(r"\n.*", "", __doc__ or "", flags=re.DOTALL))
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is stale")
    check = parser.parse_args().check
    stale = [path for path, text in pages().items() if path.read_text() != text]
    for path in stale:
        if check:
            print(f"{path.relative_to(REPOSITORY)} is stale; run `make fix` and commit it")
        else:
            path.write_text(pages()[path])
            print(f"wrote {path.relative_to(REPOSITORY)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
