"""Tensors against an independent reader and writer of a few lines, and against hostile bytes."""

from __future__ import annotations

import random
import struct
from typing import Any

import ml_dtypes
import msgpack
import numpy as np
import pytest

from mlserving import ElementType, MessagePackCodec, Tensor, TensorError

NAMES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "bfloat16", "float32", "float64"]
SHAPES: list[tuple[int, ...]] = [(), (0,), (1,), (7,), (3, 4), (2, 0, 5), (2, 3, 4), (1,) * 32, (900, 100)]


def read_tensor(body: bytes) -> Any:
    """What the documentation shows."""
    kind, rank, padding, _ = body[:4]
    shape = struct.unpack_from(f"<{rank}Q", body, 4)
    dtype = {11: ml_dtypes.bfloat16}.get(kind) or np.dtype([None, *NAMES][kind])
    return np.frombuffer(body, dtype, offset=4 + 8 * rank + padding).reshape(shape)


def array_of(name: str, shape: tuple[int, ...]) -> Any:
    count = int(np.prod(shape))
    if name == "bool":
        return (np.arange(count) % 3 == 0).reshape(shape)
    dtype = np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)
    return (np.arange(count) - (0 if name.startswith("u") else count // 2)).astype(dtype).reshape(shape)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES)
def test_arrays_of_every_type_and_shape_come_back_equal(name: str, shape: tuple[int, ...]) -> None:
    codec = MessagePackCodec()
    array = array_of(name, shape)
    payload = codec.encode({"x": array})

    extension = msgpack.unpackb(payload)["x"]
    assert extension.code == 84
    np.testing.assert_array_equal(read_tensor(extension.data), array)

    decoded = codec.decode(payload)["x"]
    assert decoded.dtype == array.dtype
    assert decoded.shape == shape
    assert decoded.flags.writeable
    np.testing.assert_array_equal(decoded, array)


def test_special_numbers_keep_their_bits() -> None:
    array = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324])
    assert MessagePackCodec().decode(MessagePackCodec().encode(array)).tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=">i4").reshape(3, 4),
        np.asfortranarray(np.arange(12).reshape(3, 4)),
        np.arange(24)[::-2],
        np.broadcast_to(np.float32(3), (2, 2)),
    ],
    ids=["big-endian", "column-major", "strided", "broadcast"],
)
def test_memory_layout_does_not_matter(array: Any) -> None:
    decoded = MessagePackCodec().decode(MessagePackCodec().encode([array]))[0]
    np.testing.assert_array_equal(decoded, array)
    assert decoded.dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[b"one", b""], [b"\xff", b"four"]]), [[b"one", b""], [b"\xff", b"four"]]),
        (np.array([b"a\x00", b"b"], dtype=object), [b"a\x00", b"b"]),
    ],
    ids=["bytes", "objects"],
)
def test_bytes_are_tensors_of_bytes(array: Any, expected: list[Any]) -> None:
    decoded = MessagePackCodec().decode(MessagePackCodec().encode(array))
    assert decoded.dtype == object
    assert decoded.shape == array.shape
    assert decoded.tolist() == expected


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array(["grün", ""]), ["grün", ""]),
        (np.array([["a", "bc"], ["", "d"]]), [["a", "bc"], ["", "d"]]),
        (np.array(["a", None, "b"], dtype=object), ["a", None, "b"]),
        (np.array(["a", b"b", 1], dtype=object), ["a", b"b", 1]),
        (np.array("alone"), "alone"),
        (np.str_("scalar"), "scalar"),
        (np.bytes_(b"scalar"), b"scalar"),
        (np.array(["wide"], dtype=np.dtypes.StringDType()), ["wide"]),
    ],
    ids=["texts", "two dimensions", "objects", "mixed", "without dimensions", "scalar", "bytes", "of variable width"],
)
def test_texts_of_numpy_come_back_as_texts(array: Any, expected: Any) -> None:
    codec = MessagePackCodec()
    assert codec.decode(codec.encode(array)) == expected
    assert codec.decode(codec.encode({"x": [array]})) == {"x": [expected]}


