from collections.abc import Callable

import pytest

from pipeline.checks.beam_options import check_beam_args, check_cluster
from pipeline.config import ConfigError, beam_args


@pytest.mark.parametrize(
    "given",
    [
        [],
        ["--direct_num_workers=2", "--direct_running_mode=multi_processing"],
        ["--save_main_session"],
        ["--runner=direct", "--direct_num_workers=2"],
        # The job server of such a runner has options that Beam itself does not know.
        ["--runner=FlinkRunner", "--its_own=1"],
        ["--runner=DataflowRunner", "--project=p", "--region=r"],
        ["--runner", "flinkrunner", "--its_own=1"],
        ["--runner=directrunner"],
    ],
)
def test_what_beam_takes_passes(given: list[str]) -> None:
    check_beam_args(beam_args(given))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("--nonsense=1", r"Beam has no option --nonsense\. Leave it out\."),
        (
            "--direct_num_worker=3",
            r"Beam has no option --direct_num_worker\. Did you mean --direct_num_workers\?",
        ),
        (
            "--direct_num_workers=many",
            r"Beam cannot use --direct_num_workers: invalid int value: 'many'\. .* --beam-arg\.",
        ),
        ("--direct_running_mode=x", r"Beam cannot use --direct_running_mode: invalid choice: .*"),
        ("--runner=Nonsense", r"Beam has no runner 'Nonsense' here: .* --beam-arg=--runner=Nons.*"),
        ("--runner=no.such.Runner", r"Beam has no runner 'no\.such\.Runner' here: No module .*"),
        ("--runner", r"Beam cannot use --runner: expected one argument\. .*"),
    ],
)
def test_what_beam_does_not_take_is_one_sentence(
    given: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError, match=f"^{message}$"):
        check_beam_args(beam_args([given]))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("given", [["--runner", "Direct"], ["--runner=Direct"]])
def test_a_runner_that_is_named_takes_the_place_of_the_default(given: list[str]) -> None:
    assert beam_args(given) == tuple(given)


def test_an_option_is_known_as_one_to_every_spelling_of_a_local_runner() -> None:
    with pytest.raises(ConfigError, match="no option --nonsense"):
        check_beam_args(["--runner", "apache_beam.runners.direct.DirectRunner", "--nonsense=1"])


def _refused(options: object) -> int:
    raise OSError("Timed out trying to connect to tcp://h:1 after 10 s\nand more")


@pytest.mark.parametrize(
    ("threads", "message"),
    [
        (_refused, r"No Dask scheduler answers: Timed out .* after 10 s\. Start one, by make .*"),
        (lambda options: 0, r"The Dask scheduler has no workers\. Start some\."),
    ],
)
def test_a_cluster_that_is_not_there_is_known_before_training(
    threads: Callable[[object], int], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checkpoint_sweep.evaluation.inputs.parallelism.threads_on_dask", threads)
    with pytest.raises(ConfigError, match=f"^{message}$"):
        check_cluster(["--runner=a.b.DaskRunner", "--dask_client_address=tcp://h:1"])


def test_without_dask_no_cluster_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checkpoint_sweep.evaluation.inputs.parallelism.threads_on_dask", _refused)
    check_cluster([])
    check_cluster(["--runner=DataflowRunner"])


def test_an_option_has_the_form_of_one() -> None:
    with pytest.raises(ConfigError, match=r"--beam-arg=x is no option .* --beam-arg=--name=value"):
        beam_args(["--direct_num_workers=2", "x"])
