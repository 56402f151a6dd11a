"""What several benchmarks share: prepared data, timing, processes, the machine."""
