"""Every family of metrics is what stock TFMA computes, on real data."""

import pytest

from tests.checkpoint_sweep.evaluation import engine_configs, taxi_models, tfma_oracle

pytestmark = pytest.mark.slow

EXAMPLES = 40
MODELS = 3


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return taxi_models.write_examples(str(tmp_path_factory.mktemp("data") / "taxi"), EXAMPLES)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    directory = str(tmp_path_factory.mktemp("models"))
    kinds = {kind for kind, _ in engine_configs.configs().values()}
    return {kind: taxi_models.write_models(directory, kind, MODELS) for kind in kinds}


@pytest.mark.parametrize("models", [1, pytest.param(3, marks=pytest.mark.every_python)])
@pytest.mark.parametrize("family", engine_configs.configs())
def test_all_metrics_and_plots_of_a_model_equal_tfmas(family, models, data, sources, tmp_path):
    kind, text = engine_configs.configs()[family]
    eval_config = tfma_oracle.config(text)
    candidates = sources[kind][-models:]
    outputs = tfma_oracle.run_engine(data, eval_config, candidates, str(tmp_path / "engine"))
    stock = tfma_oracle.run_tfma(data, eval_config, candidates[-1], str(tmp_path / "tfma"))
    expected = tfma_oracle.load(stock)
    assert any(expected["metrics"].values())
    assert tfma_oracle.differences(expected, tfma_oracle.load(outputs[-1])) == []
