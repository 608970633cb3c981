/// The decoder that values are given: it decodes the value at an offset of the input.
struct StateDecoder: Decoder {
    let state: DecodingState
    let offset: Int
    /// How many containers surround the value.
    let depth: Int32
    let node: CodingPath.Node

    var codingPath: [any CodingKey] { state.path.keys(to: node) }
    var userInfo: [CodingUserInfoKey: Any] { state.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        do throws(MessagePackError) {
            return KeyedDecodingContainer(try KeyedDecoding<Key>(state: state, offset: offset, depth: depth, node: node))
        } catch {
            throw state.failure(error, [String: Any].self, node: node)
        }
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        do throws(MessagePackError) {
            return try UnkeyedDecoding(state: state, offset: offset, depth: depth, node: node)
        } catch {
            throw state.failure(error, [Any].self, node: node)
        }
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        self
    }
}
