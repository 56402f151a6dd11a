"""`make bench-resnet`: the engine where prediction dominates, on ResNet-v2-50."""
