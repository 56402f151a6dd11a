"""Names and sizes that data, model and evaluation must agree on."""

IMAGE = "image/encoded"
LABEL = "image/class/label"
CLASSES = 10

# Height and width of an image in pixels; one channel.
SIZE = 8
