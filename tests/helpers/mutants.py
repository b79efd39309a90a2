"""Plants small faults in a module's syntax tree, one at a time, for mutation testing.

It does not change type annotations of functions, decorators, docstrings, and statements of
invariants: ``assert`` and the ``strict`` of a zip.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

Tree = TypeVar("Tree", bound=ast.AST)
Step = tuple[str, int | None]
"""A field of a node, and the index where it is a list."""

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any"}
TRANSPARENT = ("sorted", "reversed")
"""Functions whose call is replaced by its argument."""
LEFT_ALONE = {"returns", "decorator_list", "ctx", "op", "ops", "type_params"}
REMOVABLE = (ast.AugAssign, ast.Raise, ast.Continue, ast.Break)


class Key(NamedTuple):
    """The identity of a mutant; without a line number, which changes with other lines."""

    file: str
    scope: str
    line: str
    change: str
    occurrence: int


class Mutant(NamedTuple):
    """One fault: its place in the tree, and the replacement.

    ``within_function``: whether it changes only a function's code, not code that runs at import.
    """

    key: Key
    number: int
    within_function: bool
    steps: tuple[Step, ...]
    replacement: ast.AST

    def planted(self, tree: ast.Module) -> ast.Module:
        """Return a tree with the fault that shares everything else with the given tree."""
        return _replaced(tree, self.steps, self.replacement)


class _Site(NamedTuple):
    """A place in the tree: the node, and the field of its parent."""

    node: ast.AST
    parent: ast.AST
    steps: tuple[Step, ...]
    scope: tuple[str, ...]
    within: ast.AST
    in_body: bool

    @property
    def field(self) -> str:
        return self.steps[-1][0]


def mutants_of(path: Path, name: str) -> list[Mutant]:
    """Yield every mutant of a file, in the order of lines; ``name`` is the file's name in keys."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    found: list[Mutant] = []
    seen: Counter[tuple[str, ...]] = Counter()
    tree = ast.parse(text)
    at_import = _called_at_import(tree)
    for site in _sites(tree, (), (), tree, False):
        number = getattr(site.node, "lineno", 0)
        for replacement in _faults(site):
            change = f"{_written(site.node)} → {_written(replacement)}"
            if isinstance(replacement, ast.Pass):
                change = "removed"
            named = name, ".".join(site.scope), lines[number - 1].strip(), change
            seen[named] += 1
            ast.copy_location(replacement, site.node)
            ast.fix_missing_locations(replacement)
            key = Key(*named, seen[named])
            inside = site.in_body and site.scope[0] not in at_import
            inside = inside and not _loses_super(site.node, replacement)
            found.append(Mutant(key, number, inside, site.steps, replacement))
    return found


def _sites(
    node: ast.AST,
    steps: tuple[Step, ...],
    scope: tuple[str, ...],
    within: ast.AST,
    in_body: bool,
) -> Iterator[_Site]:
    """Yield every place below the node for a fault; ``in_body``: inside a function."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        scope, within = (*scope, node.name), node
    for field, value in ast.iter_fields(node):
        if field in LEFT_ALONE or (field == "annotation" and not _is_field(node, within)):
            continue
        children = value if isinstance(value, list) else [value]
        for i, child in enumerate(children):
            if not isinstance(child, ast.AST) or _states_an_invariant(child) or _is_text(child):
                continue
            path = (*steps, (field, i if isinstance(value, list) else None))
            inside = in_body or (isinstance(node, ast.FunctionDef) and field == "body")
            yield _Site(child, node, path, scope, within, inside)
            yield from _sites(child, path, scope, within, inside)


def _called_at_import(node: ast.AST) -> set[str]:
    """Return the functions that are called at import."""
    if isinstance(node, ast.FunctionDef):
        return set()
    own = (
        {node.func.id} if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else set()
    )
    return own.union(*map(_called_at_import, ast.iter_child_nodes(node)))


def _loses_super(old: ast.AST, new: ast.AST) -> bool:
    """Whether the fault removes a ``super()``, and with it the method's link to its class."""
    return "super()" in _written(old) and "super()" not in _written(new)


