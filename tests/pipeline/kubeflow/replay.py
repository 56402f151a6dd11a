"""Runs a compiled pipeline task by task as the backend of Kubeflow Pipelines 2.x would.

Each task is a process of its own with the compiled command and arguments, a scrubbed environment,
an empty working directory and private mounts; between tasks there is only the object store. By
--forks the processes are forked from one that has imported what tasks need.
Runs in the environment of the Kubeflow SDK; the tasks run in another (--python).

Sources, in the repository kubeflow/pipelines: backend/src/v2/driver/{container,driver,resolve}.go,
backend/src/v2/component/{launcher_v2,importer_launcher}.go, backend/src/v2/metadata/converter.go.

Over 300 lines, since it follows one run of that backend from task to task.
"""

import argparse
import concurrent.futures
import dataclasses
import graphlib
import json
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import celpy
import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2 as pb

from tests.pipeline.kubeflow import conformance
from tests.pipeline.kubeflow.object_store import ObjectStore, mounted
from tests.pipeline.kubeflow.task_cache import TaskCache, key_of
from tests.support.warm_processes import Parent

_MOUNTS_VARIABLE = "CHECKPOINT_SWEEP_MOUNTS"
_LOG_TAIL = 4000  # characters
_AT_ONCE = 2  # tasks
_DONE = frozenset({"succeeded", "cached"})


class TaskError(RuntimeError):
    """A task failed as it would in a cluster; the message has the end of its log."""


