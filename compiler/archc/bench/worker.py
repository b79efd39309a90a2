"""The parent's side of a worker process: sends requests and reads answers."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from archc.bench.runtimes import Mode, Workload
from archc.language.settings import Settings

_HAS_GROUPS = hasattr(os, "killpg")


class Worker:
    """A process that runs one mode until ``kill``.

    ``error`` is the reason for a failure, empty without one. ``outputs`` are the numbers that the
    mode computes, ``amount`` the operations or bytes of one pass of a microbenchmark, ``memory``
    the peak in bytes since the warm-up, None if the system does not report it.
    """

    def __init__(
        self, spec: Path, settings: Settings, runtime: str, workload: Workload, mode: Mode
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
            "workload": workload,
            "mode": mode,
        }
        # A file, because a full pipe would block the process.
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "archc.bench.worker_main", json.dumps(request)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            # Its own group: Ctrl-C in a terminal does not reach it, and kill() also ends its child
            # processes, such as compilers.
            process_group=0 if _HAS_GROUPS else None,
        )

    def wait(self) -> None:
        """Wait until the worker has computed its outputs or failed."""
        answer = self._answer()
        self.error = answer.get("error", "")
        self.outputs = answer.get("outputs", [])
        self.amount = answer.get("amount", 0.0)

    def time(self, seconds: float) -> list[float]:
        """Return the seconds of single passes: as many as fit, at least one."""
        answer = self._ask({"time": seconds})
        self.memory = answer.get("memory")
        times: list[float] = answer.get("times", [])
        return times

    def layers(self) -> dict[str, float]:
        """Return the seconds of each layer by path; empty if the mode cannot measure layers."""
        layers: dict[str, float] = self._ask({"layers": True}).get("layers", {})
        return layers

    def kill(self) -> None:
        """Kill the process and its child processes."""
        if self._process.poll() is not None:
            return
        if _HAS_GROUPS:
            with suppress(OSError):  # the process has just ended
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()

    def close(self) -> None:
        """Wait until the killed process has ended."""
        self._process.communicate()
        self._stderr.close()

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
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        return {"error": lines[-1] if lines else f"its process ended with status {status}"}
