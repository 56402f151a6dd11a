"""Runs a module with small ResNets: three units, and a quarter of the channels.

python -m tests.support.small_resnets MODULE ARGUMENTS...

Their layers are those of the large ones, with what checkpoints, exports and evaluations have to
cope with: normalisation with moving statistics, shortcuts with and without weights, strides.
"""

import runpy
import sys
from typing import Any

import pytest

# Units by the channels of a block: one with weights in its shortcut, and one without, are in the
# first; the second changes the size too. There is no other.
_UNITS = {64: 2, 128: 1}
_FRACTION = 4


def use(patch: pytest.MonkeyPatch) -> None:
    """Makes `resnet_v2_50` of TF-Slim and `ResNet50` of Keras small."""
    from keras.src.applications import resnet
    from tf_slim.nets import resnet_utils, resnet_v2

    stack, block = resnet.stack1, resnet_v2.resnet_v2_block

    def small_stack(x: Any, filters: int, blocks: int, **options: Any) -> Any:
        del blocks
        if filters not in _UNITS:
            return x
        return stack(x, filters // _FRACTION, _UNITS[filters], **options)

    def small_block(scope: str, base_depth: int, num_units: int, stride: int) -> Any:
        del num_units
        if base_depth not in _UNITS:
            return resnet_utils.Block(scope, resnet_v2.bottleneck, [])
        return block(scope, base_depth // _FRACTION, _UNITS[base_depth], stride)

    patch.setattr(resnet, "stack1", small_stack)
    patch.setattr(resnet_v2, "resnet_v2_block", small_block)


if __name__ == "__main__":
    use(pytest.MonkeyPatch())
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
