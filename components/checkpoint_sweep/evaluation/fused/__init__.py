"""Many models in one graph: K sets of weights, one ``session.run``, shared work done once.

    from checkpoint_sweep.evaluation import fused, models

    sources = [models.ModelSource("step-500", template, "run/model.ckpt-500"), ...]
    for group in fused.plan_groups(sources, budget=fused.default_memory_budget()):
        predictor = fused.load(group, "serving_default")      # in DoFn.setup or beam Shared
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

Files: ``serving_graph`` reads a SavedModel; ``parts`` takes it apart, with ``inlining`` for
function calls, ``restoration`` for the saver, ``optimization`` for TensorFlow's own rewrites and
``partition`` for what is shared; ``bundles`` checks the weights; ``fusion`` writes the fused
GraphDef; ``model`` and ``separate`` hold sessions; ``memory`` plans the groups and ``loading``
chooses. ``served`` tells which weights the signatures read at all.
"""

from checkpoint_sweep.evaluation.fused.fused_models import FusedModels
from checkpoint_sweep.evaluation.fused.loading import LoadedModels, load
from checkpoint_sweep.evaluation.fused.memory import default_memory_budget, plan_groups
from checkpoint_sweep.evaluation.fused.predictor import NotFusableError, Predictor
from checkpoint_sweep.evaluation.fused.separate_models import SeparateModels
from checkpoint_sweep.saved_model.signature_variables import served_keys

__all__ = [
    "FusedModels",
    "LoadedModels",
    "NotFusableError",
    "Predictor",
    "SeparateModels",
    "default_memory_budget",
    "load",
    "plan_groups",
    "served_keys",
]
