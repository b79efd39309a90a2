"""``archc explain``: explains a diagnostic or a lint."""

from typing import TYPE_CHECKING

import click

from archc.commands.options import examples
from archc.commands.printing import echo_document, echo_lines

if TYPE_CHECKING:
    from archc.views.explanations import Explanation


@click.command(
    "explain",
    epilog=examples(
        "archc explain",
        "archc explain A302",
        "archc explain idle-dropout",
    ),
)
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "md", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
def command(codes: tuple[str, ...], output_format: str) -> None:
    """Explain a diagnostic, with an example and its correction.

    CODE is a code such as A302, or its name. Without a CODE, all are listed.
    """
    from archc.views import explanations

    known = explanations.explanations()
    chosen = list(dict.fromkeys(_found(code, known) for code in codes))
    if output_format == "json":
        import json

        shown = [explanation._asdict() for explanation in chosen or known]
        echo_document(json.dumps(shown, indent=1))
    elif output_format == "md":
        sections = [explanations.as_markdown(explanation) for explanation in chosen]
        echo_lines("\n\n".join(sections) or explanations.as_page(known))
    else:
        texts = [explanations.as_text(explanation, _heading) for explanation in chosen]
        echo_lines("\n\n\n".join(texts) or _list(known))


def _found(code: str, known: "tuple[Explanation, ...]") -> "Explanation":
    """Return the explanation of a code or name. Raises UsageError if it is unknown."""
    from archc.views.explanations import find, nearest

    explanation = find(code, known)
    if explanation is None:
        close = nearest(code, known)
        hint = f"did you mean {close}?" if close else "archc explain lists them"
        raise click.UsageError(f"unknown code {code}: {hint}")
    return explanation


def _list(known: "tuple[Explanation, ...]") -> str:
    """Return codes, names and summaries in columns, by group."""
    from archc.views.explanations import grouped

    width = max(len(explanation.name) for explanation in known)
    parts = []
    for title, members in grouped(known).items():
        lines = [f"{e.code}  {e.name.ljust(width)}  {e.summary}" for e in members]
        parts.append("\n".join([_heading(title), *lines]))
    return "\n\n".join(parts)


def _heading(text: str) -> str:
    return click.style(text, bold=True)
