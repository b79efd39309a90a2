"""Searches for costly specs: each case climbs to the spec that costs a command most.

A command may take time linear in the layers and the text. Each measurement is a process with
limits. Its processor time counts, so a busy machine causes no failure.
"""

import gc
import json
import os
import resource
import signal
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from click.testing import CliRunner
from fuzz.campaign import Case
from fuzz.compiling import analysed
from fuzz.large import Size, changed, random_size, text_of

from archc.cli import cli
from archc.commands.specs import disable_pydantic_plugins
from archc.network import ir

COMMANDS = {
    "check": ("check", "net.yaml"),
    "check as SARIF": ("check", "--format", "sarif", "net.yaml"),
    "fix": ("check", "--fix", "net.yaml"),
    "build": ("build", "net.yaml"),
    "build optimised": ("build", "--optimize", "net.yaml"),
    "build as ONNX": ("build", "--backend", "onnx", "net.yaml"),
    "table": ("table", "net.yaml"),
    "layers": ("table", "--layers", "net.yaml"),
    "table as JSON": ("table", "--format", "json", "net.yaml"),
    "table as CSV": ("table", "--format", "csv", "net.yaml"),
    "table as LaTeX": ("table", "--format", "latex", "net.yaml"),
    "conventions": ("table", "--conventions", "net.yaml"),
    "diff": ("diff", "net.yaml", "other.yaml"),
    "diff with another": ("diff", "googlenet.yaml", "net.yaml"),
    "report": ("report", "net.yaml"),
    "report of two": ("report", "net.yaml", "other.yaml"),
    "picture": ("report", "net.yaml", "-o", "net.svg"),
}
SLOWER = {"build optimised", "build as ONNX", "report", "report of two", "picture"}
SECONDS, SECONDS_A_LAYER, SECONDS_A_LETTER = 2.0, 3e-4, 2e-5
"""The limits of a command; SLOWER ones may take three times as much for each layer."""
MEGABYTES, BYTES_A_LAYER, BYTES_A_LETTER = 120, 12_000, 50
LONGEST, MOST_MEMORY = 150, 4_000_000_000
STEPS, COUNT = 12, 200


class Taken(NamedTuple):
    """The cost of a command: processor time, memory beyond its start, and how it ended.

    ``layers`` counts the spec's layers after expansion, ``letters`` the characters of all their
    paths; a rejected spec has none.
    """

    seconds: float
    megabytes: float
    layers: int
    letters: int
    status: int
    fault: str


def draw(random: Random) -> Case:
    """Return a spec to start from, with the seed of the climb."""
    size = random_size(random)
    return Case(text_of(size), (size, random.randrange(10**9)), Counter())


def judge(case: Case) -> tuple[str, Counter[str]]:
    """Climb to ever more costly specs; report one that exceeds the limit."""
    size, seed = case.data
    random = Random(seed)
    command = random.choice([*COMMANDS])
    best = 0.0
    for _ in range(STEPS):
        candidate = changed(size, random)
        share, fault = weighed(text_of(candidate), command)
        if fault:
            return f"{fault}: {command} of\n{text_of(candidate)}{candidate}", Counter([command])
        if share > best:
            best, size = share, candidate
    return "", Counter([f"{command} at {best:.1f} of its bound"])


def weighed(text: str, command: str) -> tuple[float, str]:
    """Return a command's cost as a share of its limit, and the error if it exceeds the limit."""
    taken = measure(text, command)
    each = SECONDS_A_LAYER * (3 if command in SLOWER else 1)
    seconds = SECONDS + each * taken.layers + SECONDS_A_LETTER * len(text)
    more = BYTES_A_LAYER * taken.layers + BYTES_A_LETTER * taken.letters
    megabytes = MEGABYTES + more / 1e6
    share = max(taken.seconds / seconds, taken.megabytes / megabytes)
    if taken.fault or share > 1:
        return share, f"{taken}, of {seconds:.1f} seconds and {megabytes:.0f} megabytes"
    return share, ""


def measure(text: str, command: str) -> Taken:
    """Run one command on a spec in a forked child, which shares this process's imports."""
    _warm()
    read, write = os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if child == 0:
            _run(text, COMMANDS[command], Path(folder), write)
        os.close(write)
        with os.fdopen(read, encoding="utf-8") as answer:
            said = answer.read()
        os.waitpid(child, 0)
    if not said:
        return Taken(LONGEST, 0, 0, 0, -1, "killed: it takes too long")
    return Taken(*json.loads(said))


def _run(text: str, arguments: tuple[str, ...], folder: Path, write: int) -> None:
    """Run the child; never returns."""
    try:
        os.chdir(folder)
        Path("net.yaml").write_text(text, encoding="utf-8")
        other = text.replace("name: Net", "name: Other").replace("row", "sow")
        other = other.replace("out: 3}", "out: 3, bias: false}")
        Path("other.yaml").write_text(other, encoding="utf-8")
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        gc.disable()  # as the command line does
        start = resource.getrusage(resource.RUSAGE_SELF)
        result = CliRunner().invoke(cli, arguments)
        end = resource.getrusage(resource.RUSAGE_SELF)
        fault = result.exception
        escaped = fault is not None and not isinstance(fault, SystemExit)
        taken = Taken(
            end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime,
            (end.ru_maxrss - start.ru_maxrss) / 1024,
            *_layers(text),
            result.exit_code,
            f"raises {fault!r:.200}" if escaped else "",
        )
        os.write(write, json.dumps(taken).encode())
    finally:
        os._exit(0)


def _layers(text: str) -> tuple[int, int]:
    analysis = analysed(text)
    if isinstance(analysis, list):
        return 0, 0
    paths = [node.path for row in analysis.network.rows_and_heads for node in ir.walk(row)]
    return len(paths), sum(map(len, paths))


@cache
def _warm() -> None:
    """Run every command once, so that no measurement includes imports."""
    disable_pydantic_plugins()
    for command in COMMANDS:
        small = text_of(Size(printed=1))
        with tempfile.TemporaryDirectory() as folder:
            here = Path.cwd()
            os.chdir(folder)
            try:
                for name in ("net.yaml", "other.yaml"):
                    Path(name).write_text(small, encoding="utf-8")
                CliRunner().invoke(cli, COMMANDS[command])
            finally:
                os.chdir(here)
