"""What every package uses: errors, files, text, the evaluation config, fingerprints of source."""
