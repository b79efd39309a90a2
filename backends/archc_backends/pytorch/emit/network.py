"""IR → the definition of a generated file: the network's class, its forward pass and its heads."""

from typing import TYPE_CHECKING, NamedTuple

from archc.analyses import Analysis
from archc.checks.checkpoints.state import class_layers
from archc.diagnostics.wording import join_words
from archc.network import ir
from archc.network.names import is_name
from archc_backends.common.network import citation, final_softmax, size
from archc_backends.pytorch.emit.channels import NUM_CLASSES, Channels, environment
from archc_backends.pytorch.emit.classes import ClassBuilder, build_module_classes, without_defaults
from archc_backends.pytorch.emit.definitions import (
    ClassDefinition,
    HelperUses,
    Statement,
    introduce,
)
from archc_backends.pytorch.emit.expressions import WIDTH, Call, Choice, Expression, Group
from archc_backends.pytorch.emit.operators.context import literal
from archc_backends.pytorch.emit.statements import IMPORTS, snake_case

if TYPE_CHECKING:
    from archc.driver.optimize import Optimized
    from archc_backends.pytorch.emit.conversion import Conversion


class Layer(NamedTuple):
    """``self.name = value``. The first layer of a section has the section's name as a comment."""

    name: str
    value: Expression
    section: str


class Step(NamedTuple):
    """A statement of forward, or an auxiliary head that runs at this place."""

    statement: Statement | None
    head: "Head | None" = None


class Head(NamedTuple):
    """An auxiliary head: its attribute, the variable of its logits, its term of the loss."""

    name: str
    variable: str
    run: Expression
    weight: str
    loss: Expression


class FileDefinition(NamedTuple):
    """All data for the templates."""

    name: str
    docstring: str
    class_docstring: str
    parameters: tuple[str, ...]
    classes: tuple[ClassDefinition, ...]
    attributes: tuple[Layer, ...]
    steps: tuple[Step, ...]
    heads: tuple[Head, ...]
    head_prefixes: Expression
    loading: str
    output: Expression
    probabilities: str
    trains: bool
    conversion: "Conversion | None"


def define_file(analysis: Analysis, optimized: "Optimized | None" = None) -> FileDefinition:
    """Return the definition of the generated file.

    ``optimized``: how the network was optimised, if it was.
    """
    network = analysis.network
    trains = optimized is None or optimized.recipe.is_trainable
    helpers: dict[str, HelperUses] = {}
    module_classes = build_module_classes(analysis, helpers)
    symbols = environment(())
    chain = ir.Sequence("", "", network.rows, network.span)
    channels = Channels(constant=network.input[0])
    builder = ClassBuilder([chain], symbols, channels, analysis, module_classes, helpers)
    values = {row.name: builder.construct(row, chained=False) for row in network.rows}
    rows = {row.name: row for row in network.rows}
    for head in network.aux:
        tapped = Channels(constant=analysis.shapes.output(rows[head.tap])[0])
        inner = ClassBuilder([head.body], symbols, tapped, analysis, module_classes, helpers)
        values[head.name] = Choice(inner.construct(head.body, chained=True), "aux")
        builder.uses |= inner.uses
    names = [head.name for head in network.aux]
    heads = _heads(network)
    attributes = []
    section = ""
    for name in network.registration:
        changed = network.sections[name] != section
        section = network.sections[name]
        attributes.append(
            Layer(
                name,
                without_defaults(values[name], helpers),
                section if changed else "",
            )
        )
    classes = [uses.helper.write(uses) for _, uses in sorted(helpers.items())]
    if not trains:
        classes = [definition._replace(he_init=False) for definition in classes]
    for module_class in module_classes.values():
        definition = module_class.definition
        inside = tuple(
            attribute._replace(value=without_defaults(attribute.value, helpers))
            for attribute in definition.attributes
        )
        parent = without_defaults(definition.parent, helpers)
        classes.append(definition._replace(attributes=inside, parent=parent))
    steps, probabilities = _steps(network, builder, heads)
    parameters = ["self"]
    if NUM_CLASSES in builder.uses:
        parameters.append(f"{NUM_CLASSES}: int = {network.classes}")
    if heads:
        parameters.append("aux: bool = True")
    conversion = None
    if optimized is not None:
        from archc_backends.pytorch.emit.conversion import define_conversion

        conversion = define_conversion(optimized, tuple(parameters[1:]))
    return FileDefinition(
        network.name,
        _docstring(analysis, optimized),
        _class_docstring(analysis, optimized, [it.name for it in classes if it.he_init]),
        tuple(parameters),
        tuple(classes),
        tuple(attributes),
        steps,
        heads,
        Group("()", tuple(literal(f"{name}.") for name in names)),
        _loading(analysis) if trains else "",
        Call(f"{network.name}Output", ("x", *(head.variable for head in heads))),
        probabilities,
        trains,
        conversion,
    )


