"""``archc bench``: measures how fast a network runs in each installed runtime."""

import os
import sys
from collections.abc import Sequence
from fnmatch import filter as filter_names
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.commands.completion import complete_spec
from archc.commands.options import examples, set_option
from archc.commands.printing import (
    echo,
    echo_document,
    echo_lines,
    fail_on,
    print_diagnostics,
    print_table,
)
from archc.commands.specs import compile_all
from archc.language.settings import Settings

if TYPE_CHECKING:
    from archc.bench.results import Results
    from archc.bench.view import Prediction

TURN = 0.15
"""Seconds per mode and round."""


@click.command(
    "bench",
    epilog=examples(
        "archc bench mine.yaml",
        "archc bench mine.yaml --list",
        "archc bench mine.yaml --batch 32 --device cuda --only '*deploy*'",
    ),
)
@click.argument("spec", shell_complete=complete_spec)
@click.option(
    "--batch",
    "batches",
    type=click.IntRange(1, 4096),
    metavar="N",
    multiple=True,
    default=(1, 8),
    show_default=True,
    help="Batch size (repeatable).",
)
@click.option("--train", is_flag=True, help="Measure training steps: forward, loss, backward.")
@click.option("--half", is_flag=True, help="Also measure half precision, with its error.")
@click.option(
    "--device",
    type=click.Choice(["cpu", "cuda"]),
    default="cpu",
    show_default=True,
    help="Device to run on.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 1024),
    metavar="N",
    default=None,
    help="Threads for each mode.  [default: number of cores]",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    metavar="N",
    help="Number of rounds.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="PATTERN",
    help="Run only modes that match PATTERN, such as '*deploy*' (repeatable).",
)
@click.option("--base", default=None, metavar="PATTERN", help="Mode that ratios are relative to.")
@click.option("--list", "lists", is_flag=True, help="List the modes that can run here.")
@click.option("--layers", is_flag=True, help="Show predicted and measured times of every layer.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "md", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="Write a chart to FILE (.svg, .png or .pdf).",
)
@set_option
def command(
    spec: str,
    batches: tuple[int, ...],
    train: bool,
    half: bool,
    device: str,
    threads: int | None,
    rounds: int,
    only: tuple[str, ...],
    base: str | None,
    lists: bool,
    layers: bool,
    output_format: str,
    plot: Path | None,
    settings: Settings,
) -> None:
    """Measure how fast a network runs in each installed runtime.

    Every mode (runtime and options) runs in a process of its own, on the same images and random
    weights. The modes take turns in rounds, and ratios are computed within a round. A mode whose
    output differs from the first mode's gets no ratio. Needs archc-compiler[bench].
    """
    if train and half:
        raise click.UsageError("use --half or --train, not both: training is measured in float32")
    (compiled,) = compile_all([spec], settings)
    from archc.bench.interruptions import Interruptions
    from archc.bench.measure import choose_modes, find_modes, measure
    from archc.bench.progress import Progress
    from archc.bench.results import check_outputs
    from archc.bench.rounds import Schedule
    from archc.bench.runtimes import Workload
    from archc.bench.view import draw, missing_rounds, predictions, results_json
    from archc.views.plots import check_plot

    if plot is not None and (problem := check_plot(plot)):
        raise click.UsageError(problem)
    analysis = compiled.analysis
    threads = threads or _cores()
    workloads = [Workload(batch, device, threads, train, half) for batch in dict.fromkeys(batches)]
    found = find_modes(analysis, workloads[0])
    chosen = choose_modes(found, only, base)
    known = [mode.name for _, mode in found if not mode.is_microbenchmark]
    names = [mode.name for _, mode in chosen if not mode.is_microbenchmark]
    if not known:
        raise click.UsageError("no runtime is installed: pip install 'archc-compiler[bench]'")
    for pattern in (*only, *filter(None, [base])):
        if not filter_names(known, pattern):
            raise click.UsageError(f"no mode matches {pattern}; --list shows the modes")
    if lists:
        echo_lines("\n".join(names))
        return
    schedule = Schedule(rounds, TURN, layers)
    name = analysis.network.name
    results: list[Results] = []
    with Interruptions() as interruptions:
        for workload in workloads:
            progress = Progress(sys.stderr, f"{name}, batch {workload.batch}")
            measured = measure(
                compiled, settings, workload, chosen, schedule, progress, interruptions
            )
            results.append(measured)
            if output_format != "json":
                _show(measured, predictions(analysis, [measured]), output_format, layers)
            if interruptions.number:
                break
    left_out = missing_rounds(results, workloads, rounds)
    if output_format == "json":
        import json

        predicted = predictions(analysis, results)
        document = results_json(name, results, predicted, partial=bool(left_out))
        echo_document(json.dumps(document, indent=1))
    elif left_out:
        echo(left_out)
    diagnostics = check_outputs(results)
    if plot is not None and any(one.results for one in results):
        diagnostic = draw(name, results, plot)
        diagnostics += [] if diagnostic is None else [diagnostic]
    if interruptions.number:
        print_diagnostics(diagnostics)
        sys.exit(128 + interruptions.number)
    fail_on(diagnostics)


def _show(
    results: "Results", predicted: "Sequence[Prediction]", output_format: str, layers: bool
) -> None:
    """Print the results of one workload: table, footnotes and predictions."""
    from archc.bench.view import footnotes, layers_table, prediction_line, results_table
    from archc.views.markdown import escape

    if results.results:
        print_table(results_table([results]), output_format)
        echo("")
    for footnote in footnotes([results], predicted):
        echo(escape(footnote) if output_format == "md" else footnote)
    for prediction in predicted if layers else ():
        line = prediction_line(prediction)
        echo_lines(f"\n{escape(line) if output_format == 'md' else line}\n")
        print_table(layers_table(prediction), output_format)
    echo("")
    sys.stdout.flush()


def _cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
