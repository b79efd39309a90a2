"""Tests that the manual page is up to date and complete, and that its text is escaped for roff."""

import re
from pathlib import Path

import click
from manual import command_reference, manual_page

from archc.cli import cli

PAGE = Path(__file__).parents[2] / "docs" / "man" / "archc.1"


def test_the_page_is_current() -> None:
    hint = "run python docs/manual.py docs/man/archc.1"
    assert PAGE.read_text() == manual_page(), hint


def section(name: str) -> str:
    """Return the page's text for a command."""
    return manual_page().partition(f"\n.SS {name}\n")[2].partition("\n.S")[0]


def test_every_command_and_option_is_there() -> None:
    context = click.Context(cli)
    names = cli.list_commands(context)
    assert "check" in names
    for name in names:
        command = cli.get_command(context, name)
        assert command is not None
        options = [o for o in command.params if isinstance(o, click.Option)]
        for option in options:
            assert option.opts[-1].replace("-", r"\-") in section(name)
            assert option.help is not None
            assert option.help.split()[0] in section(name)


EXAMPLES = "\b\nExamples:\n  archc odd --stars <n>\n  archc odd -x"


@click.command("odd", epilog=EXAMPLES)
@click.option("--dots", help=".TH is no request here, nor is 'this' or \\fBthat\\fP; café.")
def odd() -> None:
    """A command whose texts roff would misread.

    .sp 9
    """


def test_texts_are_no_requests() -> None:
    group = click.Group("archc", {"odd": odd}, help="Do odd things.")
    text = manual_page(group, {"run": ["odd"]}).partition(".SS odd\n")[2].partition(".SH EXIT")[0]
    assert text == (
        ".B archc odd\n"
        "[OPTIONS]\n"
        ".PP\n"
        "A command whose texts roff would misread.\n"
        ".PP\n"
        "\\&.sp 9\n"
        ".TP\n"
        ".B \\-\\-dots TEXT\n"
        "\\&.TH is no request here, nor is \\(aqthis\\(aq or \\efBthat\\efP; caf\\[u00E9].\n"
        ".PP\n"
        "Examples:\n"
        ".br\n"
        "archc odd \\-\\-stars <n>\n"
        ".br\n"
        "archc odd \\-x\n"
    )


def test_every_request_is_one_of_man() -> None:
    requests = set(re.findall(r"^([.']\S*)", manual_page(), re.M))
    assert requests == {'.\\"', ".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".br"}


@click.command("odd", epilog=EXAMPLES)
@click.option("--stars", help="*Stars*, <stem> and `--code <n>`, with --stars a=1.")
def markdown() -> None:
    """A command whose texts Markdown would misread."""


def test_texts_are_no_markdown() -> None:
    group = click.Group("archc", {"odd": markdown}, help="Do odd things.")
    text = (
        command_reference(group, {"run": ["odd"]})
        .partition("### odd\n\n")[2]
        .partition("\n\n## Exit")[0]
    )
    assert text == (
        "```sh\n"
        "archc odd [OPTIONS]\n"
        "```\n"
        "\n"
        "A command whose texts Markdown would misread.\n"
        "\n"
        "- `--stars TEXT`: \\*Stars\\*, &lt;stem> and `--code <n>`, with `--stars a=1`.\n"
        "\n"
        "Examples:\n"
        "\n"
        "```sh\n"
        "archc odd --stars <n>\n"
        "archc odd -x\n"
        "```"
    )
