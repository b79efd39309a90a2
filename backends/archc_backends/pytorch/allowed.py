"""The subset of Python that generated code may use, and the check that it uses nothing else.

Only checked names and literals of a spec get into the code. If a bug in archc lets anything else
through, the check fails and the code is neither written nor run.
"""

import ast
import builtins
from typing import NamedTuple

_IMPORTS = frozenset(
    {
        "from collections import OrderedDict",
        "from typing import NamedTuple",
        "import torch",
        "from torch import Tensor, nn",
        "from torch.nn import functional",
    }
)
_MODULES = frozenset({"torch", "nn", "functional"})
_TAKEN = _MODULES | {"Tensor", "NamedTuple", "OrderedDict"}
_CONSTANTS = (str, int, float, type(None), type(...))
_ALL_BUILTINS = frozenset(dir(builtins))


class Allowance(NamedTuple):
    """The builtins, functions of torch, methods and syntax that a kind of file may use.

    ``top_level``: the statements allowed outside classes and functions. ``private``: whether the
    file may define names that start with one underscore.
    """

    builtins: frozenset[str]
    functions: frozenset[str]
    methods: frozenset[str]
    nodes: frozenset[type[ast.AST]]
    top_level: frozenset[type[ast.AST]]
    private: bool

    def __or__(self, more: "Allowance") -> "Allowance":
        """Return the union of both."""
        return Allowance(
            self.builtins | more.builtins,
            self.functions | more.functions,
            self.methods | more.methods,
            self.nodes | more.nodes,
            self.top_level | more.top_level,
            self.private or more.private,
        )

    def with_functions(self, functions: frozenset[str]) -> "Allowance":
        """Return a copy that also allows these functions of torch."""
        return self._replace(functions=self.functions | functions)


NETWORK = Allowance(
    frozenset({"any", "bool", "dict", "float", "int", "isinstance", "list"})
    | {*("range", "str", "super", "tuple", "ValueError")},
    frozenset({"torch.cat", "torch.flatten", "torch.tensor"})
    | {*("nn.init.kaiming_uniform_", "nn.init.zeros_")},
    frozenset({"items", "load_state_dict", "startswith", "state_dict", "view"}),
    frozenset(
        {
            *(ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.If, ast.For),
            *(ast.Tuple, ast.List, ast.Starred, ast.Subscript, ast.GeneratorExp, ast.DictComp),
            *(ast.comprehension, ast.JoinedStr, ast.FormattedValue, ast.IfExp, ast.Compare),
            *(ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Add, ast.Mult, ast.BitOr, ast.And, ast.Not),
            *(ast.USub, ast.Is, ast.IsNot, ast.Or, ast.Raise, ast.Load, ast.Store),
        }
    ),
    frozenset({ast.Expr, ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef}),
    private=False,
)
"""For the network as written."""

CONVERTED = NETWORK | Allowance(
    frozenset({"KeyError", "all", "getattr", "len", "type", "zip"}),
    frozenset({"torch.device", "torch.split", "torch.zeros_like", "torch.channels_last"})
    | {"nn.utils.convert_conv2d_weight_memory_format"},
    frozenset(
        """
        all clone contiguous dim double eval get is_floating_point isfinite keys named_modules pop
        removeprefix requires_grad_ reshape split sqrt to values
        """.split()
    ),
    frozenset(
        {
            *(ast.With, ast.withitem, ast.Try, ast.ExceptHandler, ast.Dict, ast.Slice),
            *(ast.ListComp, ast.SetComp, ast.In, ast.NotIn, ast.Eq, ast.NotEq, ast.Gt),
            *(ast.Sub, ast.Div),
        }
    ),
    frozenset({ast.AnnAssign}),
    private=True,
)
"""For an optimised network, whose file also has functions that convert checkpoints."""


class ForbiddenCode(Exception):
    """Generated code uses something that archc never writes: a bug in archc."""


