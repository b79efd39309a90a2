"""Tests the serving example by following its README."""

import http.client
import io
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from classifier import Answer, Classifier, softmax
from drawing import LABELS, draw
from images import decode, prepare
from models import randomized
from PIL import Image
from serve import WORKERS, Server

import archc
from archc_backends.pytorch.run.reference import torchvision_models

EXAMPLE = Path(__file__).parents[2] / "examples" / "serving"
COPIED = (
    "README.md",
    "shapes.yaml",
    *(f"{n}.py" for n in "classifier drawing images serve train".split()),
)
README = EXAMPLE / "README.md"
SECONDS = 1


class Site(NamedTuple):
    """The folder after following the README, and its server."""

    folder: Path
    port: int
    printed: dict[str, str]
    """The output of each command."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(), re.DOTALL)


def commands() -> list[str]:
    return re.findall(r"^\$ (.*)$", "".join(blocks("console")), re.MULTILINE)


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run the tests' ``archc`` and ``python``, with both streams in one."""
    program, *words = shlex.split(command)
    module = {"archc": ("-m", "archc"), "python": ()}[program]
    return subprocess.run(
        [sys.executable, *module, *words],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )


def request(
    port: int, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    response = connection.getresponse()
    assert response.headers["Content-Type"] == "application/json"
    text = response.read().decode()
    connection.close()
    return response.status, text


def curl(folder: Path, port: int, command: str) -> str:
    """Return the current output of a command in the README."""
    words = shlex.split(command)[1:]
    path = words[-1].removeprefix("http://127.0.0.1:8000")
    if words[0] != "--data-binary":
        return request(port, "GET", path)[1]
    return request(port, "POST", path, (folder / words[1].removeprefix("@")).read_bytes())[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("serving")
    for name in COPIED:
        shutil.copy(EXAMPLE / name, folder)
    printed = {}
    for command in commands():
        if not command.startswith("curl"):
            done = run(folder, command)
            assert done.returncode == 0, done.stdout
            printed[command] = done.stdout
    (served,) = (line for block in blocks("sh") for line in block.splitlines() if "8000" in line)
    options = shlex.split(served.replace("8000", "0"))[1:]
    log = folder / "log"
    with log.open("w") as errors:
        server = subprocess.Popen(
            [sys.executable, *options, "--timeout", str(SECONDS)],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline().rpartition(":")[2])
        for command in commands():
            if command.startswith("curl"):
                printed[command] = curl(folder, port, command)
        yield Site(folder, port, printed)
        assert server.poll() is None
    finally:
        server.terminate()
        server.communicate()
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def classifier(site: Site) -> Classifier:
    labels = (site.folder / "labels.txt").read_text().split()
    return Classifier(site.folder / "shapes_deploy.onnx", labels)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def without_digits(text: str) -> str:
    """Decimals depend on the machine that trained; names, counts and the best label do not."""
    return re.sub(r" *\d+\.\d+(e-\d+)?", " #", text)


def test_the_readme_shows_what_is_printed(site: Site, request: pytest.FixtureRequest) -> None:
    def current(block: re.Match[str]) -> str:
        lines = re.findall(r"^\$ (.*)$", block[0], re.MULTILINE)
        return "".join(["```console\n", *(f"$ {c}\n{site.printed[c]}" for c in lines), "```"])

    text = README.read_text()
    now = re.sub(r"```console\n.*?```", current, text, flags=re.DOTALL)
    if request.config.getoption("--update-expected"):
        README.write_text(now)
    else:
        assert without_digits(text) == without_digits(now)
    assert len(site.printed) == 9


def test_the_committed_class_is_the_spec_s(site: Site) -> None:
    assert (EXAMPLE / "shapes.py").read_text() == (site.folder / "shapes.py").read_text()


def test_what_was_never_trained_on_is_told(classifier: Classifier) -> None:
    drawn = [(label, draw(label, seed)) for label in LABELS for seed in range(200_000, 200_050)]
    right = [classifier.answers(encoded(image), 1)[0].label == label for label, image in drawn]
    assert sum(right) >= 0.95 * len(drawn) == 190


def test_it_answers_as_the_generated_class(site: Site, classifier: Classifier) -> None:
    model = archc.module_class(site.folder / "shapes.yaml")()
    model.load_state_dict(torch.load(site.folder / "shapes.pt"))
    model.eval()
    drawn = [draw(label, seed) for label in LABELS for seed in range(300_000, 300_010)]
    images = torch.from_numpy(np.stack([prepare(image, 32, 32) for image in drawn]))
    with torch.no_grad():
        expected = model.probabilities(images).numpy()
    got = np.stack([classifier.probabilities(encoded(image)) for image in drawn])
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-4)


def test_without_probabilities_it_takes_the_logits(site: Site, classifier: Classifier) -> None:
    spec = (site.folder / "shapes.yaml").read_text()
    (site.folder / "logits.yaml").write_text(spec.replace("  prob: Softmax\n", ""))
    command = "archc build --backend onnx --weights shapes.pt --out . logits.yaml"
    assert run(site.folder, command).stdout == "wrote logits.onnx\n"
    plain = Classifier(site.folder / "logits.onnx")
    assert plain.labels == ("0", "1", "2", "3")
    for label in LABELS:
        content = (site.folder / f"{label}.png").read_bytes()
        expected = classifier.probabilities(content)
        np.testing.assert_allclose(plain.probabilities(content), expected, rtol=0, atol=1e-6)
    assert softmax(np.array([1000, 0, 1000], np.float32)).tolist() == [0.5, 0, 0.5]


def test_the_answers_are_the_most_probable_in_order(site: Site, classifier: Classifier) -> None:
    content = (site.folder / "star.png").read_bytes()
    answers = classifier.answers(content, 9)
    assert sorted(answer.label for answer in answers) == sorted(LABELS)
    values = [answer.probability for answer in answers]
    assert values == sorted(values, reverse=True)
    assert sum(values) == pytest.approx(1, abs=1e-6)
    assert classifier.answers(content, 2) == answers[:2]


@pytest.mark.parametrize(
    ("kind", "mode"),
    re.findall(r"(\w+) (\w+)", "PNG RGB PNG L PNG RGBA PNG P JPEG RGB JPEG CMYK WEBP RGBA"),
)
def test_every_format_is_answered(kind: str, mode: str, site: Site) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned upright: the first row becomes the right column
    for label in LABELS:
        content = encoded(draw(label, 500_000).convert(mode), kind, exif=exif)
        status, (answer,) = post(site, content)
        assert (status, answer["label"]) == (200, label)


# The server.


def post(site: Site, content: bytes) -> tuple[int, Any]:
    status, text = request(site.port, "POST", "/", content)
    return status, json.loads(text)


def test_many_at_once_get_what_each_gets_alone(site: Site, classifier: Classifier) -> None:
    contents = [encoded(draw(label, 600_000 + k)) for k in range(16) for label in LABELS]
    with ThreadPoolExecutor(32) as threads:
        together = list(threads.map(lambda content: post(site, content), contents))
    alone = [[a._asdict() for a in classifier.answers(content, 1)] for content in contents]
    assert together == [(200, answers) for answers in alone]


def huge() -> bytes:
    return encoded(Image.new("1", (30_000, 1_000)))


def enormous() -> bytes:
    return encoded(Image.new("1", (30_000, 3_000)))


BODIES = {
    "nothing": (b"", 400, "not an image in a supported format: JPEG, PNG, WEBP"),
    "text": (b"circle\n", 400, "not an image in a supported format: JPEG, PNG, WEBP"),
    "another format": (
        encoded(Image.new("RGB", (9, 9)), "GIF"),
        400,
        "not an image in a supported format: JPEG, PNG, WEBP",
    ),
    "half a PNG": (
        encoded(draw("star", 1))[:3000],
        400,
        "damaged image: image file is truncated",
    ),
    "half a JPEG": (encoded(draw("star", 1), "JPEG")[:1500], 400, "damaged image: "),
    "half a WebP": (encoded(draw("star", 1), "WEBP")[:500], 400, "damaged image: "),
    "many pixels": (huge(), 413, "more than 25,000,000 pixels"),
    "more than twice as many": (enormous(), 413, "more than 25,000,000 pixels"),
    "many bytes": (bytes(30_000_000), 413, "body exceeds 10,000,000 bytes"),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_bad_body_is_refused(case: str, site: Site) -> None:
    content, status, why = BODIES[case]
    got, text = request(site.port, "POST", "/", content)
    assert got == status
    (error,) = json.loads(text).values()
    assert error.startswith(why)
    assert "\n" not in error


@pytest.mark.parametrize(
    ("method", "path", "status", "why"),
    [
        ("GET", "/", 405, "/ takes POST"),
        ("PUT", "/", 405, "/ takes POST"),
        ("DELETE", "/?x=1", 405, "/ takes POST"),
        ("POST", "/health", 405, "/health takes GET"),
        ("GET", "/etc/passwd", 404, "not found; use POST / or GET /health"),
        ("POST", "/image", 404, "not found; use POST / or GET /health"),
        ("BREW", "/", 501, "Unsupported method ('BREW')"),
    ],
)
def test_a_bad_request_is_refused(
    method: str, path: str, status: int, why: str, site: Site
) -> None:
    body = bytes(1_000_000) if method in ("POST", "PUT") else None
    got, text = request(site.port, method, path, body)
    assert (got, json.loads(text)) == (status, {"error": why})


def raw(site: Site, content: bytes, *later: bytes) -> str:
    """Return the answer to raw bytes; each part of ``later`` is sent a little later."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
        connection.sendall(content)
        for part in later:
            time.sleep(SECONDS / 4)
            connection.sendall(part)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts).decode()


@pytest.mark.parametrize(
    ("headers", "status", "why"),
    [
        (b"", 411, "Content-Length is missing"),
        (b"Content-Length: many\r\n", 411, "Content-Length is missing"),
        (b"Content-Length: -1\r\n", 411, "Content-Length is missing"),
        (b"Content-Length: +1\r\n", 411, "Content-Length is missing"),
        (b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 411, "Content-Length is missing"),
        (b"Content-Length: " + b"9" * 18 + b"\r\n", 413, "body exceeds 10,000,000 bytes"),
        (b"Content-Length: 9\r\n", 408, "incomplete after 1 seconds"),
    ],
)
def test_bad_headers_are_refused(headers: bytes, status: int, why: str, site: Site) -> None:
    answer = raw(site, b"POST / HTTP/1.1\r\n" + headers + b"\r\nabc")
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert why in answer


def test_a_client_that_trickles_is_refused(site: Site) -> None:
    answer = raw(site, b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\n", *[b"x"] * 6)
    assert "incomplete after 1 seconds" in answer


@pytest.mark.parametrize("start", [b"GE", b"GET /health HTTP/1.1\r\nSlow: "])
def test_headers_that_trickle_are_refused(start: bytes, site: Site) -> None:
    answer = raw(site, start, *[b"x"] * 6)
    assert answer.startswith("HTTP/1.1 408 ")
    assert answer.endswith('{"error": "incomplete after 1 seconds"}\n')


def flood(connection: socket.socket, seconds: float) -> None:
    """Keep sending, regardless of the answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        connection.sendall(bytes(65536))


def test_a_client_that_never_stops_sending_is_cut_off(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
        connection.sendall(b"BREW / HTTP/1.1\r\n\r\n")
        with pytest.raises(ConnectionError):
            flood(connection, 60 * SECONDS)


@pytest.mark.parametrize(("size", "status"), [(16_384, 200), (16_385, 431)])
def test_the_size_of_headers_is_limited(size: int, status: int, site: Site) -> None:
    start, end = b"GET /health HTTP/1.1\r\n", b"\r\n"
    line = b"Filled: " + b"x" * 990 + b"\r\n"
    rest = size - len(start) - len(end) - 15 * len(line)
    last = b"Last: " + b"x" * (rest - 8) + b"\r\n"
    answer = raw(site, start + 15 * line + last + end)
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert ("headers exceed 16,384 bytes" in answer) == (status == 431)


@contextmanager
def serving(classifier: Classifier) -> Iterator[int]:
    """Yield the port of a server in this process."""
    with Server(0, classifier, 1, 30) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_further_connections_wait(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serve.MAX_CONNECTIONS", 2)
    with serving(classifier) as port:
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as third:
            third.sendall(b"GET /health HTTP/1.1\r\n\r\n")
            with pytest.raises(TimeoutError):
                third.recv(1)
            silent[0].close()
            third.settimeout(30)
            assert third.recv(12) == b"HTTP/1.1 200"
        silent[1].close()


def test_a_fault_is_an_answer_too(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(content: bytes, top: int) -> list[Answer]:
        raise RuntimeError("out of memory in /secret/path")

    with serving(classifier) as port, monkeypatch.context() as patch:
        patch.setattr(classifier, "answers", fail)
        for _ in range(2):
            status, text = request(port, "POST", "/", b"x")
            assert (status, json.loads(text)) == (500, {"error": "Internal Server Error"})
        assert request(port, "GET", "/health")[0] == 200
    assert capfd.readouterr().err.count("RuntimeError: out of memory") == 2


def test_a_client_that_leaves_does_no_harm(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        assert b"received 3 of 9 bytes" in b"".join(iter(lambda: connection.recv(65536), b""))
    with socket.create_connection(("127.0.0.1", site.port)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc")
    assert raw(site, b"rubbish\r\n\r\n").startswith('{"error": "Bad request')
    assert request(site.port, "GET", "/health") == (200, '{"status": "ok"}\n')


def test_one_that_asks_whether_to_go_on_is_told(site: Site) -> None:
    content = (site.folder / "star.png").read_bytes()
    head = f"POST / HTTP/1.1\r\nContent-Length: {len(content)}\r\nExpect: 100-continue\r\n\r\n"
    answer = raw(site, head.encode(), content)
    assert answer.startswith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_it_listens_on_this_machine_alone(classifier: Classifier) -> None:
    with Server(0, classifier, 1, SECONDS) as server:
        assert server.server_address[0] == "127.0.0.1"


def test_no_more_images_than_cores_are_worked_on_at_once(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = threading.Lock()
    working: list[int] = []
    most = 0

    def slow(content: bytes, top: int) -> list[Answer]:
        nonlocal most
        with lock:
            working.append(top)
            most = max(most, len(working))
        time.sleep(0.05)
        with lock:
            working.pop()
        return [Answer("star", 1.0)]

    monkeypatch.setattr(classifier, "answers", slow)
    with serving(classifier) as port, ThreadPoolExecutor(4 * WORKERS) as threads:
        asked = [threads.submit(request, port, "POST", "/", b"x") for _ in range(8 * WORKERS)]
        assert {future.result()[0] for future in asked} == {200}
    assert 0 < most <= WORKERS  # on a slow machine, not all may be processed at one moment


# The command line.


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("gone.onnx star.png", "model not found: gone.onnx"),
        ("train.py star.png", "train.py: cannot load the model: [ONNXRuntimeError]"),
        ("shapes_deploy.onnx gone.png", "gone.png: No such file or directory"),
        (
            "shapes_deploy.onnx train.py",
            "train.py: not an image in a supported format: JPEG, PNG, WEBP",
        ),
        ("shapes_deploy.onnx half.png", "half.png: damaged image: image file is truncated"),
        ("shapes_deploy.onnx huge.png", "huge.png: more than 25,000,000 pixels"),
        (
            "shapes_deploy.onnx star.png --labels gone.txt",
            "gone.txt: cannot read labels: No such file",
        ),
        (
            "shapes_deploy.onnx star.png --labels star.png",
            "star.png: cannot read labels: 'utf-8' codec",
        ),
        (
            "shapes_deploy.onnx star.png --labels 3.txt",
            "3 labels for 4 classes of shapes",
        ),
        (
            "grey.onnx star.png",
            "grey.onnx: expected one input of float32 images and an output logits",
        ),
        ("shapes_deploy.onnx --port 65536", "port 65536: "),
        ("shapes_deploy.onnx --port TAKEN", "port TAKEN: Address already in use"),
    ],
)
def test_a_bad_argument_is_one_line(arguments: str, line: str, site: Site) -> None:
    (site.folder / "half.png").write_bytes(encoded(draw("star", 1))[:3000])
    (site.folder / "huge.png").write_bytes(huge())
    (site.folder / "3.txt").write_text("a\nb\nc\n")
    if "grey" in arguments:
        spec = re.sub(" *whiten: .*\n", "", (site.folder / "shapes.yaml").read_text())
        (site.folder / "grey.yaml").write_text(spec.replace("3x32x32", "1x32x32"))
        assert run(site.folder, "archc build --backend onnx --out . grey.yaml").returncode == 0
    done = run(site.folder, f"python serve.py {arguments}".replace("TAKEN", str(site.port)))
    assert done.returncode == 1
    assert done.stdout.startswith(line.replace("TAKEN", str(site.port)))
    assert done.stdout.count("\n") == 1


def test_it_needs_neither_torch_nor_archc(site: Site) -> None:
    program = "import serve, sys; print({'torch', 'archc', 'onnx'} & sys.modules.keys())"
    assert run(site.folder, f'python -c "{program}"').stdout == "set()\n"


# A shipped network.


def test_a_checkpoint_of_torchvision_goes_the_same_way(site: Site, tmp_path: Path) -> None:
    torch.manual_seed(0)
    theirs = torchvision_models().googlenet(transform_input=True, init_weights=False).eval()
    randomized(theirs)
    torch.save(theirs.state_dict(), tmp_path / "googlenet.pth")
    (spec,) = blocks("yaml")
    name, _, text = spec.removeprefix("# file: ").partition("\n")
    (tmp_path / name).write_text(text)
    (tmp_path / "imagenet.txt").write_text("".join(f"class {k}\n" for k in range(1000)))
    photo = draw("star", 7)
    photo.save(tmp_path / "photo.jpg")
    for file in ("serve.py", "classifier.py", "images.py"):
        shutil.copy(EXAMPLE / file, tmp_path)
    (lines,) = (block.splitlines() for block in blocks("sh") if "archc weights" in block)
    assert len(lines) == 3
    for line in lines:
        done = run(tmp_path, line)
        assert done.returncode == 0, done.stdout
    content = (tmp_path / "photo.jpg").read_bytes()
    images = torch.from_numpy(prepare(decode(content), 224, 224))[None]
    mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[..., None, None]
    with torch.no_grad():
        expected = theirs((images - mean) / deviation).softmax(1)[0]
    got = Classifier(tmp_path / "photos_deploy.onnx").probabilities(content)
    assert expected.max() > 2 / 1000  # outputs differ between images and between classes
    np.testing.assert_allclose(got, expected.numpy(), rtol=1e-3, atol=0)
    assert done.stdout.splitlines()[0].endswith(f" class {expected.argmax()}")


def test_a_model_that_was_not_trained_says_so(site: Site) -> None:
    (site.folder / "new.yaml").write_text((site.folder / "shapes.yaml").read_text())
    assert run(site.folder, "archc build --backend onnx --out . new.yaml").returncode == 0
    done = run(site.folder, "python serve.py new.onnx star.png --top 1")
    assert done.returncode == 0
    assert "new.onnx: the weights are untrained\n" in done.stdout
