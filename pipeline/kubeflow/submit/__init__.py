"""What `make submit` sends to Kubeflow Pipelines and to Vertex AI."""