def check_code(code: str, allowance: Allowance = NETWORK) -> set[str]:
    """Check the code and return the names that it uses. Raises ForbiddenCode."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError) as error:
        raise ForbiddenCode(f"the generated code is not valid Python: {error}") from error
    for node in tree.body:
        if type(node) not in allowance.top_level:
            raise _forbidden(node, f"{type(node).__name__} outside of a class or function")
    definitions = ast.ClassDef | (ast.FunctionDef if allowance.private else ast.ClassDef)
    own = {node.name for node in tree.body if isinstance(node, definitions)}
    return _Checker(own | {"OrderedDict", "self"} | allowance.builtins, allowance).check(tree)


class _Checker:
    """Walks the code once and collects the ``names`` that it uses."""

    def __init__(self, callable_names: set[str], allowance: Allowance) -> None:
        self.callable_names = callable_names
        self.allowance = allowance
        self.other_builtins = _ALL_BUILTINS - allowance.builtins
        self.names: set[str] = set()
        self.pending: list[ast.AST] = []

    def check(self, tree: ast.Module) -> set[str]:
        self.pending += tree.body
        while self.pending:
            node = self.pending.pop()
            if isinstance(node, ast.Name):
                self._name(node)
            elif isinstance(node, ast.Attribute):
                self._attribute(node)
            elif isinstance(node, ast.Call):
                self._call(node)
            elif isinstance(node, ast.Constant):
                if not isinstance(node.value, _CONSTANTS):
                    raise _forbidden(node, f"the literal {node.value!r}")
            elif isinstance(node, ast.ClassDef | ast.FunctionDef):
                self._definition(node)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                if (line := ast.unparse(node)) not in _IMPORTS:
                    raise _forbidden(node, line)
            elif isinstance(node, ast.Raise) and not _is_value_error(node.exc):
                raise _forbidden(node, ast.unparse(node))
            elif type(node) in self.allowance.nodes:
                self._push_children(node)
            else:
                raise _forbidden(node, type(node).__name__)
        return self.names

    def _push_children(self, node: ast.AST) -> None:
        for field in node._fields:
            below = getattr(node, field)
            if isinstance(below, list):
                self.pending += below
            elif isinstance(below, ast.AST):
                self.pending.append(below)

    def _name(self, node: ast.Name) -> None:
        self.names.add(node.id)
        if node.id in self.other_builtins or self._is_private(node.id):
            if not (node.id == "_" and isinstance(node.ctx, ast.Store)):  # a loop's counter
                raise _forbidden(node, f"the name {node.id}")
        elif isinstance(node.ctx, ast.Store):
            self._check_binding(node, node.id)

    def _attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Store) and not _is_self(node.value):
            raise _forbidden(node, f"an assignment to {ast.unparse(node)}")
        dotted = _dotted(node)
        root = dotted.partition(".")[0]
        if root in _MODULES:
            self.names.add(root)
            if not _is_torch_name(dotted, self.allowance.functions):
                raise _forbidden(node, dotted)
            return
        constructor = node.attr == "__init__" and _is_super(node.value)
        if node.attr.startswith("_") and not constructor:
            raise _forbidden(node, f"the attribute {node.attr}")
        self.pending.append(node.value)

    def _call(self, node: ast.Call) -> None:
        callee = node.func
        if isinstance(callee, ast.Name):
            if callee.id not in self.callable_names:
                raise _forbidden(node, f"a call of {callee.id}")
            if callee.id == "getattr" and not _reads_parts(node.args):
                raise _forbidden(node, "a getattr of an attribute other than _parts")
            if callee.id == "super" and node.args:
                raise _forbidden(node, "a super with arguments")
        elif isinstance(callee, ast.Attribute):
            of_torch = _dotted(callee).partition(".")[0] in _MODULES
            known = of_torch or callee.attr in self.allowance.methods or _is_self(callee.value)
            if not known and not (callee.attr == "__init__" and _is_super(callee.value)):
                raise _forbidden(node, f"a call of {callee.attr}")
        elif not (isinstance(callee, ast.Subscript) and _is_self(callee.value)):
            raise _forbidden(node, f"a call of {ast.unparse(callee)}")
        self.pending.append(callee)
        self.pending += node.args
        for keyword in node.keywords:
            if keyword.arg is None:
                raise _forbidden(node, "**")
            self.pending.append(keyword.value)

    def _definition(self, node: ast.ClassDef | ast.FunctionDef) -> None:
        self._check_binding(node, node.name)
        if self._is_private(node.name) and node.name != "__init__":
            raise _forbidden(node, f"the definition of {node.name}")
        if node.decorator_list or getattr(node, "type_params", None):
            raise _forbidden(node, f"{node.name} with a decorator or with type parameters")
        if isinstance(node, ast.FunctionDef):
            arguments = node.args
            if arguments.vararg or arguments.kwarg:
                raise _forbidden(node, f"{node.name} with any number of arguments")
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                self._check_binding(node, argument.arg)
                self.pending += [argument.annotation] if argument.annotation else []
            self.pending += arguments.defaults
            self.pending += [default for default in arguments.kw_defaults if default]
            self.pending += [node.returns] if node.returns else []
        elif node.keywords:
            raise _forbidden(node, f"{node.name} with a keyword among its bases")
        else:
            self.pending += node.bases
        self.pending += node.body

    def _is_private(self, name: str) -> bool:
        return name.startswith("__" if self.allowance.private else "_")

    def _check_binding(self, node: ast.AST, name: str) -> None:
        if name in _TAKEN or name in _ALL_BUILTINS:
            raise _forbidden(node, f"a new definition of {name}")


def _dotted(node: ast.expr) -> str:
    """Return ``a.b.c`` for a chain of names, otherwise the attributes after the last other node."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    names.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(names))


def _is_torch_name(dotted: str, functions: frozenset[str]) -> bool:
    """Whether this is a known function of torch, a class of nn, or a function of functional."""
    module, _, name = dotted.partition(".")
    if dotted in functions or "." in name:
        return dotted in functions
    if module == "nn":
        return name[0].isupper()
    return module == "functional" and name[0].islower()


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _dotted(node.func) == "super"


def _reads_parts(arguments: list[ast.expr]) -> bool:
    """Whether a getattr reads the attribute ``<layer>_parts``."""
    name = arguments[1] if len(arguments) > 1 else None
    return isinstance(name, ast.JoinedStr) and ast.unparse(name).endswith("_parts'")


def _is_value_error(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Call) and _dotted(node.func) == "ValueError"


def _forbidden(node: ast.AST, what: str) -> ForbiddenCode:
    line = getattr(node, "lineno", 0)
    return ForbiddenCode(f"line {line} of the generated code has {what}, which archc never writes")
