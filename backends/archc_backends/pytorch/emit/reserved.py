"""Reports reserved names, and modules that cannot become one class."""

from collections.abc import Iterator

from archc.analyses import Analysis
from archc.diagnostics import Code, Diagnostic, Label
from archc.diagnostics.spans import Span
from archc.network import ir
from archc.network.names import identifier
from archc_backends.common.network import final_softmax, unsupported
from archc_backends.pytorch.emit.classes import walk_class
from archc_backends.pytorch.emit.operators import emit_operator, emitters, functions, helper_names
from archc_backends.pytorch.emit.operators.context import EmitContext
from archc_backends.pytorch.emit.statements import IMPORTS

# Attributes of torch.nn.Module, Sequential and ModuleList (2.13), and of the generated network.
MODULE_ATTRIBUTES = frozenset(
    """
    add_module apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu load_state_dict modules mtia named_buffers named_children
    named_modules named_parameters parameters register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
    set_submodule share_memory state_dict to to_empty train training type xpu zero_grad
    append extend insert pop
    probabilities load_checkpoint reset_parameters aux logits
    """.split()
)
RESERVED_ARGUMENTS = frozenset({*IMPORTS, "in_channels", "num_classes", "aux"})
RESERVED_CLASSES = frozenset({"Tensor", "NamedTuple", "OrderedDict"})


def check_operators(network: ir.Network) -> list[Diagnostic]:
    """Report each operator and activation without an emitter."""
    nodes = network.rows_and_heads
    return unsupported(nodes, emitters(), functions(), "PyTorch")


def check_names(network: ir.Network) -> list[Diagnostic]:
    """Report each name in the spec that the generated file cannot use."""
    diagnostics = []
    for node in network.rows_and_heads:
        for inner in ir.walk(node):
            if inner.name in MODULE_ATTRIBUTES:
                place = _find_key(inner.span, inner.name)
                diagnostics.append(_reserved(inner.name, "an attribute of the module", place))
    for module in network.modules.values():
        diagnostics += [
            _reserved(column, "an argument or an import of the file", module.span)
            for column in module.columns
            if identifier(column) in RESERVED_ARGUMENTS
        ]
    names = {network.name: network.span} | {m.name: m.span for m in network.modules.values()}
    output = f"{network.name}Output"
    for name, span in names.items():
        if name in RESERVED_CLASSES or name == output or _is_helper_name(name):
            diagnostics.append(_reserved(name, "a class of the generated file", span))
    for head in network.aux:
        if head.tap == final_softmax(network):
            message = f"{head.name} taps {head.tap}, the softmax after the logits"
            hint = "forward returns the logits; tap the row before the softmax"
            diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, head.span, hint=hint))
    if network.name in network.modules:
        message = f"the network and a module are both named {network.name}"
        diagnostics.append(Diagnostic(Code.INVALID_NAME, message, network.span))
    return list(dict.fromkeys(diagnostics))


def _is_helper_name(name: str) -> bool:
    """Whether a generated helper class may have this name, such as ConvBNReLU."""
    layers = [kind.__name__ for kind in emitters() if kind.layer_fields]
    for start in (*layers, *helper_names()):
        rest = name.removeprefix(start)
        if rest != name and _is_activation_suffix(rest.removeprefix("BN")):
            return True
    return False


def _is_activation_suffix(text: str) -> bool:
    """Whether the text is empty or an activation's name, with a number if it has fields."""
    for kind in functions():
        numbered = kind.model_fields and text.startswith(kind.__name__)
        if text == kind.__name__ or (numbered and text.removeprefix(kind.__name__).isdecimal()):
            return True
    return not text


def _find_key(layer: Span, name: str) -> Span:
    """Return the place of a layer's name, on its line or up to two above; else of the layer."""
    for line in range(layer.line, max(0, layer.line - 3), -1):
        text = layer.source.line(line)
        before = text[: layer.column - 1] if line == layer.line else text
        if (start := before.rfind(f"{name}:")) >= 0:
            return Span(layer.source, line, start + 1, line, start + 1 + len(name))
    return layer


def _reserved(name: str, why: str, span: Span) -> Diagnostic:
    message = f"{name!r} is reserved in PyTorch code: it is {why}"
    return Diagnostic(Code.INVALID_NAME, message, span, hint="choose another name")


def check_classes(analysis: Analysis) -> list[Diagnostic]:
    """Report each module that cannot be one class."""
    diagnostics: list[Diagnostic] = []
    layers: dict[tuple[str, int], tuple[int, ir.Call]] = {}
    seen: set[str] = set()
    for call in _calls(analysis.network):
        if call.module not in seen:
            seen.add(call.module)
            diagnostics += _check_attributes(call)
        for position, node in enumerate(walk_class(call.body)):
            if not isinstance(node, ir.Op):
                continue
            dimensions = len(analysis.shapes.input(node))
            known, first = layers.setdefault((call.module, position), (dimensions, call))
            if known != dimensions and _needs_dimensions(node):
                message = (
                    f"{node.name} of {call.module} gets features in one row and maps in another"
                )
                labels = (Label(first.span, "another row"), Label(call.span, "this row"))
                hint = f"define a module of its own for features, {{extends: {call.module}}}"
                diagnostics.append(
                    Diagnostic(Code.INVALID_LAYER, message, node.span, labels, (), hint)
                )
    return list(dict.fromkeys(diagnostics))


def _needs_dimensions(op: ir.Op) -> bool:
    """Whether maps and features need different modules, as for BatchNorm."""
    if type(op.operator) not in emitters():
        return False
    maps = EmitContext(op.operator, True, {}, False, lambda: "0", lambda: "0")
    return emit_operator(maps) != emit_operator(maps._replace(spatial=False))


def _check_attributes(call: ir.Call) -> Iterator[Diagnostic]:
    """Report unnamed layers outside a single list, and arguments named like a layer."""
    layers = list(ir.named_children(call.body))
    positions = [layer for layer in layers if layer.name.isdigit()]
    for i, layer in enumerate(positions):
        if layer.name != str(i) or layers[i] is not layer:
            message = f"layer {layer.name} of {call.module} has no name"
            hint = "name it: only a module that is a single list can have unnamed layers"
            yield Diagnostic(Code.INVALID_NAME, message, layer.span, hint=hint)
            return
    names = {layer.name for layer in layers} | MODULE_ATTRIBUTES
    for node in walk_class(call.body):
        scale = node.symbols.get("scale", "") if isinstance(node, ir.Residual) else ""
        if scale and identifier(scale) in names:
            yield _reserved(scale, f"already an attribute of {call.module}", node.span)


def _calls(network: ir.Network) -> Iterator[ir.Call]:
    for node in network.rows_and_heads:
        yield from (inner for inner in ir.walk(node) if isinstance(inner, ir.Call))
