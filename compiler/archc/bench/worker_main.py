"""The main program of a worker: load the network, then answer requests line by line.

    python -P -m archc.bench.worker_main REQUEST

Requests and answers are lines of JSON. Output of libraries goes to standard error.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TextIO

from archc.bench.runtimes import Mode, Session, Workload, runtimes
from archc.diagnostics import render
from archc.driver.pipeline import compile_spec

WARM_UP = 3


def main() -> NoReturn:
    """Answer requests until standard input ends."""
    answers = _own_output()
    request = json.loads(sys.argv[1])
    try:
        session = _start(request)
        for answer in [{"error": session}] if isinstance(session, str) else _answers(session):
            print(json.dumps(answer), file=answers, flush=True)
    except Exception as error:  # of any library; the parent reports it
        line = str(error).strip().partition("\n")[0]
        print(json.dumps({"error": f"{type(error).__name__}: {line}"}), file=answers, flush=True)
    # Some libraries crash when the interpreter shuts down.
    os._exit(0)


def _own_output() -> TextIO:
    """Return standard output for answers, and send all other output to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _start(request: dict[str, Any]) -> Session | str:
    """Return the session, or an error message."""
    compiled = compile_spec(request["spec"], request["settings"])
    if isinstance(compiled, list):
        return render(compiled[0])
    runtime = runtimes()[request["runtime"]]
    name, role, dtype, options = request["mode"]
    mode = Mode(name, role, dtype, tuple(options))
    session = runtime.start(compiled.analysis, Workload(*request["workload"]), mode)
    return session[0].message if isinstance(session, list) else session


def _answers(session: Session) -> Iterator[dict[str, Any]]:
    """Yield the outputs after the warm-up, then an answer for each line."""
    for _ in range(WARM_UP):
        session.time(0)
    with suppress(OSError):  # reset the peak of resident memory, if the system can
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    yield {"outputs": session.outputs(), "amount": session.amount}
    for line in sys.stdin:
        asked = json.loads(line)
        if "time" in asked:
            session.time(0)  # another worker ran before this one and replaced the caches
            times = session.time(asked["time"])
            on_device = session.memory()
            yield {"times": times, "memory": _peak() if on_device is None else on_device}
        else:
            yield {"layers": dict(session.layers())}


def _peak() -> int | None:
    """Return the peak of resident memory in bytes, None if the system does not report it."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


if __name__ == "__main__":
    main()
