"""What a page says in sentences."""

from xml.etree.ElementTree import Element

from archc.analyses import Analysis
from archc.checks.conformance import Conformance
from archc.language.sections.printed_table import LETTERS
from archc.network import ir
from archc.views.page.markup import element

MEANINGS = "What the words mean"
COUNTED = (
    "One multiply-accumulate (MAC) is one weight times one element, added up; it is two FLOPs. "
    "Numbers are for one image. Auxiliary heads are no part of a total that does not say so. Other "
    "tools print other numbers because they count something else:"
)
_TERMS = (
    ("MAC", "one multiplication and one addition: a weight times an element, added up"),
    ("depth", "how many layers with weights lie on the longest way from the input to the output"),
    (
        "receptive field",
        "how much of the input an element depends on, away from the border; where that is more "
        "than the input has, on all of it. Its stride is how far apart neighbouring elements look",
    ),
    ("activations", "the elements that layers give, for one image; 4 bytes each in float32"),
    (
        "alive at once",
        "the most elements that are kept at the same time, at inference, where auxiliary heads do "
        "not run",
    ),
    ("pool, norm and activation ops", "elements that pools read, and that the others touch"),
    ("patch/stride", "height x width of the window, and how far it moves"),
    (
        "erratum",
        "a printed cell that does not follow from the network as the paper describes it; the "
        "computed one does, and the spec says why the paper differs",
    ),
    (
        "auxiliary head",
        "a classifier at the side, in training alone: its loss is added, times a weight, to help "
        "the layers below it",
    ),
)
_COUNTS = {"weights": "weights without biases", "params": "weights and biases"}
_COUNTS |= {"macs": "multiply-accumulates", "flops": "two for each multiply-accumulate"}
_ROUNDS = {"floor": "rounded down", "nearest": "to the nearest", "up": "rounded up"}


def citation(network: ir.Network) -> Element | None:
    """The paper that the network is from, if the spec names one."""
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
    """How far the printed table is what is computed."""
    table = analysis.network.table
    if table is None:
        return element("p", "The spec has no printed table; cells are as computed.")
    count = conformance.count
    matches, errata, mismatches = count("match"), count("erratum"), count("mismatch")
    text = (
        f"Of {matches + errata + mismatches} printed cells {matches} are exactly what is computed, "
        f"marked ✓. Errata, with what is printed struck out: {errata}. Mismatches: {mismatches}. "
        "A cell without a mark is not printed."
    )
    for column, convention in table.conventions.items():
        counts, rounds = _COUNTS[convention.count], _ROUNDS[convention.round]
        letter = LETTERS[convention.unit]
        unit = f", {letter} being {convention.unit:,}" if letter else ""
        text += f" Printed {column} count {counts}{unit}, {rounds}."
    return element("p", text)


def terms() -> Element:
    """What is meant by the terms of the field."""
    pairs = (element("div", element("dt", term), element("dd", text)) for term, text in _TERMS)
    return element("dl", *pairs, class_="terms")
