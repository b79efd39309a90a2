"""The sentences and the glossary of a page."""

from xml.etree.ElementTree import Element

from archc.analyses import Analysis
from archc.checks.conformance import Conformance
from archc.language.sections.printed_numbers import LETTERS
from archc.network import ir
from archc.views.page.markup import definitions, element

GLOSSARY = "Glossary"
COUNTING = (
    "One multiply-accumulate (MAC) multiplies a weight by an element and adds the product: two "
    "FLOPs. All numbers are for one image. Totals exclude auxiliary heads unless stated. "
    "Other tools count differently:"
)
_TERMS = (
    ("MAC", "multiply-accumulate: one multiplication of a weight by an element, and one addition"),
    ("depth", "the number of layers with weights on the longest path from input to output"),
    (
        "receptive field",
        "the part of the input that an output element depends on, away from the border; it may be "
        "larger than the input. Its stride is the distance between the receptive fields of "
        "neighbouring elements, in input elements",
    ),
    ("activations", "the output elements of all layers, for one image; 4 bytes each in float32"),
    (
        "alive at once",
        "the number of elements in memory at the same time, at inference, without auxiliary heads; "
        "its maximum is the peak activation memory",
    ),
    (
        "pool, norm and activation ops",
        "the elements that pools read, and those that norms and activations process",
    ),
    ("patch/stride", "height x width of the window, and its stride"),
    (
        "erratum",
        "a printed cell that contradicts the network as the paper describes it; the spec gives the "
        "reason",
    ),
    (
        "auxiliary head",
        "a classifier on an intermediate row, used only in training: its weighted loss is added to "
        "the main loss to help the layers before it",
    ),
)
_COUNTS = {"weights": "weights without biases", "params": "weights and biases"}
_COUNTS |= {"macs": "multiply-accumulates", "flops": "two operations per multiply-accumulate"}
_ROUNDS = {"floor": "rounded down", "nearest": "rounded to the nearest", "up": "rounded up"}


def citation(network: ir.Network) -> Element | None:
    """Return the citation of the paper, if the spec names one."""
    paper = network.paper
    if paper is None:
        return None
    text = f"{paper.authors}: {paper.title}, {paper.year}"
    if paper.table is not None:
        text += f", table {paper.table}"
    if paper.arxiv is None:
        return element("p", f"{text}.", class_="muted")
    link = element("a", f"arXiv:{paper.arxiv}", href=f"https://arxiv.org/abs/{paper.arxiv}")
    return element("p", f"{text}, ", link, ".", class_="muted")


def verdicts(analysis: Analysis, conformance: Conformance) -> Element:
    """Return a summary of the verdicts on the printed table."""
    table = analysis.network.table
    if table is None:
        return element("p", "The spec has no printed table. All cells are computed.")
    count = conformance.count
    matches, errata, mismatches = count("match"), count("erratum"), count("mismatch")
    text = (
        f"{matches} of {matches + errata + mismatches} printed cells match the computed ones "
        f"exactly (✓). Errata, with the printed value struck through: {errata}. "
        f"Mismatches: {mismatches}. Cells without a mark are not printed in the paper."
    )
    for column, convention in table.conventions.items():
        counts, rounds = _COUNTS[convention.count], _ROUNDS[convention.round]
        letter = LETTERS[convention.unit]
        unit = f", {letter} = {convention.unit:,}" if letter else ""
        text += f" Printed {column}: {counts}{unit}, {rounds}."
    return element("p", text)


def terms() -> Element:
    """Return the glossary."""
    return definitions(_TERMS, "terms")
