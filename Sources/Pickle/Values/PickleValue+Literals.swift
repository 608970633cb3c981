extension PickleValue: ExpressibleByNilLiteral {
    /// `None`.
    public init(nilLiteral: ()) { self = .none }
}

extension PickleValue: ExpressibleByBooleanLiteral {
    /// A `bool`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension PickleValue: ExpressibleByIntegerLiteral {
    /// An `int`.
    public init(integerLiteral value: Int64) { self = .int(value) }
}

extension PickleValue: ExpressibleByFloatLiteral {
    /// A `float`.
    public init(floatLiteral value: Double) { self = .float(value) }
}

extension PickleValue: ExpressibleByStringLiteral {
    /// A `str`.
    public init(stringLiteral value: String) { self = .string(value) }
}

extension PickleValue: ExpressibleByArrayLiteral {
    /// A `list`.
    public init(arrayLiteral elements: PickleValue...) { self = .list(elements) }
}

extension PickleValue: ExpressibleByDictionaryLiteral {
    /// A `dict`; of equal keys the last one counts.
    public init(dictionaryLiteral elements: (PickleValue, PickleValue)...) {
        var dictionary = PickleDictionary()
        for (key, value) in elements { dictionary[key] = value }
        self = .dictionary(dictionary)
    }
}