@pytest.mark.parametrize(
    "array", [np.array([1j]), np.array(["2026-11-21"], dtype="M8[D]"), np.array([object()]), np.zeros(1, dtype=[("a", "i4")])]
)
def test_arrays_without_a_form_on_the_wire_are_refused(array: Any) -> None:
    with pytest.raises((TensorError, TypeError), match="no form"):
        MessagePackCodec().encode(array)


def test_without_ml_dtypes_bf16_is_widened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlserving.tensors._ml_dtypes", None)
    tensor = Tensor.from_numpy(np.array([1.5, -2, np.inf], dtype=ml_dtypes.bfloat16))
    assert tensor.element_type is ElementType.BF16
    array = tensor.to_numpy()
    assert array.dtype == np.float32
    assert array.tolist() == [1.5, -2, np.inf]


def test_without_numpy_tensors_are_sent_and_received(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlserving.tensors.HAS_NUMPY", False)
    codec = MessagePackCodec()
    tensor = Tensor(ElementType.INT16, (2,), b"\x01\x00\x02\x00")
    assert codec.decode(codec.encode([tensor])) == [tensor]
    words = Tensor.of_bytes([b"one", b""])
    assert codec.decode(codec.encode(words)).byte_elements() == [b"one", b""]


@pytest.mark.parametrize("shape", [(), (40_000,), (3, 40_000), (2, 2, 40_000)])
def test_elements_of_a_large_lone_tensor_are_aligned_in_their_message(shape: tuple[int, ...]) -> None:
    array = np.ones((*shape, 40_000), dtype=np.float32) if shape == () else np.ones(shape, dtype=np.float32)
    payload = MessagePackCodec().encode(array)
    assert (len(payload) - array.nbytes) % 16 == 0


def body(
    kind: int = 8, rank: int = 1, padding: int = 0, zero: int = 0, dimensions: tuple[int, ...] = (2,), data: bytes = bytes(8)
) -> bytes:
    return bytes([kind, rank, padding, zero]) + struct.pack(f"<{len(dimensions)}Q", *dimensions) + data


@pytest.mark.parametrize(
    "malformed",
    [
        b"",
        b"\x08\x00\x00",
        body(kind=0),
        body(kind=15),
        body(rank=33, dimensions=(1,) * 33),
        body(padding=64, data=bytes(72)),
        body(zero=1),
        body(data=bytes(7)),
        body(data=bytes(9)),
        body(rank=2, data=b""),
        body(padding=9),
        body(dimensions=(1 << 63,)),
        body(rank=2, dimensions=(1 << 62, 1 << 62)),
        body(kind=1, data=b"\x00\x02"),
        body(kind=14, data=b"\x01\x00\x00\x00a"),
        body(kind=14, data=b"\x01\x00\x00\x00a\xff\xff\xff\xff"),
        body(kind=14, data=b"\x01\x00\x00\x00a\x00\x00"),
    ],
)
def test_what_is_no_tensor_is_refused(malformed: bytes) -> None:
    with pytest.raises(TensorError):
        Tensor.decode(malformed)


def test_padding_is_passed_over() -> None:
    assert Tensor.decode(body(padding=5, data=bytes(5) + b"\x01\0\0\0\x02\0\0\0")).to_numpy().tolist() == [1, 2]


def test_mutated_tensors_are_read_or_refused() -> None:
    generator = random.Random(5)
    seeds = [Tensor.from_numpy(array_of(name, (2, 3))).encode() for name in NAMES] + [Tensor.of_bytes([b"one", b"three"]).encode()]
    for _ in range(20_000):
        mutated = bytearray(generator.choice(seeds))
        for _ in range(generator.randint(1, 3)):
            mutated[generator.randrange(len(mutated))] = generator.randrange(256)
        try:
            tensor = Tensor.decode(bytes(mutated[: generator.randint(0, len(mutated))] if generator.random() < 0.2 else mutated))
        except TensorError:
            continue
        # One with a dimension of 0 may name others that no array can have.
        if all(dimension < 1 << 31 for dimension in tensor.shape):
            assert tensor.to_numpy().shape == tensor.shape
