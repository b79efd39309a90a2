"""Names that mean something to torch or to the generated file itself."""

from archc import ir
from archc.diagnostics import Code, Diagnostic
from archc.names import identifier
from archc.spans import Span

# Attributes of torch.nn.Module (2.13), and the methods of the generated network.
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
    probabilities load_checkpoint reset_parameters aux logits
    """.split()
)
ARGUMENTS = frozenset({"in_channels", "num_classes", "aux"})
CLASSES = frozenset({"Tensor", "NamedTuple", "OrderedDict", "Affine"})
_HELPERS = ("Conv", "SeparableConv", "Linear", "FlattenLinear")


def check_names(network: ir.Network) -> list[Diagnostic]:
    """A finding for each name of the spec that the generated file cannot bear."""
    findings = []
    for node in (*network.rows, *(head.body for head in network.aux)):
        for inner in ir.walk(node):
            if inner.name in MODULE_ATTRIBUTES:
                findings.append(_reserved(inner.name, "an attribute of the module", inner.span))
    for module in network.modules.values():
        findings += [
            _reserved(column, "an argument of every module", module.span)
            for column in module.columns
            if identifier(column) in ARGUMENTS
        ]
    names = {network.name: network.span} | {m.name: m.span for m in network.modules.values()}
    output = f"{network.name}Output"
    for name, span in names.items():
        if name in CLASSES or name == output or _like_helper(name):
            findings.append(_reserved(name, "a class of the generated file", span))
    if network.name in network.modules:
        message = f"the network and a module are both called {network.name}"
        findings.append(Diagnostic(Code.INVALID_NAME, message, network.span))
    return list(dict.fromkeys(findings))


def _like_helper(name: str) -> bool:
    """Helpers are named by what they chain, such as ConvBNReLU."""
    for start in _HELPERS:
        rest = name.removeprefix(start)
        if rest != name and rest.removeprefix("BN") in ("", "ReLU", "Softmax"):
            return True
    return False


def _reserved(name: str, why: str, span: Span) -> Diagnostic:
    message = f"{name!r} is taken in PyTorch code: it is {why}"
    return Diagnostic(Code.INVALID_NAME, message, span, hint="choose another name")
