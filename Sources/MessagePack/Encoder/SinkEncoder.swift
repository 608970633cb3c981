/// The encoder that values are given: it encodes one value at the end of a sink.
struct SinkEncoder: Encoder {
    let sink: EncodingSink
    /// Where in the sink the value begins.
    let start: Int
    let node: CodingPath.Node

    var codingPath: [any CodingKey] { sink.context.path.keys(to: node) }
    var userInfo: [CodingUserInfoKey: Any] { sink.context.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedEncoding<Key>(sink: sink, start: start, node: node))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedEncoding(sink: sink, start: start, node: node)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        self
    }
}
