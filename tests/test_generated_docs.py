"""Every command, option and module explains itself, and the generated pages say what they say."""

import runpy

import click
import pytest

from tests.support.processes import REPOSITORY

GENERATOR = runpy.run_path(str(REPOSITORY / "configs/setup/generate_docs.py"))
COMMANDS: list[tuple[str, click.Command]] = GENERATOR["all_commands"]()
GROUPS: dict[str, click.Group] = GENERATOR["GROUPS"]


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_a_command_says_what_it_does_and_what_each_option_means(name: str, command: click.Command) -> None:
    assert len(command.help or "") > 10, f"`{name}` has no docstring"
    for option in GENERATOR["options"](command):
        assert option.help, f"`{name} {option.opts[0]}` has no help text"


@pytest.mark.parametrize("name", GROUPS)
def test_help_fits_a_terminal_and_lists_every_command(name: str) -> None:
    group = GROUPS[name]
    text = group.get_help(click.Context(group, info_name=name, terminal_width=80))
    assert text.startswith(f"Usage: {name}")
    for below in group.commands:
        assert f"\n  {below}" in text


@pytest.mark.parametrize("path", GENERATOR["pages"](), ids=lambda path: path.name)
def test_a_generated_page_is_not_stale(path: object) -> None:
    for page, text in GENERATOR["pages"]().items():
        if page == path:
            assert page.read_text() == text, "run `make fix` and commit the page"


@pytest.mark.parametrize("package", GENERATOR["PACKAGES"])
def test_every_module_says_in_one_line_what_it_is(package: str) -> None:
    assert "` |  |" not in GENERATOR["file_list"](package), "a module without a docstring"
