// Arrays of one primitive type, moved by loops over memory whose size is known before they start.
extension ByteOutput where Self: ~Copyable {
    mutating func write(bulk values: [Float]) {
        writeArrayHeader(values.count)
        append(capacity: values.count * 5) { target in
            var target = target
            for value in values {
                target += FormatStore.store(Tag.float32, value.bitPattern, at: target)
            }
            return values.count * 5
        }
    }

    mutating func write(bulk values: [Double]) {
        writeArrayHeader(values.count)
        append(capacity: values.count * 9) { target in
            var target = target
            for value in values {
                target += FormatStore.store(Tag.float64, value.bitPattern, at: target)
            }
            return values.count * 9
        }
    }

    mutating func write(bulk values: [Bool]) {
        writeArrayHeader(values.count)
        append(capacity: values.count) { target in
            for (index, value) in values.enumerated() {
                target.storeBytes(of: value ? Tag.true : Tag.false, toByteOffset: index, as: UInt8.self)
            }
            return values.count
        }
    }

    @inline(__always)
    mutating func write<Value: FixedWidthInteger>(bulk values: [Value]) {
        writeArrayHeader(values.count)
        // Counting first costs one fast pass and spares reserving the longest form for every element.
        var byteCount = 0
        for value in values {
            byteCount += FormatStore.integerByteCount(value)
        }
        append(capacity: byteCount) { target in
            var length = 0
            for value in values {
                length += FormatStore.integer(value, at: target + length)
            }
            return length
        }
    }

    mutating func write(bulk values: [String]) {
        writeArrayHeader(values.count)
        var byteCount = 0
        for value in values {
            byteCount += FormatStore.headerCapacity + value.utf8.count
        }
        append(capacity: byteCount) { target in
            var length = 0
            for value in values {
                length += FormatStore.string(value.utf8.span, at: target + length)
            }
            return length
        }
    }
}
