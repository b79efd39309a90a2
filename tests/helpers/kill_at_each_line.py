"""Builds over an old file, killed (SIGKILL) before each line of the writer in turn.

Run it in an empty folder with the name of a spec. It prints how many kills the file survived, and
how many left a temporary file, which the next writer removed.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from archc.commands.options import choose_backend
from archc.commands.specs import compile_all
from archc.driver.build import build_files
from archc.driver.files import staging, writer
from archc.driver.files.stamps import Stamp, digest_of

TRACED = (writer.__file__, staging.__file__)


def kill_at(step: int) -> None:
    """Kill the process when the writer reaches its ``step``-th line."""
    reached = 0

    def trace(frame: FrameType, event: str, argument: object) -> object:
        nonlocal reached
        if frame.f_code.co_filename not in TRACED:
            return None
        if event == "line":
            reached += 1
            if reached == step:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]


def main() -> None:
    """Run one child process for each step, until one finishes."""
    files, _ = build_files(compile_all([sys.argv[1]]), choose_backend(None), Path("generated"))
    file = files[0]
    old = Stamp(Path(sys.argv[1]).name, (), digest_of(())).add_header(b"x = 1\n", "#")
    target, new = file.path, file.content
    target.parent.mkdir()
    kills, left, seen = 0, 0, set()
    while True:
        target.write_bytes(old)
        before = leftovers(target)
        child = os.fork()
        if child == 0:
            kill_at(kills + 1)
            outcome = writer.write_files(files, force=False)
            os._exit(0 if outcome.written == (target,) else 3)
        _, status = os.waitpid(child, 0)
        content = target.read_bytes()
        assert content in (old, new), f"torn at line {kills + 1}"
        seen.add(content == new)
        after = leftovers(target)
        assert len(after) <= 1, f"{after} at line {kills + 1}"
        left += bool(after - before)
        if not os.WIFSIGNALED(status):
            assert os.WEXITSTATUS(status) == 0
            assert content == new
            assert not after
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        kills += 1
    assert seen == {False, True}
    print(kills, left)


def leftovers(target: Path) -> set[str]:
    """Return the names of all other files in the folder."""
    return {path.name for path in target.parent.iterdir() if path != target}


if __name__ == "__main__":
    main()
