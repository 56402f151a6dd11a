"""The TFX components, and all that knows of artifacts; only this package imports `tfx`."""