def _heads(network: ir.Network) -> tuple[Head, ...]:
    heads: list[Head] = []
    taken = {*IMPORTS, "logits", *dir(tuple)}
    for head in network.aux:
        name = head.name
        word = variable = snake_case(name)
        number = 2
        while variable in taken or not is_name(variable):
            variable, number = f"{word}_{number}", number + 1
        taken.add(variable)
        weight = "" if head.loss_weight == 1 else f"{literal(float(head.loss_weight))} * "
        loss = Call("functional.cross_entropy", (f"output.{variable}", "target"))
        runs = f"self.training and self.{name} is not None"
        run = Choice(Call(f"self.{name}", ("x",)), runs)
        heads.append(Head(name, variable, run, weight, loss))
    return tuple(heads)


def _steps(
    network: ir.Network, builder: ClassBuilder, heads: tuple[Head, ...]
) -> tuple[tuple[Step, ...], str]:
    """Return the steps of forward, and the name of the softmax after the logits, if any."""
    probabilities = final_softmax(network)
    taps: dict[str, list[Step]] = {head.tap: [] for head in network.aux}
    for head, definition in zip(network.aux, heads, strict=True):
        taps[head.tap].append(Step(None, definition))
    steps: list[Step] = []
    statements = builder.statements()
    for row in network.rows:
        before = len(statements.lines)
        if row.name != probabilities:
            statements.emit(row, "x", "x")
        steps += [Step(line) for line in statements.lines[before:]]
        steps += taps.get(row.name, [])
    return tuple(steps), probabilities


def _loading(analysis: Analysis) -> str:
    """Write the docstring of load_checkpoint."""
    keep = "Those are the layers in ``leave``"
    if layers := class_layers(analysis):
        keep += f", such as {join_words(layers)} for another number of classes"
    if analysis.network.aux:
        keep += ", and the auxiliary heads where the model or the checkpoint has none"
    return (
        "Load a state_dict; return the keys of the weights that stay as they are.\n\n"
        f"{keep}. Everything else must match key for key, as in load_state_dict."
    )


def _docstring(analysis: Analysis, optimized: "Optimized | None") -> str:
    network, cost = analysis.network, analysis.cost
    paragraphs = [introduce(f"{network.name}. ", network.about, f"{network.name}.", 0)]
    if optimized is not None:
        from archc_backends.common.optimized import headline, summary

        plain = optimized.original.network.name
        paragraphs = [
            headline(optimized),
            introduce("", network.about, "", 0).strip(),
            summary(optimized),
            f"``convert_state`` turns the state_dict of a trained {plain} into one of its own.",
        ]
        paragraphs = [paragraph for paragraph in paragraphs if paragraph]
    if cited := citation(network):
        paragraphs.append(cited)
    counts = f"{cost.params:,} parameters"
    if analysis.aux:
        counts += f" ({analysis.cost_with_aux.params:,} with the auxiliary heads)"
    return "\n\n".join([*paragraphs, size(analysis, counts)])


def _class_docstring(
    analysis: Analysis, optimized: "Optimized | None", he_classes: list[str]
) -> str:
    network = analysis.network
    returns = "returns the logits"
    if optimized is not None and not optimized.recipe.is_trainable:
        return (
            "The network for inference; returns the logits.\n\n"
            "It is made in eval mode and without gradients, its weights in channels_last, the "
            "memory format in which convolutions are fastest; images may come in any. Load what "
            "``convert_state`` gives: the weights that it starts with are of no use."
        )
    if network.aux:
        returns = f"returns {network.name}Output in training, the logits alone in eval mode"
    paragraphs = [f"The network; {returns}."]
    if len(paragraphs[0]) > WIDTH - 7:  # the summary has room for one line only
        paragraphs = ["The network.", f"It {returns}."]
    if network.aux:
        names = join_words([f"{head.name} on {head.tap}" for head in network.aux])
        builds = f"builds the auxiliary heads, {names}; they run in training only."
        if len(network.aux) == 1:
            builds = f"builds the auxiliary head {names}; it runs in training only."
        paragraphs.append(f"``aux`` {builds}")
    start = "Weights start as PyTorch's layers do by default"
    if he_classes:
        start += (
            f", those of {join_words(he_classes)} from He's uniform distribution with zero biases"
        )
    paragraphs.append(f"{start}.")
    return "\n\n".join(paragraphs)