def _is_field(node: ast.AST, within: ast.AST) -> bool:
    """Whether an annotation is evaluated at run time, as those of a class's fields are."""
    return isinstance(node, ast.AnnAssign) and isinstance(within, ast.ClassDef)


def _states_an_invariant(node: ast.AST) -> bool:
    return isinstance(node, ast.Assert) or (isinstance(node, ast.keyword) and node.arg == "strict")


def _is_text(node: ast.AST) -> bool:
    """Whether the statement is a docstring, or the documentation of a variable."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _faults(site: _Site) -> Iterator[ast.AST]:
    """Yield replacements for the node."""
    node, parent = site.node, site.parent
    if site.field in ("test", "ifs") and not isinstance(node, ast.Constant):
        if not isinstance(parent, ast.While):
            yield ast.Constant(True)
        yield ast.Constant(False)
    match node:
        case ast.Compare():
            for i, operator in enumerate(node.ops):
                ops = list(node.ops)
                ops[i] = COMPARISONS[type(operator)]()
                yield ast.Compare(node.left, ops, node.comparators)
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            for i in range(len(node.values)):
                rest = node.values[:i] + node.values[i + 1 :]
                yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
        case ast.Constant():
            if not isinstance(parent, ast.JoinedStr):
                yield from _other_constants(node.value)
        case ast.JoinedStr():
            yield ast.JoinedStr([]) if site.field == "format_spec" else ast.Constant("")
        case ast.Call(ast.Name(name), [_, *_]) if name in FUNCTIONS:
            yield ast.Call(ast.Name(FUNCTIONS[name], ast.Load()), node.args, node.keywords)
        case ast.Call(ast.Name(name), [argument]) if name in TRANSPARENT:
            yield argument
        case ast.Slice():
            if node.lower is not None:
                yield ast.Slice(None, node.upper, node.step)
            if node.upper is not None:
                yield ast.Slice(node.lower, None, node.step)
        case ast.Return(ast.expr() as value) if _written(value) != "None":
            yield ast.Return(ast.Constant(None))
        case ast.stmt() if _is_removable(node, site.within):
            yield ast.Pass()
        case ast.AnnAssign() if node.value is not None and isinstance(site.within, ast.ClassDef):
            yield ast.AnnAssign(node.target, node.annotation, None, node.simple)


def _other_constants(value: object) -> Iterator[ast.AST]:
    match value:
        case bool():
            yield ast.Constant(not value)
        case int():
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case float():
            yield ast.Constant(2 * value)
        case str():
            yield ast.Constant("" if value else "text")


def _is_removable(node: ast.stmt, within: ast.AST) -> bool:
    """Whether the statement can be removed; not if it defines a name first."""
    if isinstance(node, ast.Assign):
        bound = [n.id for n in ast.walk(within) if isinstance(n, ast.Name) and _is_stored(n)]
        names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _is_stored(n)]
        return all(bound.count(name) > 1 for name in names)
    return isinstance(node, REMOVABLE) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _written(node: ast.AST) -> str:
    """Return the node on one line."""
    if isinstance(node, ast.JoinedStr) and not node.values:
        return "nothing"
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split())


def _replaced(node: Tree, steps: tuple[Step, ...], replacement: ast.AST) -> Tree:
    """Copy the nodes on the path to the place, with the replacement there."""
    (field, index), *rest = steps
    value = getattr(node, field)
    old = value if index is None else value[index]
    new = _replaced(old, tuple(rest), replacement) if rest else replacement
    fields = dict(ast.iter_fields(node))
    fields[field] = new if index is None else [*value[:index], new, *value[index + 1 :]]
    return ast.copy_location(type(node)(**fields), node)
