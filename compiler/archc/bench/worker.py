"""The process of one contender: it loads the network, then does what it is asked, line by line.

    python -P -m archc.bench.worker REQUEST

Requests and answers are lines of JSON. What libraries print goes to standard error.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TextIO

from archc.bench.runtimes import Mode, Session, Trial, runtimes
from archc.diagnostics import render
from archc.driver.pipeline import compile_spec

WARM_UP = 3


def main() -> NoReturn:
    """Answer until standard input ends."""
    answers = _own_output()
    request = json.loads(sys.argv[1])
    try:
        session = _start(request)
        for answer in [{"error": session}] if isinstance(session, str) else _answers(session):
            print(json.dumps(answer), file=answers, flush=True)
    except Exception as error:  # any library's: it is what the parent reports
        said = str(error).strip().partition("\n")[0]
        print(json.dumps({"error": f"{type(error).__name__}: {said}"}), file=answers, flush=True)
    # Some libraries end badly once they are taken down; everything has been said.
    os._exit(0)


def _own_output() -> TextIO:
    """Standard output for answers alone."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _start(request: dict[str, Any]) -> Session | str:
    """The session, or what is wrong with the spec, or with running it so."""
    compiled = compile_spec(request["spec"], request["settings"])
    if isinstance(compiled, list):
        return render(compiled[0])
    runtime = runtimes()[request["runtime"]]
    name, role, dtype, ways = request["mode"]
    mode = Mode(name, role, dtype, tuple(ways))
    session = runtime.start(compiled.analysis, Trial(*request["trial"]), mode)
    return session[0].message if isinstance(session, list) else session


def _answers(session: Session) -> Iterator[dict[str, Any]]:
    """What it computes once it is warm, then an answer for each line."""
    for _ in range(WARM_UP):
        session.time(0)
    _forget_peak()
    yield {"outputs": session.outputs(), "amount": session.amount}
    for line in sys.stdin:
        asked = json.loads(line)
        if "time" in asked:
            session.time(0)  # another contender ran before: caches are that one's
            times = session.time(asked["time"])
            on_device = session.memory()
            yield {"times": times, "memory": _peak() if on_device is None else on_device}
        else:
            yield {"layers": dict(session.layers())}


def _forget_peak() -> None:
    """Let the most memory that was in use be counted from here on, where the system can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> int | None:
    """The most bytes of memory that were resident; None where the system does not tell."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


if __name__ == "__main__":
    main()
