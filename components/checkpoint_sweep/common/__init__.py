"""The base of all packages: errors, files, text, evaluation configs, fingerprints of source."""
