"""Which digit has been written? A Keras ResNet-50, to sweep a TensorFlow 2 run."""
