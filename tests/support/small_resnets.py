"""Runs a module with small ResNets: five units, and a quarter of the channels.

python -m tests.support.small_resnets MODULE ARGUMENTS...

Their layers are those of the large ones, with what checkpoints, exports and evaluations have to
cope with: normalisation with moving statistics, shortcuts with and without weights, strides.
"""

import runpy
import sys

import pytest

# Channels of the first of the four blocks, which has two units: one with weights in its shortcut,
# and one without.
_FIRST = 64
_FRACTION = 4


def use(patch: pytest.MonkeyPatch) -> None:
    """Makes `resnet_v2_50` of TF-Slim and `ResNet50` of Keras small."""
    from keras.src.applications import resnet
    from tf_slim.nets import resnet_v2

    stack, block = resnet.stack1, resnet_v2.resnet_v2_block
    patch.setattr(
        resnet,
        "stack1",
        lambda x, filters, blocks, **options: stack(
            x, filters // _FRACTION, _units(filters), **options
        ),
    )
    patch.setattr(
        resnet_v2,
        "resnet_v2_block",
        lambda scope, base_depth, num_units, stride: block(
            scope, base_depth // _FRACTION, _units(base_depth), stride
        ),
    )


def _units(channels: int) -> int:
    return 2 if channels == _FIRST else 1


if __name__ == "__main__":
    use(pytest.MonkeyPatch())
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
