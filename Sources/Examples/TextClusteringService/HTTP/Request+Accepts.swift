internal import Hummingbird

extension Request {
    /// Whether the request names a type of content among those that it takes; `*/*` names none.
    func names(contentType: String) -> Bool {
        headers[values: .accept].contains { value in
            value.split(separator: ",").contains { item in
                item.prefix { $0 != ";" }.split(separator: " ").joined().lowercased() == contentType
            }
        }
    }
}
