"""Tests the allow-list for generated code: it accepts all generated code and nothing else."""

from pathlib import Path

import pytest

import archc
from archc_backends.pytorch.allowed import CONVERTED, NETWORK, Allowance, ForbiddenCode, check_code
from archc_backends.pytorch.emit import module

ROOT = Path(__file__).parents[3]
GENERATED = sorted([*ROOT.glob("generated/*.py"), *ROOT.glob("tests/specs/good/*.py")])

CLASS = """
class Net(nn.Module):
    def __init__(self, count: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, count, kernel_size=(1, 3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        {}
        return functional.relu(x, inplace=True)
"""

STATEMENTS = {
    "another builtin": 'eval("1")',
    "a builtin that is not called": "x = exec",
    "a builtin by an alias of NFKC": "\uff45\uff56\uff41\uff4c(x)",
    "a dunder": "__import__('os')",
    "a private name": "x = _hidden",
    "a dunder attribute": "x = x.__class__",
    "a private attribute": "x = self._modules",
    "a constructor of something else": "x.__init__()",
    "a call of a name that is no class": "x = x(1)",
    "a call of a method of something else": "x = x.numpy()",
    "a call of what was called": "x = self.conv(x)(x)",
    "a call of an item of something else": "x = x[0](x)",
    "a call of a literal's method": 'x = "{0.x}".format(x)',
    "a function of torch": 'x = torch.load("x")',
    "a package of torch": 'x = torch.hub.load("x", "y")',
    "torch's ops, not called": "x = torch.ops",
    "a function of nn": "x = nn.factory_kwargs(x)",
    "a package of nn": "x = nn.utils",
    "another initialisation": "nn.init.constant_(x, 1)",
    "a private function of functional": "x = functional._pad(x)",
    "a class of functional": "x = functional.Tensor(x)",
    "an attribute of another's": "x = getattr(torch, 'load')",
    "an attribute of nothing": "x = getattr()",
    "another's super": "x = super(nn.Module, self).forward(x)",
    "the forward of its base": "x = super().forward(x)",
    "arguments of a mapping": "x = self.conv(**x)",
    "another meaning of torch": "torch = x",
    "another meaning of a builtin": "len = x",
    "another meaning of a builtin that is used": "super = x",
    "an attribute set elsewhere": "nn.Module = x",
    "an attribute of a layer set": "self.conv.weight = x",
    "an import": "import os",
    "an import of archc": "import archc",
    "an import under another name": "import torch as t",
    "a relative import": "from . import x",
    "bytes": 'x = b"x"',
    "a complex number": "x = 1j",
    "a lambda": "x = lambda: x",
    "a list comprehension": "x = [y for y in x]",
    "a walrus": "x = (y := x)",
    "another operator": "x = x @ x",
    "a comparison": "x = x == x",
    "a loop without an end": "while x: x = x",
    "a deletion": "del x",
    "an assertion": "assert x",
    "an exception": "raise x",
    "a handler": "try: x = x\n        finally: x = x",
    "a context": "with x: x = x",
    "a global": "global y",
    "a yield": "yield x",
    "a set": "x = {x}",
    "a slice": "x = x[1:2]",
    "a match": "match x:\n            case _: x = x",
    "a coroutine": "async def f(): return x",
    "a decorator": "@x\n        def f(): return x",
    "any number of arguments": "def f(*x): return x",
    "any number of keywords": "def f(**x): return x",
    "an argument called torch": "def f(torch): return x",
    "a dunder method": "def __reduce__(self): return x",
    "an annotation that calls": "def f(x: eval('1')): return x",
    "a result that calls": "def f() -> eval('1'): return x",
    "a default that calls": "def f(x=eval('1')): return x",
    "a keyword's default that calls": "def f(*, x=eval('1')): return x",
    "a metaclass": "class Inner(nn.Module, metaclass=x): x: int",
    "a base that calls": "class Inner(eval('1')): x: int",
    "a class called as a builtin": "class list(nn.Module): x: int",
}

MODULES = {
    "a statement": "x = 1\n",
    "a condition": "if True: x = 1\n",
    "an import of another": "import os\n",
    "a call": "print(1)\n",
    "a star": "from torch import *\n",
    "no Python": "class :\n",
    "a null": "x\0\n",
}


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_all_generated_code_passes(path: Path) -> None:
    assert "nn" in check_code(path.read_text(), allowance_of(path))


def allowance_of(path: Path) -> Allowance:
    """Return an allowed file."""
    return CONVERTED if path.stem.endswith(("_deploy", "_merged")) else NETWORK


def test_a_network_may_not_say_what_a_conversion_may() -> None:
    with pytest.raises(ForbiddenCode):
        check_code((ROOT / "generated" / "googlenet_bn_deploy.py").read_text())


@pytest.mark.parametrize(
    "statement",
    [
        'x = getattr(x, "load")',
        'x = getattr(x, f"{x}_load")',
        'x = eval("1")',
        "x = x.__class__",
        "x = open(x)",
        "import os",
        'x = torch.load("x")',
        "x = lambda: x",
        "x = x.numpy()",
    ],
)
def test_a_conversion_may_not_say_everything_either(statement: str) -> None:
    with pytest.raises(ForbiddenCode):
        check_code(CLASS.format(statement), CONVERTED)


def test_the_frame_of_these_tests_passes() -> None:
    for line in ("x = self.conv(x)", "x = torch.cat((x, x), 1)", "x = self[0](x)"):
        assert {"nn", "Tensor", "functional"} <= check_code(CLASS.format(line))


@pytest.mark.parametrize("what", STATEMENTS)
def test_a_statement_is_refused(what: str) -> None:
    code = CLASS.format(STATEMENTS[what])
    compile(code, "net.py", "exec")  # this would run, since the code after it is valid
    with pytest.raises(ForbiddenCode, match=r"^line \d+ of the generated code has "):
        check_code(code)


@pytest.mark.parametrize("what", MODULES)
def test_a_module_is_refused(what: str) -> None:
    with pytest.raises(ForbiddenCode):
        check_code(MODULES[what])


def test_what_was_used_is_told() -> None:
    assert check_code("class Net(nn.Module):\n    size: int\n") == {"nn", "size", "int"}


@pytest.mark.parametrize("escape", ['"""\nimport os\n"""', '"""\nprint(1)\n"""', '"""'])
def test_a_text_that_escapes_its_docstring_is_not_written(
    escape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = archc.load("googlenet.yaml")
    assert archc.emit(network)  # from here on the template is cached with the true filter
    monkeypatch.setattr(module, "_docstring", lambda text, indent: f'"""{escape}"""')
    with pytest.raises(ForbiddenCode):
        archc.emit(network)
