"""Arrays of numbers on the wire: MessagePack's extension type 84.

All integers are little-endian: byte 0 is the element type, byte 1 the rank (0 to 32), byte 2 the number of padding bytes (0 to 63), byte 3
zero. Then come the dimensions as 64-bit integers, the padding, and the elements in row-major order. An element of BYTES is a 32-bit length
and so many bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

try:
    import numpy as np
except ImportError:
    HAS_NUMPY = False
else:
    HAS_NUMPY = True

_ml_dtypes: Any
try:
    import ml_dtypes as _ml_dtypes
except ImportError:
    _ml_dtypes = None

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

EXTENSION_TYPE = 84
"""The MessagePack extension type of tensors."""

_MAXIMUM_RANK = 32
_MAXIMUM_PADDING = 63
_HEADER_SIZE = 4
_ALIGNMENT = 16


class ElementType(IntEnum):
    """What a tensor holds; the number is that on the wire."""

    BOOL = 1
    INT8 = 2
    INT16 = 3
    INT32 = 4
    INT64 = 5
    UINT8 = 6
    UINT16 = 7
    UINT32 = 8
    UINT64 = 9
    FP16 = 10
    BF16 = 11
    FP32 = 12
    FP64 = 13
    BYTES = 14

    @property
    def size(self) -> int | None:
        """The bytes of one element; ``None`` for BYTES, whose elements differ."""
        return _SIZES.get(self)


_SIZES = {
    ElementType.BOOL: 1,
    ElementType.INT8: 1,
    ElementType.INT16: 2,
    ElementType.INT32: 4,
    ElementType.INT64: 8,
    ElementType.UINT8: 1,
    ElementType.UINT16: 2,
    ElementType.UINT32: 4,
    ElementType.UINT64: 8,
    ElementType.FP16: 2,
    ElementType.BF16: 2,
    ElementType.FP32: 4,
    ElementType.FP64: 8,
}
_NUMPY_NAMES = {
    ElementType.BOOL: "bool",
    ElementType.INT8: "int8",
    ElementType.INT16: "int16",
    ElementType.INT32: "int32",
    ElementType.INT64: "int64",
    ElementType.UINT8: "uint8",
    ElementType.UINT16: "uint16",
    ElementType.UINT32: "uint32",
    ElementType.UINT64: "uint64",
    ElementType.FP16: "float16",
    ElementType.BF16: "bfloat16",
    ElementType.FP32: "float32",
    ElementType.FP64: "float64",
}
_TYPES_BY_NAME = {name: element_type for element_type, name in _NUMPY_NAMES.items()}


class TensorError(ValueError):
    """Bytes that are no tensor, or an array that has no form on the wire."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """An array as it is on the wire: what programs without numpy send and receive.

    Attributes:
        element_type: What it holds.
        shape: Its dimensions.
        data: The elements, little-endian, in row-major order.

    Raises:
        TensorError: The data does not hold as many elements as the shape says.
    """

    element_type: ElementType
    shape: tuple[int, ...]
    data: bytes | memoryview
    """The elements, little-endian, in row-major order."""

    def __post_init__(self) -> None:
        """Check that shape and data agree."""
        if len(self.shape) > _MAXIMUM_RANK:
            raise TensorError(f"a tensor has {_MAXIMUM_RANK} dimensions at most, not {len(self.shape)}")
        count = 1
        for dimension in self.shape:
            if not 0 <= dimension < 1 << 64:
                raise TensorError(f"{dimension} is not a dimension")
            count *= dimension
        size = self.element_type.size
        if size is None:
            if sum(1 for _ in _split(self.data)) != count:
                raise TensorError(f"the data does not hold {count} elements")
        elif count * size != len(self.data):
            raise TensorError(f"{count} elements of {self.element_type.name} take {count * size} bytes, not {len(self.data)}")
        elif self.element_type is ElementType.BOOL and bytes(self.data).translate(None, b"\x00\x01"):
            raise TensorError("an element of BOOL is neither 0 nor 1")

    @staticmethod
    def of_bytes(elements: list[bytes], shape: tuple[int, ...] | None = None) -> Tensor:
        """Make a tensor of BYTES."""
        data = b"".join(struct.pack("<I", len(element)) + element for element in elements)
        return Tensor(ElementType.BYTES, (len(elements),) if shape is None else shape, data)

    def byte_elements(self) -> list[bytes]:
        """Return the elements of a tensor of BYTES."""
        if self.element_type is not ElementType.BYTES:
            raise TensorError(f"the tensor holds {self.element_type.name}, not BYTES")
        return list(_split(self.data))

    @staticmethod
    def from_numpy(array: NDArray[Any]) -> Tensor:
        """Take the elements of an array.

        Texts become BYTES in UTF-8, as do arrays of objects that are all ``bytes`` or ``str``. Whoever receives them cannot tell bytes
        from texts, so ``MessagePackCodec`` sends arrays of texts as lists of texts instead.

        Raises:
            TensorError: Arrays of that kind have no form on the wire.
        """
        array = checked_array(array)
        if array.dtype.kind in "SUTO":
            return Tensor.of_bytes([_element_bytes(element) for element in array.ravel().tolist()], array.shape)
        element_type = _TYPES_BY_NAME.get(array.dtype.name)
        if element_type is None:
            raise TensorError(f"an array of {array.dtype} has no form on the wire")
        if element_type is not ElementType.BF16:
            array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        return Tensor(element_type, array.shape, array.tobytes())

    def to_numpy(self) -> NDArray[Any]:
        """Return the elements as an array, which is writable.

        BYTES come as an array of ``bytes`` objects; BF16 as ``ml_dtypes.bfloat16`` where that package is installed, and as FP32 of the same
        values where it is not.
        """
        if self.element_type is ElementType.BYTES:
            array = np.empty(len(elements := self.byte_elements()), dtype=object)
            array[:] = elements
            return array.reshape(self.shape)
        if self.element_type is ElementType.BF16:
            halves = np.frombuffer(self.data, dtype="<u2").reshape(self.shape)
            if _ml_dtypes is not None:
                return halves.astype(np.uint16).view(_ml_dtypes.bfloat16)
            # A BF16 is the upper half of the FP32 of the same value.
            return (halves.astype(np.uint32) << 16).view(np.float32)
        name = _NUMPY_NAMES[self.element_type]
        return np.frombuffer(self.data, dtype=np.dtype(name).newbyteorder("<")).reshape(self.shape).astype(name)

    def encode(self, position: int = 0) -> bytes:
        """Return the body of the extension.

        Args:
            position: Where in its message the extension begins; the padding aligns the elements there.
        """
        head = struct.pack(f"<BBBB{len(self.shape)}Q", self.element_type, len(self.shape), 0, 0, *self.shape)
        # Extensions of more than 65,535 bytes have a header of six bytes, and only for those is alignment worth anything.
        padding = -(position + 6 + len(head)) % _ALIGNMENT if len(self.data) > 0xFFFF else 0
        return b"".join((head[:2], bytes([padding]), head[3:], bytes(padding), self.data))

    @staticmethod
    def decode(body: bytes) -> Tensor:
        """Read the body of the extension.

        Raises:
            TensorError: The bytes are no tensor.
        """
        if len(body) < _HEADER_SIZE:
            raise TensorError(f"a tensor has a header of {_HEADER_SIZE} bytes, these are {len(body)}")
        code, rank, padding, zero = body[:_HEADER_SIZE]
        try:
            element_type = ElementType(code)
        except ValueError:
            raise TensorError(f"{code} is not an element type") from None
        if rank > _MAXIMUM_RANK or padding > _MAXIMUM_PADDING or zero != 0:
            raise TensorError(f"rank {rank}, padding {padding} and reserved byte {zero} are not those of a tensor")
        begin = _HEADER_SIZE + 8 * rank
        if len(body) < begin + padding:
            raise TensorError(f"the tensor ends within its {rank} dimensions")
        shape = struct.unpack_from(f"<{rank}Q", body, _HEADER_SIZE)
        return Tensor(element_type, shape, memoryview(body)[begin + padding :])


def checked_array(array: Any) -> Any:
    """Return an array as ``numpy.ndarray`` itself, whatever subclass of it the array is.

    Raises:
        TensorError: Its elements mean something else where only numbers and texts arrive.
    """
    if isinstance(array, np.ma.MaskedArray):
        # What stands behind the mask is any number.
        raise TensorError("a masked array has no form on the wire; send what its filled() or compressed() returns")
    # Types of other packages, such as bfloat16, are of the kind V and no structures.
    if array.dtype.kind in "cMm" or issubclass(array.dtype.type, np.void):
        raise TensorError(f"an array of {array.dtype} has no form on the wire")
    return np.asarray(array)


def _element_bytes(element: object) -> bytes:
    if isinstance(element, bytes):
        return element
    if isinstance(element, str):
        return element.encode()
    raise TensorError(f"an array of objects holds a {type(element).__name__}, which has no form on the wire")


def _split(data: bytes | memoryview) -> Iterator[bytes]:
    position = 0
    while position < len(data):
        if len(data) - position < 4:
            raise TensorError("the data ends within the length of an element")
        (length,) = struct.unpack_from("<I", data, position)
        position += 4
        if len(data) - position < length:
            raise TensorError("the data ends within an element")
        yield bytes(data[position : position + length])
        position += length
