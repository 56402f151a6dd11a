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
def test_options_that_beam_knows_pass(given: list[str]) -> None:
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
def test_an_option_that_beam_cannot_use_is_refused_in_one_sentence(
    given: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError, match=f"^{message}$"):
        check_beam_args(beam_args([given]))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("given", [["--runner", "Direct"], ["--runner=Direct"]])
def test_a_named_runner_replaces_the_default(given: list[str]) -> None:
    assert beam_args(given) == tuple(given)


def test_unknown_options_are_refused_for_every_spelling_of_a_local_runner() -> None:
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
def test_a_dask_cluster_that_does_not_answer_is_refused(
    threads: Callable[[object], int], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checkpoint_sweep.evaluation.inputs.parallelism.threads_on_dask", threads)
    with pytest.raises(ConfigError, match=f"^{message}$"):
        check_cluster(["--runner=a.b.DaskRunner", "--dask_client_address=tcp://h:1"])


def test_without_dask_no_cluster_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checkpoint_sweep.evaluation.inputs.parallelism.threads_on_dask", _refused)
    check_cluster([])
    check_cluster(["--runner=DataflowRunner"])


def test_a_text_that_has_not_the_form_of_an_option_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"--beam-arg=x is not an option .* --beam-arg=--name=value"
    ):
        beam_args(["--direct_num_workers=2", "x"])
