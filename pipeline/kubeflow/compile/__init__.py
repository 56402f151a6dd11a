"""Compiles the pipeline for Kubeflow Pipelines 2.x and Vertex AI, in the environment of TFX."""
