// Values of one type each, or the error that says why not.
extension Document {
    func bool(at node: Int, _ path: @autoclosure () -> CodingPath) throws -> Bool {
        switch kind(of: node) {
        case .true: return true
        case .false: return false
        default: throw mismatch(Bool.self, at: node, path())
        }
    }

    func string(at node: Int, _ path: @autoclosure () -> CodingPath) throws -> String {
        guard kind(of: node).isString else { throw mismatch(String.self, at: node, path()) }
        return string(of: node)
    }

    func integer<Value: FixedWidthInteger>(
        _ type: Value.Type = Value.self, at node: Int, _ path: @autoclosure () -> CodingPath
    ) throws -> Value {
        guard kind(of: node).isNumber else { throw mismatch(type, at: node, path()) }
        guard let value = withBytes(of: node, { ExactInteger.value($0, as: type) }) else { throw unfit(type, at: node, path()) }
        return value
    }

    func double(at node: Int, _ path: @autoclosure () -> CodingPath) throws -> Double {
        guard kind(of: node).isNumber else { throw mismatch(Double.self, at: node, path()) }
        guard let value = withBytes(of: node, { FloatingPoint.double($0) }) else { throw unfit(Double.self, at: node, path()) }
        return value
    }

    func float(at node: Int, _ path: @autoclosure () -> CodingPath) throws -> Float {
        guard kind(of: node).isNumber else { throw mismatch(Float.self, at: node, path()) }
        guard let value = withBytes(of: node, { FloatingPoint.float($0) }) else { throw unfit(Float.self, at: node, path()) }
        return value
    }

    // MARK: Errors

    /// Another kind of value than the type is made of.
    func mismatch(_ type: Any.Type, at node: Int, _ path: CodingPath) -> DecodingError {
        mismatch(type, expected: "\(type)", at: node, path)
    }

    func mismatch(_ type: Any.Type, expected: String, at node: Int, _ path: CodingPath) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: path.keys, debugDescription: "expected \(expected), found \(kind(of: node).description)")
        return kind(of: node) == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    /// A number that the type does not represent.
    func unfit(_ type: Any.Type, at node: Int, _ path: CodingPath) -> DecodingError {
        let text = numberText(of: node)
        let shown = text.utf8.count > 40 ? text.prefix(40) + "…" : text[...]
        return .dataCorrupted(
            .init(codingPath: path.keys, debugDescription: "the number \(shown) cannot be represented as \(type)"))
    }
}
