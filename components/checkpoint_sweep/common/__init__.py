"""What every room uses: errors, files, text, the evaluation config, fingerprints of source."""
