internal import SystemPackage

extension BoundedFile {
    /// Why a file is not read.
    enum Failure: Error, CustomStringConvertible {
        /// The system refuses.
        case refused(Errno)
        /// It is a pipe, a device or a socket.
        case irregular

        var description: String {
            switch self {
            case .refused(let error): "\(error)"
            case .irregular: "it is no regular file"
            }
        }
    }
}