@dataclasses.dataclass
class Task:
    """What became of a task.

    Attributes:
        state: "succeeded", "cached", "skipped" by its condition, or "omitted" since one before it
            was.
        seconds: wall time of the container.
        artifacts: each output as the metadata store keeps it, a `RuntimeArtifact` in JSON.
        parameters: each output parameter, as JSON.
    """

    state: str
    seconds: float = 0.0
    artifacts: dict[str, Any] = dataclasses.field(default_factory=dict)
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Container:
    """Where and how the tasks' processes run.

    Attributes:
        python: interpreter that the command `python` stands for.
        code: the folder of `pipeline/` and `components/`, which the image has too.
        logs: folder for one log a task.
        parent: Process to fork from what `python -m` runs; None for a new interpreter each.
    """

    python: Path
    code: Path
    logs: Path
    parent: Parent | None = None

    def run(self, task: str, command: list[str], mounts: Path) -> float:
        """Runs a command to its end and returns the seconds it took.

        Raises:
            TaskError: it failed.
        """
        with tempfile.TemporaryDirectory() as scratch:
            folders = {name: Path(scratch, name) for name in ("work", "home", "tmp")}
            for folder in folders.values():
                folder.mkdir()
            environment = {
                "PATH": f"{self.python.parent}:/usr/bin:/bin",
                "PYTHONPATH": f"{self.code}:{self.code / 'components'}",
                "PYTHONDONTWRITEBYTECODE": "1",
                "HOME": str(folders["home"]),
                "TMPDIR": str(folders["tmp"]),
                "TF_CPP_MIN_LOG_LEVEL": "3",
                _MOUNTS_VARIABLE: str(mounts),
            }
            log = self.logs / f"{task}.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            started = time.monotonic()
            status = self._status(command, environment, folders["work"], log)
            seconds = time.monotonic() - started
        if status:
            tail = log.read_text(errors="replace")[-_LOG_TAIL:]
            raise TaskError(f"{task} exited with {status}:\n{tail}")
        return seconds

    def _status(
        self, command: list[str], environment: dict[str, str], work: Path, log: Path
    ) -> int:
        """Runs a command to its end, with what it prints in the log; gives its exit status."""
        if self.parent and command[:2] == ["python", "-m"]:
            module, *arguments = command[2:]
            return self.parent.start(
                module, arguments, environment, log, scrubbed=True, cwd=work
            ).wait()
        with log.open("wb") as stream:
            return subprocess.run(
                command,
                env=environment,
                cwd=work,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode


class Replay:
    """One run."""

    def __init__(
        self,
        run: conformance.Submission,
        store: ObjectStore,
        container: Container,
        cache: TaskCache,
    ) -> None:
        self._run, self._store, self._container, self._cache = run, store, container, cache
        name = run.spec.pipeline_info.name
        self._root = f"{run.root.rstrip('/')}/{name}/{uuid.uuid4()}"
        self._before = conformance.waiting_for(run.spec)

    def tasks(self, kept: dict[str, Task]) -> dict[str, Task]:
        """Runs each task as soon as those before it are done, as the backend does.

        Args:
            kept: tasks of an earlier run whose outputs are taken as they are.

        Raises:
            TaskError: one failed.
        """
        tasks = dict(kept)
        sorter = graphlib.TopologicalSorter(self._before)
        sorter.prepare()
        running: dict[concurrent.futures.Future[Task], str] = {}
        with concurrent.futures.ThreadPoolExecutor(_AT_ONCE) as pool:
            while sorter.is_active():
                for name in sorter.get_ready():
                    if name in kept:
                        sorter.done(name)
                    else:
                        running[pool.submit(self._one, name, dict(tasks))] = name
                done, _ = concurrent.futures.wait(
                    running, return_when=concurrent.futures.FIRST_COMPLETED
                )
                for future in done:
                    name = running.pop(future)
                    tasks[name] = future.result()
                    print(f"{name}: {tasks[name].state} {tasks[name].seconds:.1f} s", flush=True)
                    sorter.done(name)
        return tasks

    def _one(self, name: str, tasks: dict[str, Task]) -> Task:
        task = self._run.spec.root.dag.tasks[name]
        if any(tasks[upstream].state not in _DONE for upstream in self._before[name]):
            return Task("omitted")
        component = self._run.spec.components[task.component_ref.name]
        executor = self._run.deployment.executors[component.executor_label]
        if executor.WhichOneof("spec") == "importer":
            return self._import(task, component, executor.importer)
        executor_input = pb.ExecutorInput(inputs=self._inputs(task, tasks))
        if not self._triggered(task.trigger_policy.condition, executor_input):
            return Task("skipped")
        key = key_of(executor.container, component, executor_input.inputs)
        found = self._cache.get(key) if task.caching_options.enable_cache else None
        if found is not None:
            return Task("cached", artifacts=found["artifacts"], parameters=found["parameters"])
        done = self._execute(name, component, executor.container, executor_input)
        if task.caching_options.enable_cache:
            self._cache.put(key, dataclasses.asdict(done))
        return done

    def _inputs(self, task: pb.PipelineTaskSpec, tasks: dict[str, Task]) -> pb.ExecutorInput.Inputs:
        """As the driver resolves them: what is read from the metadata store has no type."""
        inputs = pb.ExecutorInput.Inputs()
        for key, parameter in task.inputs.parameters.items():
            kind = parameter.WhichOneof("kind")
            if kind == "task_output_parameter":
                given = parameter.task_output_parameter
                value = tasks[given.producer_task].parameters[given.output_parameter_key]
                inputs.parameter_values[key].string_value = value
                continue
            if kind == "runtime_value":
                value = parameter.runtime_value.constant
            else:
                value = self._run.values[parameter.component_input_parameter]
            inputs.parameter_values[key].CopyFrom(value)
        for key, source in task.inputs.artifacts.items():
            output = source.task_output_artifact
            artifact = tasks[output.producer_task].artifacts[output.output_artifact_key]
            json_format.ParseDict(artifact, inputs.artifacts[key].artifacts.add())
        return inputs

    def _triggered(self, condition: str, executor_input: pb.ExecutorInput) -> bool:
        """The condition's value, in the Common Expression Language."""
        if not condition:
            return True
        fields = json_format.MessageToDict(executor_input, preserving_proto_field_name=True)
        environment = celpy.Environment()
        program = environment.program(environment.compile(condition))
        try:
            return bool(program.evaluate({"inputs": celpy.json_to_cel(fields["inputs"])}))
        except celpy.CELEvalError as error:
            raise TaskError(f"The condition {condition} cannot be evaluated: {error}") from None

    def _import(
        self,
        task: pb.PipelineTaskSpec,
        component: pb.ComponentSpec,
        importer: pb.PipelineDeploymentConfig.ImporterSpec,
    ) -> Task:
        (key,) = component.output_definitions.artifacts
        uri = conformance.importer_uri(self._run, task, importer)
        found = self._cache.get(uri)
        if found is None:
            artifact = pb.RuntimeArtifact(uri=uri, metadata=importer.metadata)
            found = _recorded(key, artifact)
            self._cache.put(uri, found)
        return Task("succeeded", artifacts={key: found})

    def _execute(
        self,
        name: str,
        component: pb.ComponentSpec,
        container: pb.PipelineDeploymentConfig.PipelineContainerSpec,
        executor_input: pb.ExecutorInput,
    ) -> Task:
        task_root = f"{self._root}/{name}/{uuid.uuid4()}"
        with tempfile.TemporaryDirectory() as folder:
            mounts = Path(folder)
            for listed in executor_input.inputs.artifacts.values():
                for artifact in listed.artifacts:
                    self._store.download(artifact.uri, mounts)
            outputs = executor_input.outputs
            for key, entry in component.output_definitions.artifacts.items():
                output = outputs.artifacts[key].artifacts.add(
                    name=key, uri=f"{task_root}/{key}", type=entry.artifact_type
                )
                output.metadata.CopyFrom(entry.metadata)
                (mounts / mounted(output.uri)).parent.mkdir(parents=True, exist_ok=True)
            files = {
                key: mounts / mounted(task_root) / key
                for key in component.output_definitions.parameters
            }
            for key, path in files.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                outputs.parameters[key].output_file = str(path)
            output_file = mounts / mounted(task_root) / "output_metadata.json"
            outputs.output_file = str(output_file)
            filled = json_format.MessageToJson(executor_input, indent=None)
            arguments = [*container.command, *container.args]
            command = [argument.replace("{{$}}", filled) for argument in arguments]
            seconds = self._container.run(name, command, mounts)
            artifacts = self._collect(name, outputs, output_file)
            for listed in outputs.artifacts.values():
                self._store.upload(mounts, listed.artifacts[0].uri)
            missing = [key for key, path in files.items() if not path.is_file()]
            if missing:
                raise TaskError(f"{name} gave no {', '.join(missing)}")
            parameters = {key: path.read_text() for key, path in files.items()}
        return Task("succeeded", seconds, artifacts, parameters)

    def _collect(
        self, name: str, outputs: pb.ExecutorInput.Outputs, output_file: Path
    ) -> dict[str, Any]:
        """Merges what the executor says of its outputs, and returns what is recorded of them."""
        artifacts, said = {}, pb.ExecutorOutput()
        if output_file.exists():
            json_format.Parse(output_file.read_text(), said)
        for key, listed in outputs.artifacts.items():
            artifact = listed.artifacts[0]
            for update in said.artifacts[key].artifacts[:1] if key in said.artifacts else ():
                artifact.uri = update.uri or artifact.uri
                artifact.metadata.MergeFrom(update.metadata)
            if not artifact.uri.startswith(f"{self._root}/"):
                raise TaskError(f"{name} moved its output {key!r} to {artifact.uri}")
            artifacts[key] = _recorded(f"{name}.{key}", artifact)
        return artifacts


def _recorded(what: str, artifact: pb.RuntimeArtifact) -> dict[str, Any]:
    """What the metadata store gives back of an artifact: numbers for booleans, and no type."""
    metadata: dict[str, Any] = {"display_name": what, "store_session_info": "{}"}
    for field, value in artifact.metadata.fields.items():
        kind = value.WhichOneof("kind")
        if kind in (None, "null_value"):
            raise TaskError(f"{what} has no value for the property {field!r}")
        plain = json_format.MessageToDict(value)
        metadata[field] = float(plain) if kind == "bool_value" else plain
    return {
        "name": str(uuid.uuid4().int % 10**9),
        "uri": artifact.uri,
        "type": {"instanceSchema": ""},
        "metadata": metadata,
    }


def main() -> None:
    """Replays a compiled pipeline and writes what became of its tasks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", type=Path, required=True, help="compiled pipeline, YAML")
    parser.add_argument("--root", required=True, help="pipeline root, a URI")
    parser.add_argument("--parameters", required=True, help="runtime parameters, JSON")
    parser.add_argument("--store", type=Path, required=True, help="folder of the object store")
    parser.add_argument("--python", type=Path, required=True, help="interpreter of the tasks")
    parser.add_argument("--code", type=Path, required=True, help="folder of the project")
    parser.add_argument("--report", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--earlier", type=Path, help="report of a run to continue from")
    parser.add_argument("--again", nargs="*", default=[], help="its tasks that are run again")
    parser.add_argument("--cache", type=Path, help="JSON file of what earlier runs have cached")
    parser.add_argument("--forks", type=Path, help="folder that stands for a process to fork from")
    args = parser.parse_args()
    parent = Parent(args.forks) if args.forks else None
    container = Container(args.python, args.code.resolve(), args.report.parent / "logs", parent)
    try:
        spec, *platform = yaml.safe_load_all(args.package.read_text())
        run = conformance.submission(spec, json.loads(args.parameters), args.root, *platform)
        kept = _kept(args.earlier, args.again)
        store = ObjectStore(args.store.resolve())
        tasks = Replay(run, store, container, TaskCache(args.cache)).tasks(kept)
    except (conformance.ConformanceError, TaskError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    report = {name: dataclasses.asdict(task) for name, task in tasks.items()}
    args.report.write_text(json.dumps(report, indent=2))


def _kept(report: Path | None, again: list[str]) -> dict[str, Task]:
    earlier = json.loads(report.read_text()) if report else {}
    return {name: Task(**task) for name, task in earlier.items() if name not in again}


if __name__ == "__main__":
    main()
