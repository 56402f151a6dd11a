"""The pipeline on Kubeflow Pipelines 2.x and on Vertex AI: compile, submit, run in a container."""
