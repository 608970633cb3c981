import Hummingbird
import HummingbirdTesting
import Testing

/// What the template's own test sends its service, and what has to come back, byte for byte.
enum TemplateCases {
    static let threeWords = (
        texts: """
        {
            "a": "door", "b": "door", "c": "door", "d": "door",
            "e": "bull", "f": "bull", "g": "bull", "h": "bull",
            "i": "take", "j": "take", "k": "take", "l": "take",
            "m": "qzxvkjwq"
        }
        """,
        clusters: #"{"-1":["m"],"0":["a","b","c","d"],"1":["e","f","g","h"],"2":["i","j","k","l"]}"#
    )

    static let noise = (
        texts: #"{"a": "xkqzjvw", "b": "mbtfgdp", "c": "rrlnhyy", "d": "0487315", "e": "ououaei"}"#,
        clusters: #"{"-1":["a","b","c","d","e"]}"#
    )

    static func check(_ client: any TestClientProtocol) async throws {
        for (texts, clusters) in [threeWords, noise] {
            let response = try await client.predict(texts)
            #expect(response.status == .ok)
            #expect(response.text == clusters)
        }
    }
}
