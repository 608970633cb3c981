internal import Hummingbird

/// A page for browsers: paste texts, see their clusters as a picture and a list.
///
/// It asks the service as every other client does, and brings nothing from anywhere else. What users typed is shown as text only, never as markup.
enum ClusteringPage {
    /// The page itself.
    static var document: Response { response(markup, contentType: "text/html; charset=utf-8") }
    /// How it looks.
    static var styles: Response { response(css, contentType: "text/css; charset=utf-8") }
    /// What it does.
    static var script: Response { response(javaScript, contentType: "text/javascript; charset=utf-8") }

    private static func response(_ text: String, contentType: String) -> Response {
        var headers: HTTPFields = [.contentType: contentType, .vary: "Accept", .cacheControl: "no-cache", .xContentTypeOptions: "nosniff"]
        headers[.contentSecurityPolicy] =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
