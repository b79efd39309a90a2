"""A client for yaml-language-server, over its standard streams, as editors run it."""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

SERVER = Path(__file__).parent / "node_modules" / ".bin" / "yaml-language-server"
SETTINGS = {
    "validate": True,
    "hover": True,
    "completion": True,
    "schemaStore": {"enable": False},
}
CAPABILITIES = {
    "textDocument": {"completion": {"completionItem": {"snippetSupport": True}}},
    "workspace": {"configuration": True},
}


class Problem(NamedTuple):
    """A diagnostic of the editor: the underlined text and the message."""

    text: str
    message: str


class LanguageServer:
    """A running server. Documents are opened one after the other and never changed."""

    def __enter__(self) -> Self:
        command = ["node", str(SERVER.resolve()), "--stdio"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.requests = 0
        self._request(
            "initialize", {"processId": None, "rootUri": None, "capabilities": CAPABILITIES}
        )
        self._notify("initialized", {})
        self._notify("workspace/didChangeConfiguration", {"settings": {"yaml": SETTINGS}})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.communicate()

    def problems(self, path: Path) -> list[Problem]:
        """Open a file and return the server's diagnostics."""
        return self.all_problems([path])[path]

    def all_problems(self, paths: list[Path]) -> dict[Path, list[Problem]]:
        """The same for many files opened together, since the server waits before each check."""
        texts = {path.as_uri(): path.read_text() for path in paths}
        for uri, text in texts.items():
            document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
            self._notify("textDocument/didOpen", {"textDocument": document})
        found: dict[str, list[Problem]] = {}
        while found.keys() < texts.keys():
            message = self._read()
            if message.get("method") == "textDocument/publishDiagnostics":
                uri = message["params"]["uri"]
                problems = message["params"]["diagnostics"]
                found[uri] = [_problem(problem, texts[uri]) for problem in problems]
            else:
                self._answer(message)
        return {path: found[path.as_uri()] for path in paths}

    def hover(self, path: Path, line: int, column: int) -> str:
        """Return the hover text at a line and column, counted from 0."""
        shown = self._request("textDocument/hover", _place(path, line, column))
        return str(shown["contents"]["value"]) if shown else ""

    def completions(self, path: Path, line: int, column: int) -> dict[str, str]:
        """Return the completions at a place, with their documentation."""
        offered = self._request("textDocument/completion", _place(path, line, column))
        return {
            item["label"]: str(item.get("documentation", "")) for item in offered.get("items", ())
        }

    def _request(self, method: str, params: object) -> Any:
        self.requests += 1
        number = self.requests
        self._write({"id": number, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == number and "method" not in message:
                return message.get("result")
            self._answer(message)

    def _notify(self, method: str, params: object) -> None:
        self._write({"method": method, "params": params})

    def _answer(self, message: dict[str, Any]) -> None:
        """Answer a request from the server; it gets settings and nothing else."""
        if "method" in message and "id" in message:
            items = message.get("params", {}).get("items", ())
            given = [SETTINGS if item["section"] == "yaml" else None for item in items]
            self._write({"id": message["id"], "result": given})

    def _write(self, message: dict[str, object]) -> None:
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        if not length:
            raise EOFError("the language server has ended")
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message


def _place(path: Path, line: int, column: int) -> dict[str, object]:
    return {
        "textDocument": {"uri": path.as_uri()},
        "position": {"line": line, "character": column},
    }


def _problem(found: dict[str, Any], text: str) -> Problem:
    start, end = found["range"]["start"], found["range"]["end"]
    line = text.splitlines()[start["line"]]
    last = end["character"] if end["line"] == start["line"] else len(line)
    return Problem(line[start["character"] : last], found["message"])
