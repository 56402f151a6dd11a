"""What the consoles of Kubeflow and Vertex AI show of a sweep and of an evaluation."""
