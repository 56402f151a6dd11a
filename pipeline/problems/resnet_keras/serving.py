"""What is exported: the model behind a signature that takes serialized examples."""

import tensorflow as tf

from pipeline.problems.digits import features
from pipeline.problems.resnet_keras import model as resnet

PROBABILITIES = "probabilities"


class Served(tf.Module):
    """Serialized `tf.Example`s that need only have the image, to probabilities.

    Args:
        model: Model that gives probabilities for images, see
            `pipeline.problems.resnet_keras.model`.
    """

    def __init__(self, model: tf.keras.Model) -> None:
        super().__init__()
        self.model = model

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Maps (n,) strings to (n, 10) float32."""
        spec = {features.IMAGE: tf.io.FixedLenFeature([], tf.string)}
        encoded = tf.io.parse_example(examples, spec)[features.IMAGE]
        return {PROBABILITIES: self.model(resnet.images(encoded), training=False)}


def export(model: tf.keras.Model, directory: str) -> None:
    """Writes a SavedModel to exactly `directory`."""
    served = Served(model)
    tf.saved_model.save(served, directory, signatures={"serving_default": served.serve})
