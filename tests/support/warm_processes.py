"""Starts processes from one that has imported what takes seconds, as `multiprocessing` can.

The process is shared: whoever asks for it by the same address is served by it, whatever environment
they run in, and it ends when nobody is left. It has no thread when it forks.

Over 300 lines, since server and clients speak one protocol.
"""

import atexit
import contextlib
import dataclasses
import fcntl
import functools
import gc
import hashlib
import importlib
import json
import os
import queue
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

_REPOSITORY = Path(__file__).resolve().parents[2]
_GREETING = "at your service\n"
_READY = "ready\n"


class Process:
    """A process of a session of its own; enough of `subprocess.Popen` to watch and kill it.

    Attributes:
        pid: Of the process and of its group.
        returncode: As of `Popen`; None while it runs.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = threading.Event()

    def poll(self) -> int | None:
        """Gives the exit status, or minus the signal; None while it runs."""
        return self.returncode

    def wait(self) -> int:
        """Waits for the end."""
        self._ended.wait()
        assert self.returncode is not None, "the process that it was forked from has ended"
        return self.returncode

    def end(self, returncode: int | None) -> None:
        """Notes that it has ended."""
        self.returncode = returncode
        self._ended.set()


class Parent:
    """A connection to the process that the others are forked from, which is started if need be.

    Args:
        folder: Folder that stands for it: who names the same one shares the process.
        modules: Modules that it imports.
        python: Its interpreter.
        of: One that has imported less, to be forked from itself; kept as long as this.
    """

    def __init__(
        self,
        folder: Path,
        modules: Sequence[str] = (),
        python: str = sys.executable,
        of: "Parent | None" = None,
    ) -> None:
        # An abstract address: nothing on disk, and no limit to the length of the folder's path.
        digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()
        self.address = f"checkpoint-sweep-tests-{digest[:32]}"
        self._of = of
        with (folder / "forks.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                self._connection, self._lines = _connected(self.address)
            except ConnectionError:
                if of is None:
                    server = _start_server(self.address, modules, python)
                    # Its seconds of CPU count as those of this process's children.
                    atexit.register(self._end, server)
                else:
                    of.fork_server(self.address, modules, folder)
                self._connection, self._lines = _connected(self.address)
        self._started: queue.Queue[Process] = queue.Queue()
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        output: Path,
        error: Path | None = None,
        scrubbed: bool = False,
        cwd: Path = _REPOSITORY,
    ) -> Process:
        """Runs a module as `python -m` does, beside those that it has started before.

        Args:
            module: Name of the module.
            arguments: Arguments of the command line.
            environment: Variables to set.
            output: File for what it prints.
            error: File for what it prints as errors; by default the same.
            scrubbed: Whether it has these variables only.
            cwd: Working directory.
        """
        given = os.environ if not scrubbed else {}
        request = _Request(
            module,
            list(arguments),
            {**given, **environment},
            str(cwd),
            str(output),
            str(error or output),
        )
        with self._lock:
            self._connection.sendall((json.dumps(dataclasses.asdict(request)) + "\n").encode())
            return self._started.get()

    def fork_server(self, address: str, modules: Sequence[str], folder: Path) -> None:
        """Starts a process to fork from; it is ready when this returns."""
        output = folder / "ready"
        output.unlink(missing_ok=True)
        os.mkfifo(output)
        arguments = [address, *modules]
        self.start(__name__, arguments, {}, output, folder / "error")
        with output.open() as lines:
            assert lines.readline() == _READY, (folder / "error").read_text()

    def _end(self, server: subprocess.Popen[str]) -> None:
        self._connection.shutdown(socket.SHUT_RDWR)
        server.wait()

    def _listen(self) -> None:
        children: dict[int, Process] = {}
        for line in self._lines:
            word, pid, *status = line.split()
            if word == "started":
                children[int(pid)] = Process(int(pid))
                self._started.put(children[int(pid)])
            else:
                children.pop(int(pid)).end(int(status[0]))
        for child in children.values():
            child.end(None)


@dataclasses.dataclass(frozen=True)
class _Request:
    """A process to become.

    Attributes:
        module: Module to run as `python -m` does.
        arguments: Arguments of its command line.
        environment: Its environment.
        cwd: Its working directory.
        output: File for what it prints; "" for the streams that are sent along.
        error: File for what it prints as errors.
        code: Code to run, as `python -c` does, instead of a module.
    """

    module: str
    arguments: list[str]
    environment: dict[str, str]
    cwd: str
    output: str = ""
    error: str = ""
    code: str = ""

    def run(self, streams: Sequence[int]) -> None:
        """Becomes the process that is asked for."""
        # A test may itself have been started to ignore Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if streams:
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
        else:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(os.open(self.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
            same = self.error == self.output
            os.dup2(1 if same else os.open(self.error, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        os.environ.clear()
        os.environ.update(self.environment)
        tempfile.tempdir = None  # as TMPDIR says
        os.chdir(self.cwd)
        paths = self.environment.get("PYTHONPATH", "").split(os.pathsep)
        sys.path[:0] = [path for path in paths if path and path not in sys.path]
        sys.argv = [self.module, *self.arguments]
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
        try:
            if self.code:
                # The server's option to ignore warnings is not one of this interpreter's.
                sys.warnoptions.clear()
                warnings.filters.remove(("ignore", None, Warning, None, 0))  # type: ignore[attr-defined]
                exec(self.code, {"__name__": "__main__"})
            else:
                _run_tfx_step_by_step()
                runpy.run_module(self.module, run_name="__main__", alter_sys=True)
        except SystemExit as error:
            _leave(error.code)
        except Exception:
            traceback.print_exc()
            _leave(1)
        _leave(None)


def run_code(address: str, code: str, arguments: Sequence[str]) -> int:
    """Runs code as `python -c` does, forked from a process, with this process's streams.

    Args:
        address: Address of the process.
        code: Code to run.
        arguments: Arguments after the code.

    Returns:
        Its exit status.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection, lines = _connected(address)
    request = _Request("-c", list(arguments), dict(os.environ), os.getcwd(), code=code)
    socket.send_fds(connection, [b" "], [0, 1, 2])
    connection.sendall((json.dumps(dataclasses.asdict(request)) + "\n").encode())
    # Whoever started this hears of the end of the streams by the other's end of them alone.
    for stream in (0, 1):
        os.dup2(os.open(os.devnull, os.O_RDWR), stream)
    for line in lines:
        word, pid, *status = line.split()
        if word == "ended":
            return max(int(status[0]), 0) or int(int(status[0]) < 0)
        # Ctrl-C is for the other, which has a session of its own.
        signal.signal(signal.SIGINT, functools.partial(_pass_on, int(pid)))
    return 1


