"""The TFX components, and all that knows of artifacts: nothing outside of here imports `tfx`."""
