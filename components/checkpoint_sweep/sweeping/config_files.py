"""Reads evaluation configs and schemas from files, as people keep them."""

import json
from typing import Any, TypeVar

import tensorflow as tf
import yaml
from google.protobuf import json_format, text_format
from google.protobuf.message import Message
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.eval_config import EvalConfigError
from checkpoint_sweep.common.files import special_file
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.evaluation.inputs.source import ExamplesError

_Proto = TypeVar("_Proto", bound=Message)


def read_eval_config(path: str) -> config_pb2.EvalConfig:
    """Reads an evaluation config: JSON (`.json`), YAML (`.yaml`, `.yml`), or else a text proto.

    Raises:
        EvalConfigError: The file is not there, or no evaluation config.
    """
    try:
        text = _text(path)
        if path.endswith((".yaml", ".yml")):
            return _from_dict(yaml.safe_load(text))
        if path.endswith(".json"):
            return _from_dict(json.loads(text))
        return _from_text(text, config_pb2.EvalConfig())
    except (
        tf.errors.OpError,
        ValueError,
        RecursionError,
        yaml.YAMLError,
        json_format.ParseError,
        text_format.ParseError,
    ) as error:
        raise EvalConfigError(
            f"The evaluation config {path} cannot be read: {first_line(error)}. Write a text "
            "proto, or JSON or YAML with the fields of tfma.EvalConfig."
        ) from error


def read_schema(path: str) -> schema_pb2.Schema:
    """Reads a schema from a text proto.

    Raises:
        ExamplesError: The file is not there, or no schema.
    """
    try:
        return _from_text(_text(path), schema_pb2.Schema())
    except (tf.errors.OpError, ValueError, RecursionError, text_format.ParseError) as error:
        raise ExamplesError(
            f"The schema {path} cannot be read: {first_line(error)}. Give a text proto of a "
            "tensorflow_metadata Schema, or none."
        ) from error


def _text(path: str) -> str:
    path.encode()  # A ValueError where it is no UTF-8: TensorFlow takes nothing else.
    if special_file([path]):
        raise ValueError("it is not a regular file, and reading it may never end")
    with tf.io.gfile.GFile(path) as file:
        text: str = file.read()
    return text


def _from_text(text: str, proto: _Proto) -> _Proto:
    return text_format.Parse(text, proto)


def _from_dict(content: Any) -> config_pb2.EvalConfig:
    if not isinstance(content, dict):
        raise ValueError("it has no fields")
    return json_format.ParseDict(content, config_pb2.EvalConfig())
