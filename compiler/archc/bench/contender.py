"""A contender seen from outside: its process, what it is asked, what it answers."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from archc.bench.runtimes import Mode, Trial
from archc.language.settings import Settings

_HAS_GROUPS = hasattr(os, "killpg")


class Contender:
    """A mode of a runtime in a process of its own, which ends with ``kill``.

    ``error`` says why it cannot take part; empty where it can, and then ``outputs`` is what it
    computes and ``amount`` what a pass of a yardstick is worth. ``memory`` are the most bytes in
    use since it was warm; None where the system does not tell.
    """

    def __init__(
        self, spec: Path, settings: Settings, runtime: str, trial: Trial, mode: Mode
    ) -> None:
        self.mode = mode
        self.error = ""
        self.outputs: list[list[float]] = []
        self.amount = 0.0
        self.memory: int | None = None
        request = {
            "spec": str(spec),
            "settings": dict(settings),
            "runtime": runtime,
            "trial": trial,
            "mode": mode,
        }
        # A file, since a pipe that nobody reads would stop it at 64 KB.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - stop() closes it
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "archc.bench.worker", json.dumps(request)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            # A group of its own: Ctrl-C in a terminal does not reach it, and what it has started,
            # such as a compiler, ends with it.
            process_group=0 if _HAS_GROUPS else None,
        )

    def wait(self) -> None:
        """Until it has computed its outputs, or said why it does not."""
        answer = self._answer()
        self.error = answer.get("error", "")
        self.outputs = answer.get("outputs", [])
        self.amount = answer.get("amount", 0.0)

    def time(self, seconds: float) -> list[float]:
        """The seconds that single passes take, as many as fit and at least one."""
        answer = self._ask({"time": seconds})
        self.memory = answer.get("memory")
        times: list[float] = answer.get("times", [])
        return times

    def layers(self) -> dict[str, float]:
        """The seconds of a pass by the path of the layer; empty where it cannot tell."""
        layers: dict[str, float] = self._ask({"layers": True}).get("layers", {})
        return layers

    def kill(self) -> None:
        """End the process, whatever it does."""
        if self._process.poll() is not None:
            return
        if _HAS_GROUPS:
            with suppress(OSError):  # it has just ended
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()

    def close(self) -> None:
        """Wait until the process, which was killed, has ended."""
        self._process.communicate()
        self._said.close()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        if self.error:
            return {}
        assert self._process.stdin is not None
        try:
            print(json.dumps(question), file=self._process.stdin, flush=True)
        except OSError:
            self.error = "its process ended"
            return {}
        answer = self._answer()
        self.error = answer.get("error", "")
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        status = self._process.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()
        return {"error": said[-1] if said else f"its process ended with status {status}"}
