"""What every package uses: errors, files, text, evaluation configs, fingerprints of source."""
