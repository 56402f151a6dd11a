"""Many models in one graph: K sets of weights, one ``session.run``, shared work done once.

    from checkpoint_sweep.evaluation import predict
    from checkpoint_sweep.saved_model.model_source import ModelSource
    from checkpoint_sweep.saved_model.saved_model import SavedModel

    exported = SavedModel("export")
    sources = [ModelSource("step-500", exported, "run/model.ckpt-500"), ...]
    for group in predict.plan_groups(sources, budget=predict.default_memory_budget()):
        predictor = predict.LoadedModels(group, "serving_default")  # in DoFn.setup
        predictor.input_specs     # {"examples": TensorSpec(shape=(None,), dtype=tf.string)}
        predictor.output_names    # ("logits", "probabilities")
        for outputs in predictor.predict({"examples": np.array([...], dtype=object)}):
            outputs["probabilities"]                          # one dict per model of `group`
        predictor.close()

How it works. Of the SavedModel's graph only what the signature needs is kept. Nodes that can be
reached from a variable are *dependent*; all others (parsing, the Transform graph, vocabulary
lookups) are *shared*. The fused graph has the shared nodes once and the dependent nodes once per
model, each with variables of its own, restored from the model's own tensor bundle. TF2 SavedModels
hide the model in function calls, so calls that touch variables are inlined first. A graph that
cannot be taken apart so is loaded once per model instead (logged once, with the reason).

Files, in the order of work: ``memory`` plans the groups, ``loader`` chooses how to load one;
``serving_graph`` cuts a SavedModel to a signature, ``graph_split`` takes it apart (with the package
``saved_model``, which reads graphs), ``fused`` writes the fused graph and holds its session;
``separate`` is the fallback. ``predictor`` is the protocol that all of them follow.
"""

from checkpoint_sweep.evaluation.predict.fused import FusedModels
from checkpoint_sweep.evaluation.predict.loader import LoadedModels
from checkpoint_sweep.evaluation.predict.memory import default_memory_budget, plan_groups
from checkpoint_sweep.evaluation.predict.predictor import Predictor
from checkpoint_sweep.evaluation.predict.separate import SeparateModels

__all__ = [
    "FusedModels",
    "LoadedModels",
    "Predictor",
    "SeparateModels",
    "default_memory_budget",
    "plan_groups",
]
