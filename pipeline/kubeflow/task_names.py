"""Names of the tasks that run first, and of their inputs and outputs.

What is compiled, what runs in the tasks and what is submitted use the same. Needs only Python: two
environments import it.
"""

INPUTS, BASELINE, SETTINGS = "Inputs", "Baseline", "Settings"
# Importer of a baseline that is in an object store.
BASELINE_IMPORTER = "BaselineFolder"

DATA_FILES, BASELINE_FILES = "data", "folder"
DATA_CONTENT, MODEL_CONTENT, MODEL_SOURCE = "data_content", "model_content", "model_source"
MODEL = "model"
