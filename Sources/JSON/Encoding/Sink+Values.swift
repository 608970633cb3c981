internal import FoundationEssentials

extension Sink {
    /// Throws if JSON has no form for the number.
    func check<Number: BinaryFloatingPoint>(_ value: Number, _ path: @autoclosure () -> CodingPath) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: path().keys, debugDescription: "JSON has no form for \(value)"))
        }
    }

    /// Writes a value of a type that needs no encoder.
    ///
    /// - Returns: Whether it is one.
    func writeDirectly<Value>(_ value: Value, _ path: @autoclosure () -> CodingPath) throws -> Bool {
        let type = Value.self
        switch MemoryLayout<Value>.size {
        case MemoryLayout<[Int]>.size:
            return try writePrimitives(value, path())
        case MemoryLayout<String>.size:
            if type == String.self, let text = value as? String {
                output.write(text)
                return true
            }
            if type == Data.self, let data = value as? Data {
                output.write(data.base64EncodedString())
                return true
            }
        case MemoryLayout<Decimal>.size:
            if type == Decimal.self, let number = value as? Decimal {
                guard let number = JSONNumber(number.description) else {
                    throw EncodingError.invalidValue(
                        value, .init(codingPath: path().keys, debugDescription: "JSON has no form for \(value)"))
                }
                output.write(number)
                return true
            }
        default: break
        }
        if type == URL.self, let url = value as? URL {
            output.write(url.absoluteString)
            return true
        }
        if type == JSONValue.self, let value = value as? JSONValue {
            output.write(value)
            return true
        }
        return false
    }

    private func writePrimitives<Value>(_ value: Value, _ path: @autoclosure () -> CodingPath) throws -> Bool {
        let type = Value.self
        if type == URL.self, let url = value as? URL {
            output.write(url.absoluteString)
        } else if type == [Double].self, let values = value as? [Double] {
            try checkDepth(path())
            try write(array: values) {
                try check($0, path().appending(index: $1))
                output.write(finite: $0)
            }
        } else if type == [Float].self, let values = value as? [Float] {
            try checkDepth(path())
            try write(array: values) {
                try check($0, path().appending(index: $1))
                output.write(finite: $0)
            }
        } else if type == [String].self, let values = value as? [String] {
            try checkDepth(path())
            write(array: values) { value, _ in output.write(value) }
        } else if type == [Int].self, let values = value as? [Int] {
            try checkDepth(path())
            write(array: values) { value, _ in output.write(value) }
        } else if type == [Int32].self, let values = value as? [Int32] {
            try checkDepth(path())
            write(array: values) { value, _ in output.write(value) }
        } else if type == [Int64].self, let values = value as? [Int64] {
            try checkDepth(path())
            write(array: values) { value, _ in output.write(value) }
        } else if type == [UInt8].self, let values = value as? [UInt8] {
            try checkDepth(path())
            write(array: values) { value, _ in output.write(value) }
        } else if type == [UInt16].self, let values = value as? [UInt16] {
            try checkDepth(path())
            write(array: values) { value, _ in output.write(value) }
        } else if type == [UInt64].self, let values = value as? [UInt64] {
            try checkDepth(path())
            write(array: values) { value, _ in output.write(value) }
        } else {
            return false
        }
        return true
    }

    @inline(__always)
    private func write<Element>(array values: [Element], _ write: (Element, Int) throws -> Void) rethrows {
        output.beginArray()
        for (index, value) in values.enumerated() {
            if index > 0 { output.separate() }
            try write(value, index)
        }
        output.endArray()
    }
}
