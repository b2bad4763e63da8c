"""Write the parts of the documentation that follow from the code, or check that they are not stale.

    python configs/setup/generate_docs.py            writes them
    python configs/setup/generate_docs.py --check    ends with 1 and names the pages that are stale

Generated are `docs/commands.md` (every command and option), the file lists in `docs/architecture.md` (the
first line of every module's docstring), and from the registry of read models the tables in
`docs/projections.md` and `docs/operate/data.md`. A generated part of a page stands between two markers.
`docs/reference/` holds the modules that `make docs` explains from their docstrings, and the addresses under
`/api`. `configs/townlet/schema.json` describes configuration files to editors.
"""

import argparse
import ast
import json
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import click
import msgspec

import producer.cli
import projections.cli
import server.cli
from core.config_json_schema import config_json_schema
from projections.export import datasets
from projections.export.log import ABOUT as ABOUT_EVENTS
from projections.maintenance import EVENTS
from projections.readmodels import READ_MODELS
from projections.state import routes

REPOSITORY = Path(__file__).parents[2]
COMMANDS_PAGE = REPOSITORY / "docs" / "commands.md"
ARCHITECTURE_PAGE = REPOSITORY / "docs" / "architecture.md"
PROJECTIONS_PAGE = REPOSITORY / "docs" / "projections.md"
DATA_PAGE = REPOSITORY / "docs" / "operate" / "data.md"
SCHEMA = REPOSITORY / "configs" / "townlet" / "schema.json"
PACKAGES = ("core", "producer", "projections", "server")
GROUPS = {"producer": producer.cli.producer, "projections": projections.cli.group, "server": server.cli.group}

INTRODUCTION = """# Commands

Three commands, one for each process of a run. `--help` prints the same. Flags win over environment
variables, variables over the YAML file. An error is one sentence on stderr; what each exit code means is in
[operate/exit-codes.md](operate/exit-codes.md).

This page is generated: `python configs/setup/generate_docs.py` writes it.
"""

REFERENCE = REPOSITORY / "docs" / "reference"
REFERENCE_FOLDERS = {
    "core": ("core",),
    "projections": ("projections", "projections/readmodels", "projections/engine"),
    "environment": ("producer/environment",),
}
"""Page of the reference → the folders whose modules it explains."""


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
        present = with_part(present, f"files of {package}", file_list(package))
    return present


def reference_page(page: str) -> str:
    """A page that mkdocstrings fills with the docstrings of the modules."""
    found = [
        path for folder in REFERENCE_FOLDERS[page] for path in sorted((REPOSITORY / folder).glob("*.py"))
    ]
    modules = [path for path in found if not path.name.startswith("__") and path.name != "cli.py"]
    names = [".".join(path.relative_to(REPOSITORY).with_suffix("").parts) for path in modules]
    return f"# {page}\n\n" + "\n\n".join(f"::: {name}" for name in names) + "\n"


HTTP_INTRODUCTION = """# HTTP

Every address under `/api`, generated from the query functions of the read models. Answers are JSON. A
request that is wrong is answered with 400 and one sentence; what is not there, with 404. A running server has
the OpenAPI description of all addresses at `/schema/openapi.json`.

| GET | parameters | answer | |
|---|---|---|---|
"""


def http_page() -> str:
    """`docs/reference/http.md`: the routes of all read models."""
    lines = []
    for route in routes(READ_MODELS):
        parameters = ", ".join(
            f"`{parameter.name}`: {_type(parameter.type)}"
            + ("" if parameter.default in (None, msgspec.NODEFAULT) else f" = {parameter.default}")
            for parameter in route.parameters
        )
        lines.append(f"| `/api{route.path}` | {parameters} | {_type(route.result)} | {route.summary} |")
    return HTTP_INTRODUCTION + "\n".join(line.replace("\n", " ") for line in lines) + "\n"


def _type(annotation: Any) -> str:
    """A type in words: bounds as `1 to 2000`, alternatives with `or`."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner, meta = arguments[0], arguments[1]
        least, most = getattr(meta, "ge", None), getattr(meta, "le", None)
        bounded = least is not None and most is not None and most < 2**53 - 1
        bounds = f" {least} to {most}" if bounded else f" from {least}" if least is not None else ""
        return _type(inner) + bounds
    if origin in (Union, types.UnionType):
        return " or ".join("null" if part is type(None) else _type(part) for part in arguments)
    if origin is list:
        return f"list of {_type(arguments[0])}"
    return {int: "integer", str: "text", float: "number"}.get(
        annotation, getattr(annotation, "__name__", "?")
    )


def with_part(present: str, name: str, part: str) -> str:
    """A page with a fresh generated part between its two markers.

    Raises:
        ValueError: the page lacks the markers.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if begin not in present or end not in present:
        raise ValueError(f"the lines {begin} and {end} are missing in a page that has this part")
    before, rest = present.split(begin, 1)
    after = rest.split(end, 1)[1]
    return f"{before}{begin}\n\n{part}\n{end}{after}"


def read_model_table() -> str:
    """What every read model owns and offers."""
    lines = ["| read model | tables | exports | API | as of an episode |", "|---|---|---|---|---|"]
    for model in READ_MODELS:
        cells = (
            [model.name],
            model.tables_owned,
            [dataset.name for dataset in model.datasets],
            [f"/api{route.path}" for route in model.routes],
            [part.name for part in model.as_of],
        )
        lines.append("| " + " | ".join(", ".join(f"`{name}`" for name in names) for names in cells) + " |")
    return "\n".join(lines) + "\n"


def dataset_table() -> str:
    """Every table that `projections export` writes."""
    lines = ["| `--what` | rows | `--as-of` |", "|---|---|---|"]
    lines += [
        f"| `{dataset.name}` | {dataset.about} | {'yes' if dataset.by_episode else 'no'} |"
        for dataset in datasets(READ_MODELS).values()
    ]
    lines.append(f"| `{EVENTS}` | {ABOUT_EVENTS} | yes |")
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Every generated page, as it should be."""
    return {
        COMMANDS_PAGE: commands_page(),
        ARCHITECTURE_PAGE: architecture_page(ARCHITECTURE_PAGE.read_text()),
        **{REFERENCE / f"{page}.md": reference_page(page) for page in REFERENCE_FOLDERS},
        REFERENCE / "http.md": http_page(),
        PROJECTIONS_PAGE: with_part(PROJECTIONS_PAGE.read_text(), "read models", read_model_table()),
        SCHEMA: json.dumps(config_json_schema(), indent=2, ensure_ascii=False) + "\n",
        DATA_PAGE: with_part(DATA_PAGE.read_text(), "datasets", dataset_table()),
    }


def main() -> int:
    """Write or check the pages; the exit code."""
    parser = argparse.ArgumentParser(description=re.sub(r"\n.*", "", __doc__ or "", flags=re.DOTALL))
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is stale")
    check = parser.parse_args().check
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if check:
            print(f"{path.relative_to(REPOSITORY)} is stale; run `make fix` and commit it")
        else:
            path.write_text(pages()[path])
            print(f"wrote {path.relative_to(REPOSITORY)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
