"""A loopback stand-in for the API server of Kubeflow Pipelines that records what it is sent."""

import contextlib
import dataclasses
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

_ANSWERS = {
    "/apis/v2beta1/healthz": {"multi_user": False},
    "/apis/v2beta1/experiments": {"experiment_id": "e1", "display_name": "Default"},
    "/apis/v2beta1/runs": {"run_id": "r1", "display_name": "run"},
    "/apis/v2beta1/recurringruns": {"recurring_run_id": "j1", "display_name": "schedule"},
}


@dataclasses.dataclass
class Recorded:
    """What was sent.

    Attributes:
        host: URL of the stub.
        posted: path and body of every POST, in order.
        headers: of every request, in order, by name in lower case.
    """

    host: str
    posted: list[tuple[str, dict[str, Any]]] = dataclasses.field(default_factory=list)
    headers: list[dict[str, str]] = dataclasses.field(default_factory=list)


@contextlib.contextmanager
def serve(refusal: tuple[int, str] | None = None) -> Iterator[Recorded]:
    """Serves on a free port until the context ends.

    Args:
        refusal: status and body of every answer; None to answer as the API server does. The
            request's token takes the place of `TOKEN` in the body.
    """
    recorded = Recorded("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            recorded.posted.append((self.path.split("?")[0], json.loads(body)))
            self._answer()

        def _answer(self) -> None:
            recorded.headers.append({k.lower(): v for k, v in self.headers.items()})
            answer = _ANSWERS.get(self.path.split("?")[0])
            status, text = refusal or (200 if answer else 404, json.dumps(answer or {}))
            content = text.replace("TOKEN", self.headers["Authorization"] or "").encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recorded.host = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield recorded
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
