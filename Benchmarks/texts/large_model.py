"""Writes a skip-gram model of about a gigabyte in fastText's format: large_model.py FILE [WORDS]. Its vectors are noise."""
import random
import struct
import sys

import numpy

DIMENSION = 100
ROWS = 2_500_000


def dictionary(word_count):
    random.seed(1)
    words = set()
    while len(words) < word_count:
        words.add("".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=random.randint(3, 11))))
    for index, word in enumerate(sorted(words)):
        yield word.encode() + b"\0" + struct.pack("<qb", word_count - index, 0)


def main(path, word_count):
    with open(path, "wb") as file:
        file.write(struct.pack("<2i", 793712314, 12))
        # Dimension, window, epochs, minimum count, negatives, word n-grams, loss, architecture, buckets, sub-words from 3 to 6.
        file.write(struct.pack("<12id", DIMENSION, 5, 5, 5, 5, 1, 2, 2, ROWS - word_count, 3, 6, 100, 1e-4))
        file.write(struct.pack("<3i2q", word_count, word_count, 0, word_count, -1))
        file.write(b"".join(dictionary(word_count)))
        generator = numpy.random.default_rng(1)
        file.write(struct.pack("<b2q", 0, ROWS, DIMENSION))
        for _ in range(ROWS // 50_000):
            file.write(generator.random((50_000, DIMENSION), dtype=numpy.float32).tobytes())
        # Nothing reads the output matrix of a skip-gram model.
        file.write(struct.pack("<b2q", 0, 1, DIMENSION) + bytes(4 * DIMENSION))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 400_000)