def _pass_on(pid: int, number: int, _: object) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _run_tfx_step_by_step() -> None:
    if "tfx.dsl.components.base.base_beam_executor" in sys.modules:
        from tests.support import eager_nodes

        eager_nodes.use()


def _leave(code: str | int | None) -> NoReturn:
    """Ends this process as `sys.exit` does, without the seconds that taking modules apart takes."""
    if isinstance(code, str):
        print(code, file=sys.stderr)
    with contextlib.suppress(BrokenPipeError):
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001
        atexit._run_exitfuncs()  # noqa: SLF001
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(1 if isinstance(code, str) else code or 0)


def _connected(address: str) -> tuple[socket.socket, TextIO]:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(f"\0{address}")
    lines = connection.makefile("r")
    if lines.readline() != _GREETING:  # it was about to end
        raise ConnectionError(address)
    return connection, lines


def _start_server(address: str, modules: Sequence[str], python: str) -> subprocess.Popen[str]:
    """Starts the process; it is ready when this returns."""
    path = os.pathsep.join([str(_REPOSITORY / "components"), str(_REPOSITORY)])
    server = subprocess.Popen(
        [python, "-W", "ignore", "-m", __name__, address, *modules],
        cwd=_REPOSITORY,
        env=os.environ | {"PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == _READY, f"no process with {modules}"
    return server


class _Server:
    """Serves its connections until the last of them is closed."""

    def __init__(self, address: str) -> None:
        self._selector = selectors.DefaultSelector()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(f"\0{address}")
        self._listening.listen()
        self._selector.register(self._listening, selectors.EVENT_READ, self._accept)
        self._connections: set[socket.socket] = set()
        self._children: dict[int, int] = {}  # pid by pidfd

    def serve(self) -> "tuple[_Request, list[int]] | None":
        """Forks what is asked for; returns in the child with its request, at the end with None.

        With the request are the streams that were sent along, if any.
        """
        while True:
            for key, _ in self._selector.select():
                request = key.data(key.fileobj)
                if request is not None:
                    return request
            if not self._connections:
                self._listening.close()
                for pid in self._children.values():
                    os.killpg(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)  # else its seconds of CPU are nobody's
                return None

    def _accept(self, listening: socket.socket) -> None:
        connection, _ = listening.accept()
        self._connections.add(connection)
        connection.sendall(_GREETING.encode())
        line, streams = bytearray(), list[int]()
        self._selector.register(
            connection, selectors.EVENT_READ, lambda _: self._read(connection, line, streams)
        )

    def _read(
        self, connection: socket.socket, line: bytearray, streams: list[int]
    ) -> "tuple[_Request, list[int]] | None":
        data, sent, _, _ = socket.recv_fds(connection, 1 << 16, 3)
        line += data
        streams += sent
        if not data:
            self._selector.unregister(connection)
            self._connections.remove(connection)
            connection.close()
            return None
        # Each request is a line, and nobody sends the next one before there is an answer.
        if not line.endswith(b"\n"):
            return None
        request = _Request(**json.loads(line))
        line.clear()
        ready, held = os.pipe()
        pid = os.fork()
        if not pid:
            os.setsid()
            os.close(ready)
            os.close(held)
            self._close()
            return request, streams
        # Whoever hears that it has started may signal its group: until there is one, it is held.
        os.close(held)
        os.read(ready, 1)
        os.close(ready)
        for stream in streams:
            os.close(stream)
        streams.clear()
        pidfd = os.pidfd_open(pid)
        self._children[pidfd] = pid
        connection.sendall(f"started {pid}\n".encode())
        self._selector.register(pidfd, selectors.EVENT_READ, lambda fd: self._end(fd, connection))
        return None

    def _end(self, pidfd: int, connection: socket.socket) -> None:
        self._selector.unregister(pidfd)
        os.close(pidfd)
        pid = self._children.pop(pidfd)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if connection in self._connections:
            connection.sendall(f"ended {pid} {status}\n".encode())

    def _close(self) -> None:
        """Lets go, in a child, of everything that is the server's."""
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, int):
                os.close(key.fileobj)
            else:
                os.close(key.fileobj.detach())
        self._selector.close()


def _main(address: str, *modules: str) -> None:
    gc.disable()
    for name in modules:
        importlib.import_module(name)
    if "apache_beam" in sys.modules:
        from tests.support import quick_beam

        quick_beam.use()
    if "tensorflow_model_analysis" in sys.modules:
        from tests.support import quick_tfma

        quick_tfma.use()
    # What is imported stays: children need not copy it when they look for garbage.
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)
    gc.enable()
    server = _Server(address)
    print(_READY, end="", flush=True)
    asked = server.serve()
    if asked is not None:
        request, streams = asked
        request.run(streams)


if __name__ == "__main__":
    _main(*sys.argv[1:])
