/// Recognises the key type under which the standard library codes dictionaries.
///
/// `[Int: T]` and `[String: T]` use the same private type of key, and a string key such as `"42"` also has an integer value, so that the
/// key alone does not tell which dictionary it is from.
enum DictionaryKey {
    /// The identity of that private type, found by encoding a dictionary once; nil if dictionaries are encoded in some other way.
    private static let identity: ObjectIdentifier? = {
        let probe = KeyTypeProbe()
        try? [0: 0].encode(to: probe)
        return probe.keyType
    }()

    @inline(__always)
    static func isDictionaryKey<Key: CodingKey>(_ type: Key.Type) -> Bool {
        ObjectIdentifier(type) == identity
    }

    /// True if `type` is a dictionary with keys of type `Int`.
    static func isInteger(inDictionary type: (any Any.Type)?) -> Bool {
        type is any IntegerKeyed.Type
    }
}

/// Dictionaries whose keys are encoded as integers.
private protocol IntegerKeyed {}

extension Dictionary: IntegerKeyed where Key == Int {}

/// An encoder that remembers the type of key it is asked for and forgets the rest.
private final class KeyTypeProbe: Encoder {
    private(set) var keyType: ObjectIdentifier?
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private let sink = EncodingSink(context: EncodingContext(userInfo: [:]), blockCapacity: 64)

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        keyType = ObjectIdentifier(type)
        return KeyedEncodingContainer(KeyedEncoding<Key>(sink: sink, start: 0, node: CodingPath.root, hasIntegerKeys: false))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedEncoding(sink: sink, start: 0, node: CodingPath.root)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SinkEncoder(sink: sink, start: 0, node: CodingPath.root)
    }
}
